import assert from "node:assert/strict";
import { test } from "node:test";
import { readKey, SHORTCUTS, shortcutsTo } from "../../web/frontend/shortcuts.ts";

/** What a row of keys comes to: the shortcuts that it completes, by their keys. */
function press(...keys: string[]): string[] {
  let begun = "";
  return keys.flatMap((key) => {
    const read = readKey(SHORTCUTS, begun, key);
    begun = read.begun;
    return read.shortcut === null ? [] : [read.shortcut.keys];
  });
}

test("a key alone, and one after another, complete a shortcut", () => {
  assert.deepEqual(press("n"), ["n"]);
  assert.deepEqual(press("g", "s", "j", "j", "?"), ["g s", "j", "j", "?"]);
});

test("what was begun and does not go on begins anew", () => {
  assert.deepEqual(press("g", "n"), ["n"]);
  assert.deepEqual(press("g", "g", "o"), ["g o"]);
  assert.deepEqual(press("g", "z", "s"), []);
  assert.deepEqual(press("s", "o", "Enter", "Escape", "g"), []);
});

test("pages that are not there have no shortcut", () => {
  const goes = shortcutsTo(new Set(["/", "/sessions"])).map(({ keys }) => keys);
  assert.ok(goes.includes("g o") && goes.includes("g s") && goes.includes("n"));
  assert.ok(!goes.includes("g t"));
});

test("no shortcut hides another one", () => {
  for (const one of SHORTCUTS) {
    assert.deepEqual(press(...one.keys.split(" ")), [one.keys]);
  }
});
