// Where a step lies in the time of its session. Pure.
import type { Step } from "./session_state.ts";

/** In percent of the whole. */
export interface Span {
  left: number;
  width: number;
}

export interface TimeRange {
  from: number;
  to: number;
}

/** From the start of the session to its end, or to now. */
export function rangeOf(startedAt: string | null, endedAt: string | null, now: number): TimeRange {
  const from = startedAt === null ? now : Date.parse(startedAt);
  return { from, to: Math.max(from + 1, endedAt === null ? now : Date.parse(endedAt)) };
}

export function spanOf(step: Pick<Step, "startedAt" | "endedAt">, { from, to }: TimeRange): Span | null {
  if (step.startedAt === null) return null;
  const start = Date.parse(step.startedAt);
  const end = step.endedAt === null ? to : Date.parse(step.endedAt);
  const percent = (time: number): number => Math.min(100, Math.max(0, (100 * (time - from)) / (to - from)));
  return { left: percent(start), width: Math.max(0, percent(end) - percent(start)) };
}
