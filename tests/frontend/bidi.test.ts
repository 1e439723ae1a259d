import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { closeIsolates, isolate, splitCommand } from "../../web/frontend/bidi.ts";

test("a text without isolates stays as it is", () => {
  assert.equal(closeIsolates("שלום, \u202eevil"), "שלום, \u202eevil");
  assert.equal(isolate("a"), "\u2068a\u2069");
});

test("a text ends the isolates that it begins, and no others", () => {
  assert.equal(closeIsolates("\u2069a\u2069"), "a");
  assert.equal(closeIsolates("\u2067a\u2066b"), "\u2067a\u2066b\u2069\u2069");
  assert.equal(closeIsolates("\u2068a\u2069\u2069b"), "\u2068a\u2069b");
  const text = fc.string({ unit: fc.constantFrom("a", "\u2066", "\u2067", "\u2068", "\u2069", "\u202e") });
  fc.assert(
    fc.property(text, (given) => {
      const depths = [...closeIsolates(given)].reduce<number[]>(
        (all, character) => [...all, (all.at(-1) ?? 0) + (character === "\u2069" ? -1 : /[\u2066-\u2068]/.test(character) ? 1 : 0)],
        [],
      );
      assert.ok(depths.every((depth) => depth >= 0));
      assert.equal(depths.at(-1) ?? 0, 0);
    }),
  );
});

test("a command is split into its words, quotes and all, and loses nothing", () => {
  const command = `ollama-flow run 'It'"'"'s two\nlines' --workers 4 \\'`;
  const parts = splitCommand(command);
  assert.equal(parts.map((part) => part.text).join(""), command);
  assert.equal(parts[4]?.text, `'It'"'"'s two\nlines'`);
  assert.deepEqual(parts.slice(0, 4).map((part) => part.isWord), [true, false, true, false]);
  fc.assert(fc.property(fc.string(), (text) => splitCommand(text).map((part) => part.text).join("") === text));
});
