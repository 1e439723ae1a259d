import type { TemplateVersion } from "../../api_types.ts";
import { sentenceOf } from "../../api.ts";
import { contentOf } from "../../templates.ts";
import type { TemplateEditor } from "../../state/template_editor.ts";
import { showToast } from "../../state/toasts.ts";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { Panel } from "../panel.tsx";
import { RelativeTime } from "../times.tsx";

/** What the template was, and the way back to it. */
export function TemplateVersions({ editor }: { editor: TemplateEditor }) {
  const current = editor.saved.value?.version;
  const restore = (version: TemplateVersion): void => {
    editor.change(contentOf(version));
    showToast({ kind: "info", message: `Version ${version.version} stands in the form. Save it to make it the newest one.` });
  };
  return (
    <Panel id="versions" title="Versions" count={current}>
      <ol class="versions">
        {editor.versions.value.map((version) => (
          <li key={version.version} class="version">
            <div class="version-text">
              <span class="version-name">
                Version {version.version}
                {version.version === current && <span class="chip">current</span>}
              </span>
              <span class="muted">
                {version.saved_at === null ? "as it ships" : <RelativeTime at={version.saved_at} />}
                {version.saved_by !== null && (
                  <>
                    {" by "}
                    <Given text={version.saved_by} />
                  </>
                )}
              </span>
            </div>
            {version.version !== current && editor.mayChange.value && (
              <button type="button" class="btn btn-quiet btn-sm" aria-label={`Restore version ${version.version}`} onClick={() => restore(version)}>
                <Icon name="arrow-counterclockwise" /> Restore
              </button>
            )}
          </li>
        ))}
      </ol>
      {editor.hasMoreVersions.value && (
        <button
          type="button"
          class="btn btn-quiet history-more"
          onClick={() => void editor.loadMoreVersions().catch((error: unknown) => showToast({ kind: "error", message: sentenceOf(error) }))}
        >
          Show more
        </button>
      )}
    </Panel>
  );
}
