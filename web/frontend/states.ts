// The states of a session as people see them: DESIGN's, with pausing and stopping derived from what is wanted.

export type State = "queued" | "running" | "paused" | "completed" | "failed" | "stopped";
export type Desired = "run" | "pause" | "stop";
export type SeenState = State | "pausing" | "stopping";

const FINAL: ReadonlySet<string> = new Set(["completed", "failed", "stopped"]);

export const isFinal = (status: string): boolean => FINAL.has(status);

/** What to show: a running session of which something else is wanted is on its way there. */
export function seenState(status: string, desired: string): SeenState {
  if (status === "running" && desired === "stop") return "stopping";
  if (status === "running" && desired === "pause") return "pausing";
  return status as State;
}
