import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fileUrl, readFile, sentenceOf } from "../../../api.ts";
import { agentTitle, formatBytes } from "../../../format.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import type { FileVersion, SessionFile } from "../../../state/session_state.ts";
import { choose, follow, place, tabHref } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { CodeLines } from "./code_lines.tsx";
import { CopyButton } from "../../copy_button.tsx";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";
import { lazy } from "../lazy.tsx";
import { Markdown } from "../../markdown.tsx";
import { ErrorNote, Skeleton } from "../../notes.tsx";
import { RelativeTime } from "../../times.tsx";

/** Larger ones are for an editor. */
const MOST_BYTES = 1_000_000;
const FileDiff = lazy(async () => (await import("./file_diff.tsx")).FileDiff);

type View = "text" | "rendered" | "changes";

/** One file: its text, what changed to the version before or any other, and where it came from. */
export function FileViewer({ live, file }: { live: LiveSession; file: SessionFile }) {
  const { sessionId } = live.state.peek();
  const { chosen } = place.value;
  const shown = file.versions.findLast(({ step }) => step === chosen["version"]) ?? file.versions.at(-1) ?? file;
  const number = file.versions.indexOf(shown) + 1;
  const base = file.versions.findLast(({ step }) => step === chosen["against"]) ?? file.versions[number - 2] ?? null;
  const isMarkdown = /\.(md|markdown)$/i.test(file.path);
  const views: View[] = isMarkdown ? ["rendered", "text", "changes"] : ["text", "changes"];
  const view = views.find((one) => one === chosen["view"]) ?? views[0]!;
  const isNewest = shown.step === file.step;
  return (
    <article class="file-view" aria-label={file.path}>
      <header class="file-head">
        <h3>
          <Given text={file.path} />
        </h3>
        <div class="file-segments" role="group" aria-label="How to show the file">
          {views.map((one) => (
            <button key={one} type="button" class="file-segment" aria-pressed={one === view} onClick={() => choose({ view: one }, "replace")}>
              {{ rendered: "Read", text: "Source", changes: "Changes" }[one]}
            </button>
          ))}
        </div>
        <a class="btn btn-quiet btn-sm" href={fileUrl(sessionId, file.path, isNewest ? undefined : shown.step)} download>
          <Icon name="download" /> Download
        </a>
      </header>
      <Origin live={live} version={shown} />
      {file.versions.length > 1 && (
        <p class="file-versions">
          <VersionSelect label="Version" versions={file.versions} value={shown.step} onChange={(step) => choose({ version: step })} />
          {view === "changes" && (
            <VersionSelect
              label="compared with"
              versions={file.versions.filter((version) => version !== shown)}
              numbers={file.versions}
              value={base?.step ?? ""}
              onChange={(step) => choose({ against: step })}
            />
          )}
        </p>
      )}
      <FileBody
        key={`${shown.step} ${view} ${base?.step ?? ""}`}
        sessionId={sessionId}
        file={file}
        shown={shown}
        base={view === "changes" ? base : null}
        view={view}
      />
    </article>
  );
}

/** Who wrote a version, in which step, and when. */
function Origin({ live, version }: { live: LiveSession; version: FileVersion }) {
  const label = useSlice(live.state, (state) => (state.steps[version.call] ?? state.steps[version.step])?.label ?? version.step);
  const step = { tab: "timeline" as const, file: null, chosen: { step: version.step }, seq: null };
  return (
    <p class="file-origin muted">
      {formatBytes(version.size)} · by {agentTitle(version.agent)} in{" "}
      <a href={tabHref("timeline", { chosen: step.chosen })} onClick={(event) => follow(event, step)}>
        <Given text={label} />
      </a>{" "}
      <code>{version.step}</code> · <RelativeTime at={version.at} />
      {version.problem !== null && (
        <span class="file-problem">
          <Icon name="exclamation-triangle-fill" /> <Given text={version.problem} />
        </span>
      )}
    </p>
  );
}

interface SelectProps {
  label: string;
  versions: readonly FileVersion[];
  /** All versions, where not all can be chosen. */
  numbers?: readonly FileVersion[];
  value: string;
  onChange: (step: string) => void;
}

function VersionSelect({ label, versions, numbers = versions, value, onChange }: SelectProps) {
  return (
    <label>
      {label}{" "}
      <select class="form-select form-select-sm" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {versions.map((version) => (
          <option key={version.step} value={version.step} selected={version.step === value}>
            {numbers.indexOf(version) + 1} of {numbers.length}: {agentTitle(version.agent)}, {version.step}
          </option>
        ))}
      </select>
    </label>
  );
}

interface BodyProps {
  sessionId: string;
  file: SessionFile;
  shown: FileVersion;
  base: FileVersion | null;
  view: View;
}

function FileBody({ sessionId, file, shown, base, view }: BodyProps) {
  const text = useSignal<string | null>(null);
  const before = useSignal<string | null>(base === null ? "" : null);
  const trouble = useSignal<string | null>(null);
  useEffect(() => {
    const read = async ({ step, size }: FileVersion): Promise<string> => {
      if (size > MOST_BYTES) throw new Error("This file is too large to show here; download it to look at it.");
      return decode(await readFile(sessionId, file.path, step === file.step ? undefined : step));
    };
    const fail = (error: unknown): void => void (trouble.value = sentenceOf(error));
    read(shown).then((content) => (text.value = content), fail);
    if (base !== null) read(base).then((content) => (before.value = content), fail);
  }, [shown.sha256]);
  return (
    <div class={`file-body is-${view}`} tabIndex={0} role="region" aria-label={`Content of ${file.path}`}>
      {trouble.value !== null ? (
        <ErrorNote>{trouble}</ErrorNote>
      ) : text.value === null || before.value === null ? (
        <Skeleton lines={8} />
      ) : view === "rendered" ? (
        <Markdown text={text.value} />
      ) : view === "changes" ? (
        <FileDiff before={before.value} after={text.value} />
      ) : (
        <>
          <span class="file-copy">
            <CopyButton text={text.value} label="Copy the file" />
          </span>
          <CodeLines text={text.value} name={file.path} />
        </>
      )}
    </div>
  );
}

/** Return the bytes as text; raises an Error with a sentence where they are none. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("This file is no text; download it to look at it.");
  }
}
