import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, sentenceOf } from "../../api.ts";
import type { ImportResult } from "../../api_types.ts";
import { plural } from "../../format.ts";
import { fetchTemplates } from "../../state/templates_store.ts";
import { showToast } from "../../state/toasts.ts";
import { ActionButton } from "../action_button.tsx";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";

interface Report {
  file: { templates?: unknown[] };
  results: ImportResult[];
}

/** Takes templates from a file, and tells of each one that was refused. */
export function TemplateImport() {
  const input = useRef<HTMLInputElement>(null);
  const report = useSignal<Report | null>(null);
  const take = async (file: Report["file"], clash: "refuse" | "rename"): Promise<void> => {
    try {
      const results = await api.importTemplates(file, clash);
      const made = results.filter((result) => result.status === "created").length;
      if (made > 0) await fetchTemplates().catch(() => undefined); // the list says what is wrong
      if (made === results.length) {
        report.value = null;
        showToast({ kind: "success", message: `${plural(made, "template")} imported.` });
      } else {
        report.value = { file, results };
      }
    } catch (error) {
      showToast({ kind: "error", message: sentenceOf(error) });
    }
  };
  const read = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    try {
      await take(JSON.parse(await chosen.text()) as Report["file"], "refuse");
    } catch {
      showToast({ kind: "error", message: "This file is no export of templates: it is not JSON." });
    }
  };
  return (
    <>
      <input
        ref={input}
        id="template-file"
        type="file"
        accept="application/json,.json"
        hidden
        onChange={(event) => {
          const [chosen] = event.currentTarget.files ?? [];
          void read(chosen);
          event.currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
      <ActionButton class="btn-quiet" onClick={() => input.current?.click()}>
        <Icon name="upload" /> Import
      </ActionButton>
      {report.value !== null && <ReportDialog report={report.value} onRename={take} onClose={() => (report.value = null)} />}
    </>
  );
}

interface ReportProps {
  report: Report;
  onRename: (file: Report["file"], clash: "rename") => Promise<void>;
  onClose: () => void;
}

function ReportDialog({ report, onRename, onClose }: ReportProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const refused = report.results.filter((result) => result.status === "refused");
  const clashes = refused.filter((result) => result.details.every((detail) => detail.field === "name") && result.name !== null);
  const rename = (): void => {
    const places = new Set(clashes.map((result) => result.position));
    const templates = (report.file.templates ?? []).filter((_, position) => places.has(position));
    dialog.current?.close();
    void onRename({ ...report.file, templates }, "rename");
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="import-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-inner">
        <h2 id="import-title">
          {report.results.length - refused.length} of {plural(report.results.length, "template")} imported
        </h2>
        <ul class="import-results">
          {refused.map((result) => (
            <li key={result.position}>
              <Icon name="x-circle-fill" />
              <div>
                <strong>
                  <Given text={result.name ?? `Number ${result.position + 1}`} />
                </strong>
                {result.details.map((detail) => (
                  <p key={detail.field}>
                    {detail.field}: {detail.message}
                  </p>
                ))}
              </div>
            </li>
          ))}
        </ul>
        <div class="dialog-actions">
          <button type="button" class="btn btn-quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
          {clashes.length > 0 && (
            <button type="button" class="btn btn-primary" onClick={rename}>
              Import {clashes.length === 1 ? "it" : `${clashes.length}`} under {clashes.length === 1 ? "another name" : "other names"}
            </button>
          )}
        </div>
      </div>
    </dialog>
  );
}
