import { formatBytes } from "../../../format.ts";
import { buildTree, type TreeNode } from "../../../state/file_tree.ts";
import type { SessionFile } from "../../../state/session_state.ts";
import { follow, tabHref } from "../../../state/session_route.ts";
import { Given } from "../../given.tsx";
import { Icon } from "../../icon.tsx";

/** The files of a session in their folders. */
export function FileTree({ files, opened }: { files: Record<string, SessionFile>; opened: string | null }) {
  return (
    <nav class="file-tree" aria-label="Files">
      <Level nodes={buildTree(Object.keys(files))} files={files} opened={opened} />
    </nav>
  );
}

interface LevelProps {
  nodes: readonly TreeNode[];
  files: Record<string, SessionFile>;
  opened: string | null;
}

function Level({ nodes, files, opened }: LevelProps) {
  return (
    <ul>
      {nodes.map((node) =>
        node.kind === "folder" ? (
          <li key={`${node.path}/`}>
            <details open>
              <summary>
                <Icon name="chevron-right" class="file-tree-arrow" />
                <Icon name="folder2-open" /> <Given text={node.name} />
              </summary>
              <Level nodes={node.children} files={files} opened={opened} />
            </details>
          </li>
        ) : (
          <li key={node.path}>
            <FileLink path={node.path} name={node.name} file={files[node.path]} isOpen={node.path === opened} />
          </li>
        ),
      )}
    </ul>
  );
}

function FileLink({ path, name, file, isOpen }: { path: string; name: string; file: SessionFile | undefined; isOpen: boolean }) {
  const versions = file?.versions.length ?? 1;
  return (
    <a
      class="file-link"
      href={tabHref("files", { file: path })}
      aria-current={isOpen ? "true" : undefined}
      data-path={path}
      onClick={(event) => follow(event, { tab: "files", file: path, chosen: {}, seq: null })}
    >
      <Icon name="file-earmark-text" />
      <span class="file-link-name">
        <Given text={name} />
      </span>
      {versions > 1 && (
        <span class="chip" title={`${versions} versions`}>
          v{versions}
        </span>
      )}
      <span class="muted tabular">{formatBytes(file?.size ?? 0)}</span>
    </a>
  );
}
