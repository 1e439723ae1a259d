import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatPlace, parsePlace, TABS, type Place } from "../../web/frontend/state/session_place.ts";

test("a session's own address has no tab, and an unknown one is none", () => {
  assert.equal(parsePlace("/sessions/s1").tab, null);
  assert.equal(parsePlace("/sessions/s1/elsewhere").tab, null);
});

test("an address tells the tab, the file, what is chosen and the event", () => {
  assert.deepEqual(parsePlace("/sessions/s1/files/a%20b/c.py", "?view=changes"), {
    tab: "files", file: "a b/c.py", chosen: { view: "changes" }, seq: null,
  });
  assert.equal(parsePlace("/sessions/s1/log", "", "#17").seq, 17);
  assert.equal(parsePlace("/sessions/s1/log", "", "#top").seq, null);
});

test("an empty choice leaves no trace in the address", () => {
  const place: Place = { tab: "swarm", file: null, chosen: { agent: "" }, seq: null };
  assert.equal(formatPlace("s1", place), "/sessions/s1/swarm");
});

test("a stray percent sign in an address stands for itself", () => {
  assert.equal(parsePlace("/sessions/s1/files/100%.txt").file, "100%.txt");
});

test("any place is read back from its address as it was", () => {
  const part = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("/") && text !== "." && text !== "..");
  const files = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const word = fc.string({ minLength: 1 });
  const chosen = fc.dictionary(fc.stringMatching(/^[a-z]+$/), word);
  fc.assert(
    fc.property(fc.constantFrom(...TABS), files, chosen, fc.option(fc.nat()), (tab, file, made, seq) => {
      const place: Place = { tab, file: tab === "files" ? file : null, chosen: { ...made }, seq };
      const url = new URL(formatPlace("s 1", place), "http://host");
      assert.deepEqual(parsePlace(url.pathname, url.search, url.hash), place);
    }),
  );
});
