import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DurableEvent } from "../../web/frontend/event_types.ts";
import { addEvents, addTokens, hasGap, hasHole } from "../../web/frontend/state/session_reducer.ts";
import { emptySession, resultStep, type SessionState, type TokenPiece } from "../../web/frontend/state/session_state.ts";
import { seenState } from "../../web/frontend/states.ts";
import { finished, log, logged, moved, started } from "./event_log.ts";

const whole = addEvents(emptySession("s"), log);

const piece = (offset: number, text: string, more: Partial<TokenPiece> = {}): TokenPiece => ({
  step: "1", agent: "drone-1", epoch: 1, attempt: 1, offset, text, ...more,
});

const withTokens = (...pieces: TokenPiece[]): SessionState => addTokens(addEvents(emptySession("s"), log.slice(0, 8)), pieces);

test("a whole log gives the session's end", () => {
  assert.equal(whole.status, "completed");
  assert.equal(whole.result, "The answer.");
  assert.equal(whole.lastSeq, log.length);
  assert.equal(whole.startedAt, log[1]?.at);
  assert.equal(whole.endedAt, log.at(-1)?.at);
  assert.deepEqual(whole.agentNames, ["queen", "drone-1", "drone-2"]);
  assert.deepEqual(whole.stepKeys, ["plan", "1"]);
  assert.deepEqual(whole.totals, { calls: 2, promptTokens: 200, outputTokens: 40 });
  assert.equal(whole.votes.winner, "drone-2");
  assert.deepEqual(Object.keys(whole.files), ["a/b.py"]);
  assert.deepEqual(whole.messages.map(({ seq, sender, recipient }) => [seq, sender, recipient]), [[17, "drone-2", "queen"]]);
  assert.equal(whole.subtasks["1"]?.returns, 1);
  assert.equal(whole.steps["1"]?.firstTokenSeconds, 0.4);
  assert.deepEqual(whole.claims.map((claim) => [claim.subject, claim.verified]), [["a/b.py", true], ["pytest", false]]);
  assert.ok(Object.values(whole.agents).every((agent) => agent.running.length === 0));
});

test("any doubling, shuffling and splitting of a log gives the same state", () => {
  const disorder = fc
    .tuple(fc.shuffledSubarray(log, { minLength: log.length }), fc.array(fc.constantFrom(...log)))
    .chain(([all, doubles]) => {
      const told = [...all, ...doubles];
      return fc.tuple(fc.shuffledSubarray(told, { minLength: told.length }), fc.integer({ min: 1, max: 7 }));
    });
  fc.assert(
    fc.property(disorder, ([told, size]) => {
      let state = emptySession("s");
      for (let at = 0; at < told.length; at += size) state = addEvents(state, told.slice(at, at + size));
      assert.deepEqual(state, whole);
    }),
    { numRuns: 300 },
  );
});

test("a result knows the step that wrote it, and whether that stopped at its limit", () => {
  const ended = (text: string): SessionState => {
    const listed = [started("claims", "queen"), finished("claims", "queen", "{}"), finished("claims/turn-2", "queen", "{}")];
    const answered = [started("answer", "queen"), finished("answer", "queen", text, { cut_off: true }), ...listed];
    const more = [...answered, moved("completed", 2, { result: "The answer." })];
    return addEvents(emptySession("s"), [...log.slice(0, -1).map(({ event }) => event), ...more].map((event, at) => logged(at + 1, event)));
  };
  assert.equal(resultStep(ended("The answer.\n"))?.isCut, true);
  assert.equal(resultStep(ended(""))?.isCut, undefined, "what was put together instead was cut nowhere");
  assert.equal(resultStep(whole), null);
});

test("a file that is written again keeps its versions, the oldest first", () => {
  const again = { ...log[15]!.event, step: "2", size: 20 } as DurableEvent;
  const file = addEvents(whole, [logged(log.length + 1, again)]).files["a/b.py"];
  assert.deepEqual(file?.versions.map(({ step, size }) => [step, size]), [["1", 12], ["2", 20]]);
  assert.equal(file?.size, 20);
});

test("a step keeps what was left out of its prompt, and a new attempt begins without", () => {
  const cut: DurableEvent = { type: "context_cut", step: "answer", agent: "queen", cut: ["the end of “Result of 1”"], tokens: 300 };
  const after = (...events: DurableEvent[]): SessionState =>
    addEvents(emptySession("s"), [moved("running", 1), started("answer", "queen"), ...events].map((event, at) => logged(at + 1, event)));
  const whole = after(cut, finished("answer", "queen", "Done."));
  assert.deepEqual(whole.steps["answer"]?.leftOut, { what: ["the end of “Result of 1”"], tokens: 300 });
  assert.equal(whole.steps["answer"]?.state, "done");
  assert.equal(after(finished("answer", "queen", "Done.")).steps["answer"]?.leftOut, null);
  assert.equal(after(cut, started("answer", "queen", { attempt: 2 })).steps["answer"]?.leftOut, null);
});

test("events after a gap wait until the gap is filled", () => {
  const early = addEvents(emptySession("s"), [log[0]!, log[2]!]);
  assert.equal(early.lastSeq, 1);
  assert.ok(hasGap(early));
  assert.deepEqual(early.agentNames, []);
  const filled = addEvents(early, [log[1]!]);
  assert.equal(filled.lastSeq, 3);
  assert.ok(!hasGap(filled));
  assert.deepEqual(filled.agentNames, ["queen", "drone-1", "drone-2"]);
});

test("known events change nothing, not even the log", () => {
  const again = addEvents(whole, log);
  assert.deepEqual(again, whole);
  assert.equal(again.log, whole.log);
});

test("a rescue leaves what ran, and the new worker's start takes its place", () => {
  const rescued = addEvents(emptySession("s"), log.slice(0, 11));
  assert.equal(rescued.steps["1"]?.state, "interrupted");
  assert.deepEqual(rescued.agents["drone-1"]?.running, []);
  const again = addEvents(rescued, log.slice(11, 13));
  assert.equal(again.steps["1"]?.state, "running");
  assert.deepEqual(again.agents["drone-2"]?.running, ["1"]);
});

test("a subtask waits, runs, is done, and is returned by a review", () => {
  const states = [6, 8, 15, 18].map((count) => addEvents(emptySession("s"), log.slice(0, count)).subtasks["1"]?.state);
  assert.deepEqual(states, ["waiting", "running", "done", "returned"]);
});

test("what has its result stays done while it is revised", () => {
  const angle = addEvents(emptySession("s"), log.slice(0, 15));
  const revised = addEvents(angle, [logged(16, started("revise/1/1", "drone-2", { subtask: "1" }))]);
  assert.equal(revised.subtasks["1"]?.state, "done");
});

test("a subtask waits again when its worker process has left it", () => {
  const rescued = addEvents(emptySession("s"), log.slice(0, 11));
  assert.equal(rescued.subtasks["1"]?.state, "waiting");
});

test("an event of a kind that this page does not know is logged and passed over", () => {
  const unknown = logged(1, { type: "from_tomorrow" } as never);
  const state = addEvents(emptySession("s"), [unknown, { ...log[1]!, seq: 2 }]);
  assert.equal(state.lastSeq, 2);
  assert.equal(state.log.length, 2);
});

test("tokens build up the text of a step", () => {
  const state = withTokens(piece(0, "Hello"), piece(5, " world"));
  assert.equal(state.streams["1"]?.text, "Hello world");
});

test("tokens that overlap or come twice are taken once", () => {
  const state = withTokens(piece(0, "Hello"), piece(0, "Hello"), piece(3, "lo, you"), piece(2, "l"));
  assert.equal(state.streams["1"]?.text, "Hello, you");
});

test("offsets count characters, not UTF-16 units", () => {
  const state = withTokens(piece(0, "🐝🐝"), piece(2, " hum"), piece(1, "🐝 humming"));
  assert.equal(state.streams["1"]?.text, "🐝🐝 humming");
});

test("a hole stops the text until it is sent from the start", () => {
  const torn = withTokens(piece(0, "Hello"), piece(8, "rld"));
  assert.equal(torn.streams["1"]?.text, "Hello");
  assert.ok(hasHole(torn));
  const mended = addTokens(torn, [piece(0, "Hello world")]);
  assert.equal(mended.streams["1"]?.text, "Hello world");
  assert.ok(!hasHole(mended));
});

test("a newer attempt or epoch starts the text anew, and an older one is passed over", () => {
  const state = withTokens(piece(0, "old"), piece(0, "new", { attempt: 2 }), piece(3, "er", { attempt: 1 }));
  assert.equal(state.streams["1"]?.text, "new");
  const claimed = addTokens(state, [piece(0, "other worker", { epoch: 2, attempt: 1 })]);
  assert.equal(claimed.streams["1"]?.text, "other worker");
});

test("any cut of a text into pieces that overlap gives the text", () => {
  const cuts = fc.tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), fc.array(fc.nat(60)), fc.array(fc.nat(5)));
  fc.assert(
    fc.property(cuts, ([text, places, overlaps]) => {
      const characters = Array.from(text);
      const ends = [...places.filter((place) => place < characters.length).sort((a, b) => a - b), characters.length];
      const pieces = ends.map((end, index) => {
        const from = Math.max(0, (ends[index - 1] ?? 0) - (overlaps[index] ?? 0));
        return piece(from, characters.slice(from, end).join(""));
      });
      assert.equal(withTokens(...pieces).streams["1"]?.text ?? "", text);
    }),
  );
});

test("tokens of a finished step are passed over", () => {
  const state = addEvents(emptySession("s"), [logged(1, started("x", "queen")), logged(2, finished("x", "queen", "whole"))]);
  assert.equal(addTokens(state, [piece(0, "late", { step: "x" })]), state);
});

test("a finished step's text is the committed one, and its stream is gone", () => {
  let state = addEvents(emptySession("s"), [logged(1, started("x", "queen"))]);
  state = addTokens(state, [piece(0, "partial", { step: "x" })]);
  state = addEvents(state, [logged(2, finished("x", "queen", "whole"))]);
  assert.equal(state.steps["x"]?.text, "whole");
  assert.deepEqual(state.streams, {});
});

const receipt = { steps_kept: 12, calls_cut: 3, streams_closed: 2 };
const asked = (desired: string): DurableEvent => ({ type: "session_wanted", desired, by: "a@example.com" });
const after = (...more: DurableEvent[]): SessionState =>
  addEvents(emptySession("s"), [...log.slice(0, 8), ...more.map((event, index) => logged(9 + index, event))]);

test("what a pause or a stop cost is kept until the session moves on", () => {
  for (const status of ["paused", "stopped"]) assert.deepEqual(after(moved(status, 1, { receipt })).receipt, receipt);
  assert.equal(after(moved("paused", 1, { receipt }), moved("queued", 1)).receipt, null);
});

test("a session that waits for the model server is seen waiting, not paused", () => {
  const waiting = after(moved("paused", 1, { reason: "No model server.", waits_for: "model_server", receipt }));
  assert.equal(waiting.status, "paused");
  assert.equal(seenState(waiting.status, waiting.desired, waiting.waitsFor), "waiting");
  assert.equal(waiting.steps["1"]?.state, "interrupted");
});

test("a session that went on by itself waits for nothing", () => {
  const woken = after(moved("paused", 1, { reason: "Full.", waits_for: "disk" }), moved("queued", 1), moved("running", 2));
  assert.deepEqual([woken.status, woken.waitsFor, woken.reason], ["running", null, null]);
});

test("a pause of a waiting session keeps it paused, and says by whom", () => {
  const kept = after(moved("paused", 1, { reason: "No model server.", waits_for: "model_server" }), asked("pause"));
  assert.equal(seenState(kept.status, kept.desired, kept.waitsFor), "paused");
  assert.equal(kept.reason, "Paused by a@example.com.");
});

test("a pause that is asked for changes no reason before it is there", () => {
  assert.deepEqual([after(asked("pause")).reason, after(asked("pause")).desired], [null, "pause"]);
});

test("a hole is none any more once its step is done, left or tried again", () => {
  const torn = withTokens(piece(0, "Hello"), piece(8, "rld"));
  const ends: DurableEvent[] = [
    finished("1", "drone-1", "Hello world"),
    moved("paused", 1),
    { type: "step_failed", step: "1", agent: "drone-1", attempt: 1, error: "Broke off.", retry_in_seconds: 2 },
    { type: "step_failed", step: "1", agent: "drone-1", attempt: 1, error: "Broke off.", retry_in_seconds: null },
  ];
  for (const event of ends) assert.ok(!hasHole(addEvents(torn, [logged(9, event)])), event.type);
});

test("a whole text takes the place of one whose middle was lost on the way", () => {
  const lost = withTokens(piece(0, "Hello!"), piece(11, "!"));
  const mended = addTokens(lost, [piece(0, "Hello world!")]);
  assert.equal(mended.streams["1"]?.text, "Hello world!");
  assert.equal(addTokens(mended, [piece(0, "Hello world!")]), mended);
});
