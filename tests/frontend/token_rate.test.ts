import assert from "node:assert/strict";
import { test } from "node:test";
import { addSample, rateOf, type TokenSample } from "../../web/frontend/token_rate.ts";

const second = 1000;

function watch(...told: [at: number, tokens: number][]): readonly TokenSample[] {
  return told.reduce<readonly TokenSample[]>((samples, [at, tokens]) => addSample(samples, { at: at * second, tokens }), []);
}

test("nothing is said before the first tokens", () => {
  assert.equal(rateOf([], 0, 10 * second), null);
  assert.equal(rateOf(watch([0, 0]), 0, 10 * second), null);
});

test("a session that was just found is told by its mean since the start", () => {
  assert.equal(rateOf(watch([100, 500]), 0, 100 * second), 5);
});

test("then the last minute counts, whatever was before", () => {
  const samples = watch([0, 0], [100, 6000], [150, 6300], [160, 6600]);
  assert.equal(rateOf(samples, 0, 160 * second), 600 / 60);
});

test("a session that writes nothing for a minute has come to a rest", () => {
  assert.equal(rateOf(watch([0, 0], [10, 600]), 0, 100 * second), 0);
});

test("old samples go, as long as the last minute still has a beginning", () => {
  const samples = watch([0, 1], [10, 2], [50, 3], [100, 4], [120, 5]);
  assert.deepEqual(samples.map(({ at }) => at / second), [50, 100, 120]);
  assert.equal(addSample(samples, { at: 130 * second, tokens: 5 }), samples);
});
