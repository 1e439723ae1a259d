import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStructured, looksStructured } from "../../web/frontend/structured_text.ts";

test("structured output is known from its first characters on", () => {
  assert.ok(looksStructured('{"subtasks": [') && looksStructured("```json\n{") && looksStructured('[{"a"'));
  assert.ok(!looksStructured("A plan: {") && !looksStructured("[1] says so"));
});

test("whole JSON is put in order, and what is none is left to be shown as it is", () => {
  assert.equal(formatStructured('```json\n{"a":1}\n```'), '{\n  "a": 1\n}');
  assert.equal(formatStructured('{"a":'), null);
  assert.equal(formatStructured("prose"), null);
});
