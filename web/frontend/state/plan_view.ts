// The plans of a session as they are shown: each under who made it, work packages with how far their teams are. Pure.
import type { SessionState, Subtask, SubtaskState } from "./session_state.ts";

export interface ShownSubtask extends Subtask {
  /** How others name it: its number within its plan. */
  number: string;
  /** The numbers of those it waits for. */
  after: string[];
  /** What a sub-queen planned for this work package of hers. */
  parts: ShownSubtask[];
}

type Planned = Pick<SessionState, "subtasks" | "subtaskIds" | "agents" | "status">;

/** Return the top plan; a work package carries the id of the sub-queen who leads it, and holds her plan. */
export function shownPlan({ subtasks, subtaskIds, agents, status }: Planned): ShownSubtask[] {
  const all = subtaskIds.flatMap((id) => subtasks[id] ?? []);
  const show = (subtask: Subtask): ShownSubtask => ({
    ...subtask,
    number: numberOf(subtask.id),
    after: subtask.depends_on.map(numberOf),
    state: stateOf(subtask),
    parts: all.filter((part) => part.plannedBy === subtask.id).map(show),
  });
  /** A package tells nothing until its report; it is under way as soon as the one who leads it has begun. */
  const stateOf = ({ id, state }: Subtask): SubtaskState => {
    const leader = agents[id];
    const isLed = leader !== undefined && (leader.running.length > 0 || leader.stepsDone > 0);
    return state === "waiting" && isLed && status === "running" ? "running" : state;
  };
  return all.filter((subtask) => subtasks[subtask.plannedBy] === undefined).map(show);
}

/** "sub-queen-1/2" → "2". */
const numberOf = (id: string): string => id.slice(id.lastIndexOf("/") + 1).replace(/^sub-queen-/, "");

/** How many parts are done, of how many: a work package counts by its parts. */
export function countDone(plan: readonly ShownSubtask[]): { done: number; all: number } {
  const leaves = plan.flatMap((subtask) => (subtask.parts.length > 0 ? subtask.parts : [subtask]));
  return { done: leaves.filter((leaf) => leaf.state === "done").length, all: leaves.length };
}
