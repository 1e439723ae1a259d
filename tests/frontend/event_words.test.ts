import assert from "node:assert/strict";
import { test } from "node:test";
import type { DurableEvent } from "../../web/frontend/event_types.ts";
import { sayEvent } from "../../web/frontend/event_words.ts";
import { iconNames } from "../../web/frontend/icons.ts";
import { sayWaiting } from "../../web/frontend/states.ts";
import { log, moved } from "./event_log.ts";

const labelOf = (step: string): string => `Label of ${step}`;
const said = (type: DurableEvent["type"]): string[] =>
  log.filter(({ event }) => event.type === type).map(({ event }) => sayEvent(event, labelOf).text);

test("every kind of event has a sentence without codes, and an icon", () => {
  for (const { event } of log) {
    const { icon, text } = sayEvent(event, labelOf);
    assert.ok(iconNames.includes(icon), icon);
    assert.match(text, /^\S.*\S$/);
    assert.doesNotMatch(text, /undefined|null|\[object|_/);
  }
});

test("a failure names the step by its label, and when it is tried again", () => {
  assert.deepEqual(said("step_failed"), ["Drone 1 failed at “Label of 1”: The model broke off. Next attempt in 2 s."]);
});

test("a file that cannot be parsed is a warning that says why", () => {
  const written = log.find(({ event }) => event.type === "artifact_written")?.event as DurableEvent & { type: "artifact_written" };
  assert.deepEqual(sayEvent(written, labelOf), { icon: "file-earmark-text", text: "Drone 2 wrote a/b.py (12 B)" });
  const { text, level } = sayEvent({ ...written, problem: "Not valid Python, line 1: invalid syntax." }, labelOf);
  assert.deepEqual([text, level], ["Drone 2 wrote a/b.py (12 B). Not valid Python, line 1: invalid syntax.", "warning"]);
});

test("claims are counted, and how many of them are more than claims", () => {
  assert.deepEqual(said("claims_made"), ["The answer of Queen claims 2 things; the journal backs 1"]);
});

test("a conflict names the file, and whose version was replaced", () => {
  const text = "Drone 2 replaced a/b.py by Drone 1 in “Label of 2” without having seen it; both are kept";
  assert.deepEqual(said("file_conflict"), [text]);
});

test("a move says where to and why", () => {
  assert.equal(said("session_moved")[2], "Session queued: Its worker is gone.");
});

test("a pause says what it cost, and nothing of what it did not", () => {
  const say = (receipt: object): string =>
    sayEvent(moved("paused", 1, { reason: "Paused by ada@example.org.", receipt }), labelOf).text;
  const whole = { steps_kept: 12, calls_cut: 3, streams_closed: 1 };
  assert.equal(say(whole), "Session paused: Paused by ada@example.org. (12 steps kept · 3 calls cut · 1 stream closed)");
  assert.match(say({ steps_kept: 1, calls_cut: 0, streams_closed: 0 }), / \(1 step kept\)$/);
});

test("a session that waits is said to wait", () => {
  const { icon, text } = sayEvent(moved("paused", 1, { reason: "The disk is full.", waits_for: "disk" }), labelOf);
  assert.deepEqual([icon, text], ["alarm", "Session waiting: The disk is full."]);
  assert.equal(sayWaiting("disk"), "It goes on by itself once the disk has room again; Resume tries at once.");
});

test("a plan is said to be its maker's, the angles of a debate nobody's", () => {
  assert.deepEqual(said("plan_made"), ["Queen made a plan of 2 parts"]);
  const plan = log.find(({ event }) => event.type === "plan_made")?.event as DurableEvent & { type: "plan_made" };
  assert.equal(sayEvent({ ...plan, step: "angles", agent: "drone-1" }, labelOf).text, "The task is looked at from 2 angles");
});

test("a failed step is an error only where nobody tries again", () => {
  const failed = log.find(({ event }) => event.type === "step_failed")?.event as DurableEvent & { type: "step_failed" };
  assert.equal(sayEvent(failed, labelOf).level, "warning");
  assert.equal(sayEvent({ ...failed, retry_in_seconds: null }, labelOf).level, "error");
});

test("an event of a newer server is named by its kind", () => {
  assert.equal(sayEvent({ type: "from_tomorrow" } as never, labelOf).text, "from tomorrow");
});

test("a swarm tells which roles have models of their own", () => {
  assert.deepEqual(said("swarm_formed"), ["3 agents formed a swarm: Centralized, m, developer: coder"]);
});
