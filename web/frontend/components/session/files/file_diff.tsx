import { useSignal } from "@preact/signals";
import { diffLines } from "diff";
import { useMemo } from "preact/hooks";
import { countChanges, layoutDiff, type DiffRow } from "../../../state/file_diff.ts";
import { plural } from "../../../format.ts";

const SIGNS = { same: " ", added: "+", removed: "−" };

/** What changed from one text to another, line by line. */
export function FileDiff({ before, after }: { before: string; after: string }) {
  const rows = useMemo(() => {
    // Whoever waits longer than that for a difference reads the file instead.
    const changes = diffLines(before, after, { timeout: 2000 });
    return changes === undefined ? null : layoutDiff(changes);
  }, [before, after]);
  if (rows === null) return <p class="muted diff-note">The two differ too much to compare them here.</p>;
  const { added, removed } = countChanges(rows);
  if (added + removed === 0) return <p class="muted diff-note">Nothing changed.</p>;
  return (
    <>
      <p class="diff-note">
        <span class="diff-added">+{plural(added, "line")}</span> <span class="diff-removed">−{plural(removed, "line")}</span>
      </p>
      <div class="diff" dir="ltr">
        {rows.map((row, at) => (
          <Row key={at} row={row} />
        ))}
      </div>
    </>
  );
}

function Row({ row }: { row: DiffRow }) {
  const isOpen = useSignal(false);
  if (row.kind === "fold") {
    if (isOpen.value) return <>{row.rows.map((inner, at) => <Row key={at} row={inner} />)}</>;
    return (
      <button type="button" class="diff-fold" onClick={() => (isOpen.value = true)}>
        Show {plural(row.rows.length, "unchanged line")}
      </button>
    );
  }
  return (
    <div class={`diff-row is-${row.kind}`}>
      <span class="code-number" data-line={row.before ?? ""} />
      <span class="code-number" data-line={row.after ?? ""} />
      <span class="diff-sign" aria-hidden="true">
        {SIGNS[row.kind]}
      </span>
      <code>
        {row.kind !== "same" && <span class="visually-hidden">{row.kind === "added" ? "added: " : "removed: "}</span>}
        {row.text}
      </code>
    </div>
  );
}
