import assert from "node:assert/strict";
import { test } from "node:test";
import type { DurableEvent } from "../../web/frontend/event_types.ts";
import { countDone, shownPlan } from "../../web/frontend/state/plan_view.ts";
import { addEvents } from "../../web/frontend/state/session_reducer.ts";
import { emptySession, type SessionState } from "../../web/frontend/state/session_state.ts";
import { logged, moved, started } from "./event_log.ts";

const part = (id: string, depends_on: string[] = []) => ({ id, title: id, instructions: "", role: "developer", depends_on, files: [] });
const stateOf = (...events: DurableEvent[]): SessionState =>
  addEvents(emptySession("s"), events.map((event, index) => logged(index + 1, event)));

const packages: DurableEvent[] = [
  moved("running", 1),
  { type: "plan_made", step: "split", agent: "queen", subtasks: [part("sub-queen-1"), part("sub-queen-2")] },
  started("sub-queen-1/plan", "sub-queen-1"),
  { type: "plan_made", step: "x", agent: "sub-queen-1", subtasks: [part("sub-queen-1/1"), part("sub-queen-1/2", ["sub-queen-1/1"])] },
  { type: "subtask_finished", subtask: "sub-queen-1/1", agent: "drone-1" },
];

test("the plan of a sub-queen stands inside of her work package, with numbers of its own", () => {
  const plan = shownPlan(stateOf(...packages));
  assert.deepEqual(plan.map(({ number, parts }) => [number, parts.map((each) => each.number)]), [["1", ["1", "2"]], ["2", []]]);
  assert.deepEqual(plan[0]?.parts[1]?.after, ["1"]);
});

test("a work package is under way as soon as its sub-queen has begun, and only while the session runs", () => {
  const states = (...events: DurableEvent[]) => shownPlan(stateOf(...events)).map((each) => each.state);
  assert.deepEqual(states(...packages), ["running", "waiting"]);
  assert.deepEqual(states(...packages, moved("stopped", 1)), ["waiting", "waiting"]);
});

test("a work package counts by its parts", () => {
  assert.deepEqual(countDone(shownPlan(stateOf(...packages))), { done: 1, all: 3 });
});
