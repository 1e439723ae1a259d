import assert from "node:assert/strict";
import { test } from "node:test";
import type { Day } from "../../web/frontend/api_types.ts";
import { addDays, endedOf } from "../../web/frontend/day_figures.ts";

const day = (completed: number, average: number | null, more: Partial<Day> = {}): Day => ({
  day: "2026-05-03", completed, failed: 0, stopped: 0, tokens: 0, average_duration_seconds: average, ...more,
});

test("days add up, and the average counts each completed session once", () => {
  const all = addDays([day(1, 100, { failed: 2, tokens: 7 }), day(3, 20, { stopped: 1, tokens: 5 }), day(0, null)]);
  assert.deepEqual([endedOf(all), all.completed, all.failed, all.stopped, all.tokens], [7, 4, 2, 1, 12]);
  assert.equal(all.average_duration_seconds, 40);
});

test("without a completed session there is no average", () => {
  assert.equal(addDays([day(0, null, { failed: 1 })]).average_duration_seconds, null);
});
