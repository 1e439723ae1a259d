// Which events of a log are shown. Pure.
import type { DurableEvent, LoggedEvent } from "../event_types.ts";

export interface LogFilter {
  /** An event's type; empty for all. */
  type: string;
  /** An agent's name; empty for all. */
  agent: string;
  /** Words that an event's sentence or its data hold, in any case. */
  text: string;
}

/** Return the names of the agents that an event is about. */
export function agentsOf(event: DurableEvent): string[] {
  const told = event as unknown as Record<string, unknown>;
  return ["agent", "sender", "recipient", "earlier_agent", "choice", "winner"].flatMap((field) => {
    const name = told[field];
    return typeof name === "string" ? [name] : [];
  });
}

/** `say` gives the sentence of an event, as people read it. */
export function filterLog(log: readonly LoggedEvent[], filter: LogFilter, say: (event: DurableEvent) => string): readonly LoggedEvent[] {
  const wanted = filter.text.trim().toLowerCase();
  if (filter.type === "" && filter.agent === "" && wanted === "") return log;
  return log.filter(
    ({ event }) =>
      (filter.type === "" || event.type === filter.type) &&
      (filter.agent === "" || agentsOf(event).includes(filter.agent)) &&
      (wanted === "" || say(event).toLowerCase().includes(wanted) || JSON.stringify(event).toLowerCase().includes(wanted)),
  );
}

/** The rows that are drawn of a long list: those in sight, and some around them. */
export function sliceInSight(count: number, top: number, height: number, row: number, around = 20): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / row) - around);
  return { from: Math.min(from, Math.max(0, count - 1)), to: Math.min(count, Math.ceil((top + height) / row) + around) };
}
