import { sessionExportUrl } from "../../../api.ts";
import type { LiveSession } from "../../../state/live_session.ts";
import { place } from "../../../state/session_route.ts";
import { useSlice } from "../../../state/use_slice.ts";
import { isFinal } from "../../../states.ts";
import { FileTree } from "./file_tree.tsx";
import { FileViewer } from "./file_viewer.tsx";
import { Icon } from "../../icon.tsx";
import { EmptyState } from "../../notes.tsx";
import { Panel } from "../../panel.tsx";

/** The files that came out of the session: to read, to compare and to download. */
export function FilesPanel({ live }: { live: LiveSession }) {
  const files = useSlice(live.state, (state) => state.files);
  const isOver = useSlice(live.state, (state) => isFinal(state.status));
  const { sessionId } = live.state.peek();
  const paths = Object.keys(files).sort();
  const opened = place.value.file ?? paths[0] ?? null;
  const file = opened === null ? undefined : files[opened];
  return (
    <Panel
      id="files"
      title="Files"
      count={paths.length > 0 ? paths.length : undefined}
      actions={
        paths.length > 0 && (
          <a class="btn btn-quiet btn-sm" href={sessionExportUrl(sessionId)} download>
            <Icon name="file-zip" /> Download all
          </a>
        )
      }
    >
      {paths.length === 0 ? (
        <EmptyState icon="folder2-open" title={isOver ? "It wrote no files" : "No files yet"}>
          What the agents write into files appears here, each version with the step that it came from.
        </EmptyState>
      ) : (
        <div class={`files-split ${place.value.file === null ? "" : "is-chosen"}`}>
          <FileTree files={files} opened={opened} />
          {file === undefined ? (
            <EmptyState icon="question-circle" title="There is no such file">
              {isOver ? "This session wrote none of that name." : "It may still be written."}
            </EmptyState>
          ) : (
            <FileViewer key={file.path} live={live} file={file} />
          )}
        </div>
      )}
    </Panel>
  );
}
