import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitGrowing } from "../../web/frontend/growing_text.ts";

const block = fc.constantFrom(
  "A paragraph.\n\n", "# Title\n\n", "- one\n- two\n\n", "1. one\n\n   more of it\n\n2. two\n\n", "```py\na = 1\n\nb = 2\n```\n\n",
  "~~~\n```\n\n~~~\n", "| a | b |\n|---|---|\n| 1 | 2 |\n\n", "> said\n\n", `${"A long sentence goes on. ".repeat(200)}\n\n`, "\n",
);

test("the pieces are the text, and all but the last stay as they are however it grows", () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 8 }), fc.nat(2000), (blocks, at) => {
      const text = blocks.join("");
      const [early, late] = [splitGrowing(text.slice(0, at)), splitGrowing(text)];
      assert.equal(late.join(""), text);
      assert.deepEqual(late.slice(0, early.length - 1), early.slice(0, -1));
    }),
  );
});

test("a fence is never split, nor a list with blank lines between its items", () => {
  assert.equal(splitGrowing("```\na\n\nb\n").length, 1);
  assert.equal(splitGrowing("- one\n\n- two\n\n- three").length, 1);
  assert.deepEqual(splitGrowing("One.\n\nTwo.\n\nThree."), ["One.\n\n", "Two.\n\n", "Three."]);
});

test("a paragraph without an end is drawn in parts", () => {
  const pieces = splitGrowing("A sentence. ".repeat(1000));
  assert.ok(pieces.length > 4 && pieces.every((piece) => piece.length <= 3100));
});
