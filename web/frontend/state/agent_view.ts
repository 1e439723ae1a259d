// How the agents of a session are laid out, and whose text is shown. Pure.
import type { Agent } from "./session_state.ts";

/** A leader with those that report to them; drones without a leader stand together. */
export interface AgentGroup {
  leader: Agent | null;
  members: Agent[];
}

export function groupAgents(agents: readonly Agent[]): AgentGroup[] {
  const isLeader = (agent: Agent): boolean => agent.kind !== "drone";
  const leaders = agents.filter(isLeader);
  const drones = agents.filter((agent) => !isLeader(agent));
  const groups: AgentGroup[] = leaders.map((leader) => ({
    leader,
    members: drones.filter((drone) => drone.parent === leader.name),
  }));
  const rest = drones.filter((drone) => !leaders.some((leader) => leader.name === drone.parent));
  return rest.length > 0 ? [...groups, { leader: null, members: rest }] : groups;
}

/**
 * Return whose text to show where nobody has chosen: those who work, at most `slots`. Who is shown stays in place while
 * they work, and after that until somebody else does.
 */
export function pickShown(shown: readonly string[], working: readonly string[], slots: number): string[] {
  const waiting = working.filter((name) => !shown.includes(name));
  const kept = shown.slice(0, slots).map((name) => (working.includes(name) ? name : (waiting.shift() ?? name)));
  return [...kept, ...waiting.slice(0, slots - kept.length)];
}
