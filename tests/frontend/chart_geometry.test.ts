import assert from "node:assert/strict";
import test from "node:test";
import { momentsOf, nearestOf, piecesOf, placeOf, topOf, valueAt } from "../../web/frontend/chart_geometry.ts";
import type { Series } from "../../web/frontend/chart_geometry.ts";

const span = { since: 1000, until: 3000 };
const series = (kind: "line" | "bars", ...points: [number, number][]): Series => ({
  name: "one",
  kind,
  tone: 1,
  points: points.map(([at, value]) => ({ at, value })),
});

test("a line has a gap where nothing was told, and ends at the edges of the span", () => {
  const { points } = series("line", [900, 1], [1000, 2], [1050, 3], [2000, 4], [3001, 5]);
  assert.deepEqual(
    piecesOf(points, span, 100).map((piece) => piece.map(({ value }) => value)),
    [[2, 3], [4]],
  );
  assert.deepEqual(piecesOf([], span), []);
});

test("the axis ends at a round number above all values, and bars of a moment count together", () => {
  assert.equal(topOf([]), 1);
  assert.equal(topOf([series("line", [1, 3])]), 4);
  assert.equal(topOf([series("line", [1, 61])]), 80);
  assert.equal(topOf([series("line", [1, 900])]), 1000);
  assert.equal(topOf([series("bars", [1, 3], [2, 1]), series("bars", [1, 4])]), 8);
  assert.equal(topOf([series("line", [1, 3]), series("line", [1, 4])]), 4);
  assert.equal(topOf([series("line", [1, 0])], 1000), 1000);
});

test("a reader steps through each moment once, and finds the nearest one", () => {
  const moments = momentsOf([series("line", [2000, 1], [1500, 2]), series("bars", [1500, 3], [4000, 4])], span);
  assert.deepEqual(moments, [1500, 2000]);
  assert.equal(nearestOf(moments, 1700), 1500);
  assert.equal(nearestOf(moments, 9000), 2000);
  assert.equal(nearestOf([], 1), null);
  assert.equal(placeOf(1500, span), 0.25);
});

test("a moment that a series tells nothing of has no value", () => {
  assert.equal(valueAt(series("line", [1, 0]), 1), 0);
  assert.equal(valueAt(series("line", [1, 0]), 2), null);
});
