import assert from "node:assert/strict";
import { test } from "node:test";
import { diffLines } from "diff";
import { sayEvent } from "../../web/frontend/event_words.ts";
import { languageOf, plainLines, readHighlighted } from "../../web/frontend/highlighted_lines.ts";
import { highlightLines } from "../../web/frontend/highlight.ts";
import { countChanges, layoutDiff, type DiffRow } from "../../web/frontend/state/file_diff.ts";
import { buildTree, type TreeNode } from "../../web/frontend/state/file_tree.ts";
import { filterLog, sliceInSight } from "../../web/frontend/state/log_filter.ts";
import { log } from "./event_log.ts";

const draw = (nodes: readonly TreeNode[]): unknown[] => nodes.map((node) => (node.kind === "file" ? node.name : { [node.name]: draw(node.children) }));

test("paths become folders and files, and a chain of folders is one", () => {
  assert.deepEqual(draw(buildTree(["b.py", "src/flow/a10.py", "src/flow/a9.py", "docs/x.md", "docs/y/z.md"])), [
    { docs: [{ y: ["z.md"] }, "x.md"] },
    { "src/flow": ["a9.py", "a10.py"] },
    "b.py",
  ]);
});

const lines = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join("");

test("a difference numbers both sides, and folds what stayed the same", () => {
  const rows = layoutDiff(diffLines(lines(1, 30), `${lines(1, 14)}new\n${lines(16, 30)}`));
  assert.deepEqual(rows.map((row) => row.kind), ["fold", "same", "same", "same", "removed", "added", "same", "same", "same", "fold"]);
  const added = rows.find((row): row is Exclude<DiffRow, { kind: "fold" }> => row.kind === "added");
  assert.deepEqual({ before: added?.before, after: added?.after, text: added?.text }, { before: null, after: 15, text: "new" });
  assert.deepEqual(countChanges(rows), { added: 1, removed: 1 });
});

test("a new file is all added, and an equal one is one fold", () => {
  assert.deepEqual(countChanges(layoutDiff(diffLines("", lines(1, 5)))), { added: 5, removed: 0 });
  assert.deepEqual(layoutDiff(diffLines(lines(1, 9), lines(1, 9))).map(({ kind }) => kind), ["fold"]);
});

test("what the highlighter gives is told as tokens, a scope goes on over the lines, and nothing of it is HTML", () => {
  const tokens = readHighlighted('<span class="hljs-string">"a\nb &lt;i&gt;"</span> x &amp;&amp; y');
  assert.deepEqual(tokens, [
    [{ text: '"a', scope: "string" }],
    [{ text: 'b <i>"', scope: "string" }, { text: " x && y", scope: null }],
  ]);
});

test("coloured code is the same text as it was, in each language's eyes", () => {
  const text = 'def f(x):\n    """<script>alert(1)</script> & \'more\'"""\n    return x < 3 and "é"\n';
  for (const language of ["python", "typescript", "xml", "bash", "yaml", "markdown", "json", "sql"]) {
    assert.equal(highlightLines(text, language).map((line) => line.map((token) => token.text).join("")).join("\n"), text, language);
  }
  assert.ok(highlightLines(text, "python").flat().some(({ scope }) => scope === "keyword"));
  assert.equal(plainLines("a\n\nb").length, 3);
});

test("a language is known by a file's ending or by a fence's word", () => {
  assert.deepEqual(["src/a.py", "Dockerfile", "tsx", "shell", "notes.txt", "constructor"].map(languageOf), [
    "python", "dockerfile", "typescript", "bash", null, null,
  ]);
});

const say = (event: Parameters<typeof sayEvent>[0]): string => sayEvent(event, (step) => step).text;
const only = (more: object): number[] => filterLog(log, { type: "", agent: "", text: "", ...more }, say).map(({ seq }) => seq);

test("a log is filtered by type, by agent and by words, and all of it is shown where nothing is asked for", () => {
  assert.equal(only({}).length, log.length);
  assert.deepEqual(only({ type: "review_made" }), [18]);
  assert.ok(only({ agent: "drone-1" }).every((seq) => JSON.stringify(log[seq - 1]).includes("drone-1")));
  assert.deepEqual(only({ text: "BROKE off" }), [9]);
  assert.deepEqual(only({ text: "votes for drone 2" }), [19]);
  assert.deepEqual(only({ type: "review_made", text: "nothing like it" }), []);
});

test("of a long log only the rows in sight are drawn, and some around them", () => {
  assert.deepEqual(sliceInSight(5000, 0, 600, 30), { from: 0, to: 40 });
  assert.deepEqual(sliceInSight(5000, 30_000, 600, 30), { from: 980, to: 1040 });
  assert.deepEqual(sliceInSight(10, 9_000, 600, 30), { from: 9, to: 10 }, "a filter left fewer rows than were scrolled past");
});
