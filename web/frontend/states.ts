// The states of a session as people see them: its own, with pausing, stopping and waiting derived from the rest. Pure.

export type State = "queued" | "running" | "paused" | "completed" | "failed" | "stopped";
export type Desired = "run" | "pause" | "stop";
export type SeenState = State | "pausing" | "stopping" | "waiting";

const FINAL: ReadonlySet<string> = new Set(["completed", "failed", "stopped"]);

export const isFinal = (status: string): boolean => FINAL.has(status);

/**
 * What to show: a running session of which something else is wanted is on its way there, and a paused one that waits for
 * something goes on by itself.
 */
export function seenState(status: string, desired: string, waitsFor: string | null): SeenState {
  if (status === "paused" && waitsFor !== null) return "waiting";
  if (status === "running" && desired === "stop") return "stopping";
  if (status === "running" && desired === "pause") return "pausing";
  return status as State;
}

/** Until when a waiting session waits, in the words of a sentence. */
const BACK: Record<string, string> = {
  model_server: "the model server is back",
  disk: "the disk has room again",
};

/** What becomes of a waiting session without anybody's help, and what one can do. */
export function sayWaiting(waitsFor: string): string {
  return `It goes on by itself once ${BACK[waitsFor] ?? "that is over"}; Resume tries at once.`;
}
