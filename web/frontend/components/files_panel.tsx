import { useSignal } from "@preact/signals";
import { fileUrl } from "../api.ts";
import { agentTitle, formatBytes } from "../format.ts";
import type { LiveSession } from "../state/live_session.ts";
import type { SessionFile } from "../state/session_state.ts";
import { useSlice } from "../state/use_slice.ts";
import { FileViewer } from "./file_viewer.tsx";
import { Icon } from "./icon.tsx";
import { Panel } from "./panel.tsx";

/** The files that came out of the session: to look at and to download. */
export function FilesPanel({ live }: { live: LiveSession }) {
  const files = useSlice(live.state, (state) => state.files);
  const opened = useSignal<SessionFile | null>(null);
  const { sessionId } = live.state.peek();
  const sorted = Object.values(files).sort((a, b) => a.path.localeCompare(b.path));
  if (sorted.length === 0) return null;
  return (
    <Panel id="files" title="Files" count={sorted.length}>
      <ul class="files">
        {sorted.map((file) => (
          <li key={file.path} class="file">
            <Icon name="file-earmark-text" />
            <button type="button" class="file-name" onClick={() => (opened.value = file)}>
              {file.path}
            </button>
            <span class="muted tabular">
              {formatBytes(file.size)} · {agentTitle(file.agent)}
            </span>
            <a class="icon-button" href={fileUrl(sessionId, file.path)} download aria-label={`Download ${file.path}`} title="Download">
              <Icon name="download" />
            </a>
          </li>
        ))}
      </ul>
      {opened.value !== null && <FileViewer sessionId={sessionId} file={opened.value} onClose={() => (opened.value = null)} />}
    </Panel>
  );
}
