import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findBest, scoreMatch } from "../../web/frontend/fuzzy.ts";

const find = (query: string, ...texts: string[]): string[] => findBest(query, texts, (text) => text);

test("letters are found in their order, wherever they stand", () => {
  assert.deepEqual(find("ns", "New session", "Sign out", "Stop"), ["New session"]);
  assert.equal(scoreMatch("sn", "New session") === null, false);
  assert.equal(scoreMatch("zz", "New session"), null);
  assert.equal(scoreMatch("sess!", "New session"), null);
});

test("beginnings of words come before letters in the middle", () => {
  assert.equal(find("so", "Person", "System Overview", "Sign out")[2], "Person");
  assert.deepEqual(find("run", "Brunch menu", "Run again"), ["Run again", "Brunch menu"]);
});

test("letters in a row come before scattered ones", () => {
  assert.deepEqual(find("theme", "To his elder mate", "Theme: dark")[0], "Theme: dark");
  assert.deepEqual(find("dark", "Theme: dark", "Do a rank")[0], "Theme: dark");
});

test("of several places the best one counts", () => {
  assert.ok((scoreMatch("stop", "sat on top, stop") ?? 0) > (scoreMatch("stop", "sat on top, halt") ?? 0));
});

test("case, accents and blanks do not count", () => {
  assert.deepEqual(find("CAFE NOIR", "Café noir"), ["Café noir"]);
});

test("without a query everything stays as it was", () => {
  assert.deepEqual(find(" ", "bbb", "a", "cc"), ["bbb", "a", "cc"]);
});

test("whatever is found holds the letters in their order, and every part of a text is found in it", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 6 }), (text, query) => {
      const letters = [...query.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/\s/g, "")];
      let rest = [...text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()];
      const isThere = letters.every((letter) => {
        const at = rest.indexOf(letter);
        rest = rest.slice(at + 1);
        return at >= 0;
      });
      assert.equal(scoreMatch(query, text) !== null, isThere);
    }),
  );
});
