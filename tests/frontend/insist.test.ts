import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { insistWhile } from "../../web/frontend/state/insist.ts";

/** Insist on something for a time; return when it was asked for, in seconds. */
function askedAt(context: TestContext, seconds: number, isMissing: (second: number) => boolean): number[] {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const asked: number[] = [];
  let now = 0;
  const insistence = insistWhile(
    () => isMissing(now),
    () => asked.push(now),
  );
  for (; now < seconds; now += 1) {
    insistence.look(); // as each piece of text that comes in does
    insistence.look();
    context.mock.timers.tick(1000);
  }
  insistence.stop();
  return asked;
}

test("what stays missing is asked for ever less often", (context) => {
  const asked = askedAt(context, 200, () => true);
  assert.deepEqual(asked.slice(0, 6), [0, 2, 6, 14, 30, 60]);
  assert.equal(asked.length, 10);
});

test("nothing is asked for once it is there", (context) => {
  assert.deepEqual(askedAt(context, 200, (second) => second < 3), [0, 2]);
});

test("what is missing later is asked for as soon as the first", (context) => {
  assert.deepEqual(askedAt(context, 103, (second) => second < 3 || second >= 100), [0, 2, 100, 102]);
});

test("what heals within a second is not asked for", (context) => {
  assert.deepEqual(askedAt(context, 20, () => false), []);
});
