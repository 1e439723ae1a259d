// Paths as a tree of folders. Pure.

export interface FileNode {
  kind: "file";
  name: string;
  path: string;
}

export interface FolderNode {
  kind: "folder";
  /** With those above it that hold nothing else: "src/flow". */
  name: string;
  path: string;
  children: TreeNode[];
}

export type TreeNode = FileNode | FolderNode;

/** Return the tree of these paths, folders first, each level by name. */
export function buildTree(paths: readonly string[]): TreeNode[] {
  return buildLevel(paths.map((path) => ({ path, rest: path.split("/") })), "");
}

interface Entry {
  path: string;
  rest: string[];
}

function buildLevel(entries: readonly Entry[], above: string): TreeNode[] {
  const files = entries.filter(({ rest }) => rest.length === 1).map(({ path, rest }): FileNode => ({ kind: "file", name: rest[0]!, path }));
  const deeper = new Map<string, Entry[]>();
  for (const entry of entries) {
    const [name, ...more] = entry.rest;
    if (name !== undefined && more.length > 0) deeper.set(name, [...(deeper.get(name) ?? []), entry]);
  }
  const folders = [...deeper].map(([name, inside]): FolderNode => {
    const path = above === "" ? name : `${above}/${name}`;
    const children = buildLevel(inside.map((entry) => ({ ...entry, rest: entry.rest.slice(1) })), path);
    const only = children.length === 1 ? children[0] : undefined;
    return only?.kind === "folder" ? { ...only, name: `${name}/${only.name}` } : { kind: "folder", name, path, children };
  });
  const byName = (one: TreeNode, other: TreeNode): number => one.name.localeCompare(other.name, "en", { numeric: true });
  return [...folders.sort(byName), ...files.sort(byName)];
}
