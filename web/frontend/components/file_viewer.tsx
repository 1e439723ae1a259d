import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fileUrl, readFile, sentenceOf } from "../api.ts";
import type { SessionFile } from "../state/session_state.ts";
import { CopyButton } from "./copy_button.tsx";
import { Icon } from "./icon.tsx";
import { Markdown } from "./markdown.tsx";
import { ErrorNote, Skeleton } from "./notes.tsx";

interface Props {
  sessionId: string;
  file: SessionFile;
  onClose: () => void;
}

/** Larger ones are for an editor. */
const MOST_BYTES = 1_000_000;

/** Return the bytes as text; raises an Error with a sentence where they are none. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("This file is no text; download it to look at it.");
  }
}

/** A file in a dialog, as text. */
export function FileViewer({ sessionId, file, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const text = useSignal<string | null>(null);
  const trouble = useSignal<string | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    const read = async (): Promise<void> => {
      if (file.size > MOST_BYTES) throw new Error("This file is too large to show here; download it to look at it.");
      text.value = decode(await readFile(sessionId, file.path));
    };
    read().catch((error: unknown) => (trouble.value = sentenceOf(error)));
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog dialog-wide"
      aria-labelledby="file-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-inner">
        <header class="file-head">
          <h2 id="file-title">{file.path}</h2>
          {text.value !== null && <CopyButton text={text.value} label="Copy the file" />}
          <a class="btn btn-quiet btn-sm" href={fileUrl(sessionId, file.path)} download>
            <Icon name="download" /> Download
          </a>
          <button type="button" class="icon-button" aria-label="Close this file" onClick={() => dialog.current?.close()}>
            <Icon name="x-lg" />
          </button>
        </header>
        <div class="file-body" tabIndex={0} role="region" aria-label={`Content of ${file.path}`}>
          {trouble.value !== null ? (
            <ErrorNote>{trouble}</ErrorNote>
          ) : text.value === null ? (
            <Skeleton lines={8} />
          ) : /\.(md|markdown)$/i.test(file.path) ? (
            <Markdown text={text.value} />
          ) : (
            <pre>
              <code>{text.value}</code>
            </pre>
          )}
        </div>
      </div>
    </dialog>
  );
}
