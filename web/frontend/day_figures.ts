// The figures of days, put together. Pure.
import type { Day } from "./api_types.ts";

/** How many sessions ended, in whatever way. */
export const endedOf = (day: Day): number => day.completed + day.failed + day.stopped;

/** All days as if they were one; the average counts each completed session once. */
export function addDays(days: readonly Day[]): Day {
  const sum = (valueOf: (day: Day) => number): number => days.reduce((total, day) => total + valueOf(day), 0);
  const completed = sum((day) => day.completed);
  const seconds = sum((day) => day.completed * (day.average_duration_seconds ?? 0));
  return {
    day: days.at(-1)?.day ?? "",
    completed,
    failed: sum((day) => day.failed),
    stopped: sum((day) => day.stopped),
    tokens: sum((day) => day.tokens),
    average_duration_seconds: completed === 0 ? null : seconds / completed,
  };
}
