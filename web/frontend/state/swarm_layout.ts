// Where the agents of a swarm stand: a tree, a star or a ring, after the architecture. Pure; all in pixels.
import type { AgentInfo } from "../event_types.ts";

export interface Point {
  x: number;
  y: number;
}

/** An agent's place: the middle of its orb. */
export interface Spot extends Point {
  name: string;
  /** The orb's diameter. */
  size: number;
  /** Where its words stand. */
  label: "below" | "right";
  labelWidth: number;
}

/** A way between two agents: straight from point to point. */
export interface Edge {
  from: string;
  to: string;
  points: Point[];
}

export interface SwarmLayout {
  width: number;
  height: number;
  spots: Spot[];
  edges: Edge[];
}

const WIDE = 560;
/** A team beside another one needs so much room for its words. */
const TEAM = 165;
const LINE = 58;

export function layoutSwarm(agents: readonly AgentInfo[], architecture: string | null, width: number): SwarmLayout {
  if (agents.length === 0 || width <= 0) return { width, height: 0, spots: [], edges: [] };
  const isWide = width >= WIDE;
  if (agents.some(({ kind }) => kind === "sub_queen")) return layoutTree(agents, width, isWide);
  const queen = architecture === "FULLY_CONNECTED" ? undefined : agents.find(({ kind }) => kind === "queen");
  return layoutRing(agents.filter((agent) => agent !== queen), queen, width, isWide);
}

/** All around on an ellipse: each joined to each, or all to the one in the middle. */
function layoutRing(around: readonly AgentInfo[], middle: AgentInfo | undefined, width: number, isWide: boolean): SwarmLayout {
  const size = isWide ? 56 : 42;
  const labelWidth = isWide ? 132 : Math.min(92, Math.floor((width - 8) / 4.6));
  const rx = Math.min(430, Math.max(60, width / 2 - labelWidth / 2 - 2));
  const ry = around.length <= 4 ? (isWide ? 150 : 130) : isWide ? 205 : 190;
  const top = size / 2 + 8;
  const center = { x: width / 2, y: top + ry };
  const spots = around.map((agent, index): Spot => {
    const turn = (2 * Math.PI * index) / around.length - Math.PI / 2;
    return {
      name: agent.name,
      x: round(center.x + rx * Math.cos(turn)),
      y: round(center.y + ry * Math.sin(turn)),
      size,
      label: "below",
      labelWidth,
    };
  });
  const height = Math.ceil(top + 2 * ry + size / 2 + LINE);
  if (middle === undefined) {
    const edges = spots.flatMap((one, index) => spots.slice(index + 1).map((other) => straight(one, other)));
    return { width, height, spots, edges };
  }
  const hub: Spot = { name: middle.name, ...center, size: size * 1.35, label: "below", labelWidth };
  return { width, height, spots: [hub, ...spots], edges: spots.map((spot) => straight(hub, spot)) };
}

/** The queen above, her teams side by side as far as they fit; each with its sub-queen first and its drones on a spine below. */
function layoutTree(agents: readonly AgentInfo[], width: number, isWide: boolean): SwarmLayout {
  const leaders = agents.filter(({ kind }) => kind === "sub_queen");
  const drones = agents.filter(({ kind }) => kind === "drone");
  const queen = agents.find(({ kind }) => kind === "queen");
  const sizes = isWide ? { queen: 76, leader: 58, drone: 44 } : { queen: 60, leader: 46, drone: 36 };
  const columns = Math.max(1, Math.min(leaders.length, Math.floor(width / TEAM)));
  const columnWidth = width / columns;
  // Teams stand in the middle of their columns, as wide as is good to read.
  const teamWidth = Math.min(columnWidth - 6, 236);
  const step = isWide ? 64 : 54;
  const indent = isWide ? 26 : 16;
  const spots: Spot[] = [];
  const edges: Edge[] = [];
  const root: Point = { x: width / 2, y: sizes.queen / 2 + 6 };
  if (queen !== undefined) {
    spots.push({ name: queen.name, ...root, size: sizes.queen, label: "right", labelWidth: Math.min(220, width / 2 - sizes.queen) });
  }
  let top = sizes.queen + 46;
  for (let first = 0; first < leaders.length; first += columns) {
    const row = leaders.slice(first, first + columns);
    const bus = top - 20;
    let bottom = top;
    row.forEach((leader, index) => {
      const left = (index + (columns - row.length) / 2) * columnWidth + (columnWidth - teamWidth) / 2;
      const x = left + sizes.leader / 2;
      const at: Spot = {
        name: leader.name, x, y: top + sizes.leader / 2, size: sizes.leader,
        label: "right", labelWidth: teamWidth - sizes.leader - 10,
      };
      spots.push(at);
      if (queen !== undefined) {
        edges.push({ from: queen.name, to: leader.name, points: [root, { x: root.x, y: bus }, { x, y: bus }, { x, y: at.y }] });
      }
      const team = drones.filter(({ parent }) => parent === leader.name);
      team.forEach((drone, place) => {
        const y = top + sizes.leader + 14 + step * place + sizes.drone / 2;
        const droneX = x + indent + sizes.drone / 2;
        spots.push({
          name: drone.name, x: droneX, y, size: sizes.drone,
          label: "right", labelWidth: teamWidth - (droneX - left) - sizes.drone / 2 - 10,
        });
        edges.push({ from: leader.name, to: drone.name, points: [{ x, y: at.y }, { x, y }, { x: droneX, y }] });
      });
      bottom = Math.max(bottom, top + sizes.leader + 14 + step * team.length);
    });
    top = bottom + 44;
  }
  return { width, height: Math.ceil(top - 40), spots, edges };
}

const straight = (one: Spot, other: Spot): Edge => ({
  from: one.name, to: other.name, points: [{ x: one.x, y: one.y }, { x: other.x, y: other.y }],
});

const round = (value: number): number => Math.round(value * 10) / 10;

/** Return the way of a message along the edges, the shortest one; where there is none, straight. */
export function routeBetween({ spots, edges }: SwarmLayout, from: string, to: string): Point[] {
  const ways = new Map<string, Point[]>([[from, []]]);
  const queue = [from];
  for (let at = queue.shift(); at !== undefined && !ways.has(to); at = queue.shift()) {
    for (const edge of edges) {
      const next = edge.from === at ? edge.to : edge.to === at ? edge.from : null;
      if (next === null || ways.has(next)) continue;
      const points = edge.from === at ? edge.points : edge.points.toReversed();
      ways.set(next, [...(ways.get(at) ?? []), ...points]);
      queue.push(next);
    }
  }
  const found = ways.get(to);
  if (found !== undefined && found.length > 0) return found.filter((point, at) => at === 0 || distance(point, found[at - 1]!) > 0);
  return [from, to].flatMap((name) => spots.filter((spot) => spot.name === name).map(({ x, y }) => ({ x, y })));
}

const distance = (one: Point, other: Point): number => Math.hypot(one.x - other.x, one.y - other.y);

/** Where along its way something is after each part of it, from 0 to 1: what moves evenly needs that. */
export function measureRoute(points: readonly Point[]): { length: number; offsets: number[] } {
  const sums = points.reduce<number[]>((all, point, at) => [...all, at === 0 ? 0 : all[at - 1]! + distance(point, points[at - 1]!)], []);
  const length = sums.at(-1) ?? 0;
  return { length, offsets: sums.map((sum) => (length === 0 ? 0 : sum / length)) };
}

/** Return the path of an SVG through these points, its corners rounded. */
export function drawPath(points: readonly Point[], radius = 12): string {
  return points
    .map((point, at) => {
      const before = points[at - 1];
      const after = points[at + 1];
      if (before === undefined) return `M${point.x} ${point.y}`;
      if (after === undefined) return `L${point.x} ${point.y}`;
      const r = Math.min(radius, distance(before, point) / 2, distance(point, after) / 2);
      const towards = (other: Point): string => {
        const share = distance(point, other) === 0 ? 0 : r / distance(point, other);
        return `${round(point.x + (other.x - point.x) * share)} ${round(point.y + (other.y - point.y) * share)}`;
      };
      return `L${towards(before)}Q${point.x} ${point.y} ${towards(after)}`;
    })
    .join("");
}
