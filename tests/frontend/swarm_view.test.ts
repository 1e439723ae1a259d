import assert from "node:assert/strict";
import { test } from "node:test";
import type { DurableEvent } from "../../web/frontend/event_types.ts";
import { addEvents } from "../../web/frontend/state/session_reducer.ts";
import { emptySession, type SessionState } from "../../web/frontend/state/session_state.ts";
import { countActivities, viewSwarm, type AgentView } from "../../web/frontend/state/swarm_view.ts";
import { finished, log, logged, moved, started } from "./event_log.ts";

const after = (count: number, ...more: DurableEvent[]): SessionState =>
  addEvents(emptySession("s"), [...log.slice(0, count).map(({ event }) => event), ...more].map((event, at) => logged(at + 1, event)));

const view = (state: SessionState, name: string, isWriting = (_: string): boolean => false): AgentView =>
  viewSwarm(state, isWriting).find((agent) => agent.name === name)!;

test("while the queen plans, her drones wait for her", () => {
  const state = after(4);
  assert.equal(view(state, "queen").activity, "reading");
  assert.equal(view(state, "queen", () => true).activity, "writing");
  assert.deepEqual(view(state, "drone-1").waitsFor, ["queen"]);
  assert.equal(view(state, "drone-1").doing, "Waits for Queen");
});

test("while a drone works, its queen waits for it, and so does whoever needs its result", () => {
  const state = after(8);
  assert.equal(view(state, "drone-1").activity, "reading");
  assert.deepEqual(view(state, "queen").waitsFor, ["drone-1"]);
  assert.deepEqual(view(state, "drone-2").waitsFor, ["drone-1"], "subtask 2 depends on subtask 1");
});

test("a step that is tried again shows so", () => {
  assert.equal(view(after(9), "drone-1").activity, "retrying");
});

test("who is left when the session pauses stands still, and who works for a session that failed has failed", () => {
  assert.equal(view(after(8, moved("paused", 1)), "drone-1").activity, "halted");
  const failed = after(8, { type: "step_failed", step: "1", agent: "drone-1", attempt: 1, error: "No.", retry_in_seconds: null }, moved("failed", 1));
  assert.equal(view(failed, "drone-1").activity, "failed");
  assert.equal(view(failed, "drone-2").doing, "Had nothing to do");
});

test("at the end those who worked are done, and the winner of a vote is known", () => {
  const state = addEvents(emptySession("s"), log);
  assert.equal(view(state, "drone-2").activity, "done");
  assert.equal(view(state, "drone-2").hasWon, true);
  assert.equal(view(state, "queen").doing, "1 step done");
});

test("in a debate whoever has spoken waits for those who still speak", () => {
  const agents = [1, 2].map((number) => ({ name: `drone-${number}`, kind: "drone" as const, role: "analyst", parent: null, model: null }));
  const events: DurableEvent[] = [
    moved("running", 1),
    { type: "swarm_formed", architecture: "FULLY_CONNECTED", model: "m", models: {}, agents },
    started("propose/1", "drone-1"),
    started("propose/2", "drone-2"),
    finished("propose/1", "drone-1", "This."),
  ];
  const state = addEvents(emptySession("s"), events.map((event, at) => logged(at + 1, event)));
  assert.deepEqual(view(state, "drone-1").waitsFor, ["drone-2"]);
  assert.equal(view(state, "drone-2").model, "m");
  assert.deepEqual(countActivities(viewSwarm(state, () => true)), [["writing", 1], ["waiting", 1]]);
});
