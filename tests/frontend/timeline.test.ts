import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DurableEvent } from "../../web/frontend/event_types.ts";
import { addEvents } from "../../web/frontend/state/session_reducer.ts";
import { emptySession } from "../../web/frontend/state/session_state.ts";
import { marksOf, pan, readWindow, writeWindow, zoom } from "../../web/frontend/state/time_window.ts";
import { layoutTimeline, rangeOf, spanOf, type Timeline } from "../../web/frontend/state/timeline.ts";
import { finished, log, logged, started } from "./event_log.ts";

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

const timelineOf = (...events: DurableEvent[]): Timeline => {
  const state = addEvents(emptySession("s"), [...log.slice(0, 3).map(({ event }) => event), ...events].map((event, at) => logged(at + 1, event)));
  return layoutTimeline(state, Date.parse(logged(60, events[0]!).at), () => undefined);
};

test("each step is a bar in the lane of its agent, with the moment of its first word", () => {
  const { lanes } = timelineOf(started("a", "drone-1"), finished("a", "drone-1", "Text."));
  const lane = lanes.find(({ agent }) => agent === "drone-1")!;
  assert.deepEqual(lanes.map(({ agent }) => agent), ["queen", "drone-1", "drone-2"]);
  assert.deepEqual(lane.bars.map(({ start, first, end }) => [first! - start, end - start]), [[400, 1000]]);
  assert.deepEqual([lane.busySeconds, lane.waitingSeconds, lane.outputTokens], [1, 0.4, 20]);
});

test("steps that run at once lie below each other, and one after the other on a line", () => {
  const { lanes } = timelineOf(started("a", "queen"), started("b", "queen"), finished("a", "queen", ""), finished("b", "queen", ""), started("c", "queen"));
  const queen = lanes[0]!;
  assert.equal(queen.rows, 2);
  assert.deepEqual(queen.bars.map(({ key, row }) => [key, row]), [["a", 0], ["b", 1], ["c", 0]]);
});

test("the critical path goes back from the last end to whoever ended last before each beginning", () => {
  const { critical, criticalSeconds } = timelineOf(
    started("plan", "queen"), finished("plan", "queen", ""),
    started("short", "drone-1"), started("long", "drone-2"),
    finished("short", "drone-1", ""), finished("long", "drone-2", ""),
    started("answer", "queen"), finished("answer", "queen", ""),
  );
  assert.deepEqual(critical, ["plan", "long", "answer"]);
  assert.equal(criticalSeconds, 4);
});

test("a step that runs reaches to now, and what this page saw of it counts", () => {
  const state = addEvents(emptySession("s"), [...log.slice(0, 3), logged(4, started("a", "queen"))]);
  const now = Date.parse(logged(30, log[0]!.event).at);
  const bar = layoutTimeline(state, now, () => now - 1000).lanes[0]!.bars[0]!;
  assert.deepEqual([bar.end, bar.first], [now, now - 1000]);
});

const whole = { from: 0, to: 60_000 };

test("zooming keeps the moment under the hand, and never leaves the whole", () => {
  assert.deepEqual(zoom(whole, 0.5, 15_000, whole), { from: 7500, to: 37_500 });
  assert.deepEqual(zoom({ from: 0, to: 30_000 }, 10, 0, whole), whole);
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 100, noNaN: true }), fc.integer({ min: 0, max: 60_000 }), fc.integer(), (factor, at, by) => {
      const seen = pan(zoom(whole, factor, at, whole), by, whole);
      assert.ok(seen.from >= -0.001 && seen.to <= 60_000.001 && seen.to - seen.from >= 199);
    }),
  );
});

test("a window is kept in the address as seconds, and all of it as nothing", () => {
  assert.equal(writeWindow({ from: 12_500, to: 30_000 }, whole), "12.50-30.00");
  assert.deepEqual(readWindow("12.50-30.00", whole), { from: 12_500, to: 30_000 });
  assert.equal(writeWindow(whole, whole), "");
  for (const nonsense of [undefined, "", "9-3", "a-b"]) assert.equal(readWindow(nonsense, whole), null);
});

test("the axis is marked in round numbers, as many as there is room for", () => {
  assert.deepEqual(marksOf(whole, whole, 8), [0, 10, 20, 30, 40, 50, 60]);
  assert.deepEqual(marksOf({ from: 1000, to: 2000 }, whole, 6), [1, 1.2, 1.4, 1.6, 1.8, 2]);
});
