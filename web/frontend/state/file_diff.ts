// A difference of two texts as rows to show: what stayed the same is folded away but for a few lines. Pure.

export interface Change {
  value: string;
  added: boolean;
  removed: boolean;
}

export type DiffRow =
  | { kind: "same" | "added" | "removed"; before: number | null; after: number | null; text: string }
  | { kind: "fold"; rows: DiffRow[] };

const CONTEXT = 3;

/** Return the rows of changes that are whole lines, numbered from 1 on both sides. */
export function layoutDiff(changes: readonly Change[]): DiffRow[] {
  let before = 1;
  let after = 1;
  const rows: DiffRow[] = [];
  changes.forEach((change, at) => {
    const kind = change.added ? "added" : change.removed ? "removed" : "same";
    const lines = splitLines(change.value).map((text): DiffRow => ({
      kind,
      before: kind === "added" ? null : before++,
      after: kind === "removed" ? null : after++,
      text,
    }));
    if (kind !== "same") rows.push(...lines);
    else rows.push(...fold(lines, at === 0 ? 0 : CONTEXT, at === changes.length - 1 ? 0 : CONTEXT));
  });
  return rows;
}

/** Keep so many of the first and of the last rows; a fold of a line or two would hide nothing. */
function fold(lines: DiffRow[], first: number, last: number): DiffRow[] {
  if (lines.length <= first + last + 2) return lines;
  return [...lines.slice(0, first), { kind: "fold", rows: lines.slice(first, lines.length - last) }, ...lines.slice(lines.length - last)];
}

export function splitLines(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

export function countChanges(rows: readonly DiffRow[]): { added: number; removed: number } {
  const count = (kind: DiffRow["kind"]): number => rows.filter((row) => row.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}
