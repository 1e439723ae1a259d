import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentInfo } from "../../web/frontend/event_types.ts";
import { drawPath, layoutSwarm, measureRoute, routeBetween, type SwarmLayout } from "../../web/frontend/state/swarm_layout.ts";

const drones = (count: number, parent: (at: number) => string | null = () => null): AgentInfo[] =>
  Array.from({ length: count }, (_, at) => ({ name: `drone-${at + 1}`, kind: "drone", role: "developer", parent: parent(at), model: null }));
const queen: AgentInfo = { name: "queen", kind: "queen", role: null, parent: null, model: null };

function swarm(architecture: string, workers: number, teams = 0): AgentInfo[] {
  if (architecture === "FULLY_CONNECTED") return drones(workers);
  if (architecture === "CENTRALIZED") return [queen, ...drones(workers, () => "queen")];
  const leaders = Array.from({ length: teams }, (_, at): AgentInfo => ({ name: `sub-queen-${at + 1}`, kind: "sub_queen", role: null, parent: "queen", model: null }));
  return [queen, ...leaders, ...drones(workers, (at) => `sub-queen-${(at % teams) + 1}`)];
}

const cases: [string, AgentInfo[]][] = [
  ["a tree of 12", swarm("HIERARCHICAL", 12, 4)],
  ["a tree of 8", swarm("HIERARCHICAL", 8, 3)],
  ["a tree of 2", swarm("HIERARCHICAL", 2, 2)],
  ["a star of 12", swarm("CENTRALIZED", 12)],
  ["a star of 2", swarm("CENTRALIZED", 2)],
  ["a ring of 12", swarm("FULLY_CONNECTED", 12)],
  ["a ring of 2", swarm("FULLY_CONNECTED", 2)],
];
const architectureOf = (agents: readonly AgentInfo[]): string =>
  agents[0]?.kind === "drone" ? "FULLY_CONNECTED" : agents[1]?.kind === "drone" ? "CENTRALIZED" : "HIERARCHICAL";

const spotOf = (layout: SwarmLayout, name: string) => layout.spots.find((spot) => spot.name === name)!;

for (const width of [330, 700, 880]) {
  for (const [what, agents] of cases) {
    test(`${what} fits into ${width} pixels, and no orb lies on another one`, () => {
      const layout = layoutSwarm(agents, architectureOf(agents), width);
      assert.equal(layout.spots.length, agents.length);
      for (const { x, y, size, label, labelWidth, name } of layout.spots) {
        const left = label === "below" ? x - Math.max(size, labelWidth) / 2 : x - size / 2;
        const right = label === "below" ? x + Math.max(size, labelWidth) / 2 : x + size / 2 + 10 + labelWidth;
        assert.ok(left >= -1 && right <= width + 1, `${name} reaches from ${left} to ${right}`);
        assert.ok(y - size / 2 >= 0 && y + size / 2 <= layout.height, `${name} is at ${y}`);
        assert.ok(labelWidth >= 60, `${name} has ${labelWidth} pixels for its words`);
      }
      for (const one of layout.spots) {
        for (const other of layout.spots) {
          if (one === other) continue;
          const apart = Math.hypot(one.x - other.x, one.y - other.y);
          assert.ok(apart >= (one.size + other.size) / 2 + 4, `${one.name} and ${other.name} are ${apart} apart`);
        }
      }
    });
  }
}

test("a ring joins each to each, a star each to the middle, a tree each to its leader", () => {
  const count = (agents: AgentInfo[], architecture: string): number => layoutSwarm(agents, architecture, 880).edges.length;
  assert.equal(count(swarm("FULLY_CONNECTED", 12), "FULLY_CONNECTED"), 66);
  assert.equal(count(swarm("CENTRALIZED", 12), "CENTRALIZED"), 12);
  assert.equal(count(swarm("HIERARCHICAL", 12, 4), "HIERARCHICAL"), 16);
});

test("the queen of a star stands in the middle of her drones", () => {
  const layout = layoutSwarm(swarm("CENTRALIZED", 6), "CENTRALIZED", 880);
  const around = layout.spots.filter(({ name }) => name !== "queen");
  const middle = around.reduce((sum, { x, y }) => ({ x: sum.x + x / 6, y: sum.y + y / 6 }), { x: 0, y: 0 });
  assert.ok(Math.hypot(middle.x - spotOf(layout, "queen").x, middle.y - spotOf(layout, "queen").y) < 1);
});

test("a message between drones of two teams goes by their leaders", () => {
  const layout = layoutSwarm(swarm("HIERARCHICAL", 4, 2), "HIERARCHICAL", 880);
  const route = routeBetween(layout, "drone-1", "drone-2");
  const at = (name: string): { x: number; y: number } => ({ x: spotOf(layout, name).x, y: spotOf(layout, name).y });
  assert.deepEqual(route[0], at("drone-1"));
  assert.deepEqual(route.at(-1), at("drone-2"));
  for (const name of ["sub-queen-1", "queen", "sub-queen-2"]) {
    assert.ok(route.some(({ x, y }) => x === at(name).x && y === at(name).y), `it passes ${name}`);
  }
});

test("an unknown sender has no way, and nobody no picture", () => {
  assert.deepEqual(routeBetween(layoutSwarm(swarm("CENTRALIZED", 2), "CENTRALIZED", 880), "nobody", "elsewhere"), []);
  assert.deepEqual(layoutSwarm([], null, 880).spots, []);
});

test("a route is measured by its parts, and drawn with round corners", () => {
  const corner = [{ x: 0, y: 0 }, { x: 30, y: 0 }, { x: 30, y: 90 }];
  assert.deepEqual(measureRoute(corner), { length: 120, offsets: [0, 0.25, 1] });
  assert.equal(drawPath(corner, 10), "M0 0L20 0Q30 0 30 10L30 90");
});
