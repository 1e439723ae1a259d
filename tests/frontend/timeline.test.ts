import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeOf, spanOf } from "../../web/frontend/state/timeline.ts";

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;

test("a step lies where it began and ended between the session's start and end", () => {
  const range = rangeOf(at(0), at(40), 0);
  assert.deepEqual(spanOf({ startedAt: at(10), endedAt: at(20) }, range), { left: 25, width: 25 });
});

test("a running step reaches to now", () => {
  const range = rangeOf(at(0), null, Date.parse(at(20)));
  assert.deepEqual(spanOf({ startedAt: at(5), endedAt: null }, range), { left: 25, width: 75 });
});

test("a step that was never started has no place, and a clock that lags gives no negative one", () => {
  assert.equal(spanOf({ startedAt: null, endedAt: at(3) }, rangeOf(at(0), null, Date.parse(at(9)))), null);
  const span = spanOf({ startedAt: at(5), endedAt: null }, rangeOf(at(4), null, Date.parse(at(2))));
  assert.ok(span !== null && span.left <= 100 && span.width >= 0);
});
