// What each agent of a swarm does just now, and on whom it waits. Pure.
import { agentTitle } from "../format.ts";
import { isFinal } from "../states.ts";
import type { Agent, SessionState, Step } from "./session_state.ts";

/** reading: called, and nothing written yet. idle: nothing to do as long as nobody asks. */
export type Activity = "reading" | "writing" | "retrying" | "waiting" | "idle" | "done" | "failed" | "halted";

export interface AgentView {
  name: string;
  activity: Activity;
  /** What it does, in a few words. */
  doing: string;
  waitsFor: string[];
  model: string | null;
  hasWon: boolean;
}

export type Seen = Pick<
  SessionState,
  "agents" | "agentNames" | "steps" | "subtasks" | "subtaskIds" | "status" | "architecture" | "model" | "votes"
>;

/** `isWriting` says whether a running step has written something by now. */
export function viewSwarm(seen: Seen, isWriting: (step: string) => boolean): AgentView[] {
  return seen.agentNames.flatMap((name) => {
    const agent = seen.agents[name];
    return agent === undefined ? [] : [viewAgent(seen, agent, isWriting)];
  });
}

function viewAgent(seen: Seen, agent: Agent, isWriting: (step: string) => boolean): AgentView {
  const step = seen.steps[agent.running.at(-1) ?? ""];
  const last = seen.steps[agent.last ?? ""];
  const view: AgentView = {
    name: agent.name,
    activity: "idle",
    doing: "",
    waitsFor: [],
    model: step?.model ?? agent.model ?? last?.model ?? seen.model,
    hasWon: seen.votes.winner === agent.name,
  };
  if (step !== undefined) return { ...view, activity: runningActivity(step, isWriting), doing: step.label };
  if (isFinal(seen.status)) return { ...view, ...endOf(seen, agent, last) };
  if (seen.status !== "running") return { ...view, activity: "halted", doing: seen.status === "queued" ? "Queued" : "Paused" };
  const waitsFor = findAwaited(seen, agent);
  if (waitsFor.length > 0) return { ...view, activity: "waiting", doing: `Waits for ${nameAll(waitsFor)}`, waitsFor };
  return { ...view, doing: agent.stepsDone > 0 ? "Free" : "Waits for work" };
}

function runningActivity(step: Step, isWriting: (step: string) => boolean): Activity {
  if (step.state === "retrying") return "retrying";
  return isWriting(step.key) ? "writing" : "reading";
}

function endOf({ status }: Seen, agent: Agent, last: Step | undefined): Pick<AgentView, "activity" | "doing"> {
  if (last?.state === "failed") return { activity: "failed", doing: `Failed: ${last.label}` };
  if (agent.stepsDone === 0) return { activity: "idle", doing: "Had nothing to do" };
  const steps = `${agent.stepsDone} ${agent.stepsDone === 1 ? "step" : "steps"} done`;
  return { activity: status === "completed" || last?.state === "done" ? "done" : "halted", doing: steps };
}

/** A leader waits for those of hers who work; a drone for those whose results its team's next subtask needs, else for its leader. */
function findAwaited(seen: Seen, agent: Agent): string[] {
  const all = seen.agentNames.flatMap((name) => seen.agents[name] ?? []);
  const busy = (one: Agent): boolean => one.running.length > 0;
  if (seen.architecture === "FULLY_CONNECTED") {
    return agent.stepsDone > 0 ? all.filter(busy).map(({ name }) => name) : [];
  }
  const members = all.filter((other) => other.parent === agent.name);
  if (agent.kind !== "drone") {
    const working = members.filter((one) => busy(one) || all.some((other) => other.parent === one.name && busy(other)));
    if (working.length > 0) return working.map(({ name }) => name);
  } else {
    const team = seen.subtaskIds.flatMap((id) => seen.subtasks[id] ?? []).filter(({ plannedBy }) => plannedBy === agent.parent);
    const needed = new Set(team.filter(({ state }) => state === "waiting").flatMap(({ depends_on }) => depends_on));
    const workers = team.flatMap(({ id, state, agent: by }) => (state === "running" && needed.has(id) && by !== null ? [by] : []));
    if (workers.length > 0) return [...new Set(workers)].filter((name) => name !== agent.name);
  }
  const leader = agent.parent === null ? undefined : seen.agents[agent.parent];
  return leader !== undefined && busy(leader) ? [leader.name] : [];
}

function nameAll(names: readonly string[]): string {
  if (names.length > 3) return `${names.length} agents`;
  const titles = names.map((name, at) => (at === 0 ? agentTitle(name) : agentTitle(name).toLowerCase()));
  return titles.length === 1 ? titles.join("") : `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
}

/** How many agents are in each state, in the order in which people ask for it. */
export function countActivities(views: readonly AgentView[]): [Activity, number][] {
  const order: Activity[] = ["writing", "reading", "retrying", "waiting", "idle", "halted", "failed", "done"];
  return order.flatMap((activity): [Activity, number][] => {
    const count = views.filter((view) => view.activity === activity).length;
    return count > 0 ? [[activity, count]] : [];
  });
}
