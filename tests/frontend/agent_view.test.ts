import assert from "node:assert/strict";
import { test } from "node:test";
import { groupAgents, pickShown } from "../../web/frontend/state/agent_view.ts";
import type { Agent } from "../../web/frontend/state/session_state.ts";

const agent = (name: string, kind: Agent["kind"], parent: string | null): Agent => ({
  name, kind, parent, role: null, model: null, running: [], last: null, stepsDone: 0, outputTokens: 0,
});

const shape = (agents: Agent[]) =>
  groupAgents(agents).map(({ leader, members }) => [leader?.name ?? null, members.map((member) => member.name)]);

test("each leader stands before those who report to them", () => {
  const swarm = [
    agent("queen", "queen", null), agent("sub-queen-1", "sub_queen", "queen"), agent("sub-queen-2", "sub_queen", "queen"),
    agent("drone-1", "drone", "sub-queen-1"), agent("drone-2", "drone", "sub-queen-2"),
  ];
  assert.deepEqual(shape(swarm), [["queen", []], ["sub-queen-1", ["drone-1"]], ["sub-queen-2", ["drone-2"]]]);
});

test("drones without a leader stand together", () => {
  assert.deepEqual(shape([agent("drone-1", "drone", null), agent("drone-2", "drone", null)]), [[null, ["drone-1", "drone-2"]]]);
});

test("whose text is shown keeps their place while they work", () => {
  assert.deepEqual(pickShown(["b"], ["a", "b", "c"], 2), ["b", "a"]);
});

test("who has finished stays until somebody else works", () => {
  assert.deepEqual(pickShown(["a", "b"], ["b"], 2), ["a", "b"]);
  assert.deepEqual(pickShown(["a", "b"], ["b", "c"], 2), ["c", "b"]);
});

test("there are never more texts than places", () => {
  assert.deepEqual(pickShown(["a", "b"], ["a", "b", "c"], 1), ["a"]);
  assert.deepEqual(pickShown([], [], 2), []);
});
