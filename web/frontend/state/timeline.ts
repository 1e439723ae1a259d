// Steps on a time axis: who did what when, what waited for it, and how long it all took. Pure; times in milliseconds.
import type { Agent, SessionState, Step } from "./session_state.ts";

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

/** A step on the axis. */
export interface Bar {
  key: string;
  start: number;
  /** When its first word came; null where none did or nobody saw it. */
  first: number | null;
  end: number;
  /** The line within its agent's lane: steps that run at once lie below each other. */
  row: number;
  isCritical: boolean;
}

export interface Lane {
  agent: string;
  rows: number;
  bars: Bar[];
  /** How long it had something to do, and how much of that was waiting for the first word. */
  busySeconds: number;
  waitingSeconds: number;
  outputTokens: number;
  promptTokens: number;
  retries: number;
}

export interface Timeline extends TimeRange {
  lanes: Lane[];
  /** The keys of the steps that the whole had to wait for, in order, and how long they took. */
  critical: string[];
  criticalSeconds: number;
}

type Told = Pick<SessionState, "steps" | "stepKeys" | "agents" | "agentNames" | "startedAt" | "endedAt">;

/** `sawFirst` tells when this page saw the first word of a step that still runs. */
export function layoutTimeline(told: Told, now: number, sawFirst: (key: string) => number | undefined): Timeline {
  const range = rangeOf(told.startedAt, told.endedAt, now);
  const bars = told.stepKeys.flatMap((key) => {
    const step = told.steps[key];
    const bar = step === undefined || step.kind === "choice" ? null : barOf(step, range, sawFirst(key));
    return bar === null ? [] : [bar];
  });
  const critical = findCritical(bars);
  const isCritical = new Set(critical.map(({ key }) => key));
  const lanes = told.agentNames.flatMap((name): Lane[] => {
    const agent = told.agents[name];
    const own = bars.filter(({ key }) => told.steps[key]?.agent === name).map((bar) => ({ ...bar, isCritical: isCritical.has(bar.key) }));
    return agent === undefined ? [] : [laneOf(agent, own, told.steps)];
  });
  const criticalSeconds = critical.reduce((sum, { start, end }) => sum + (end - start) / 1000, 0);
  return { ...range, lanes, critical: critical.map(({ key }) => key), criticalSeconds };
}

function barOf(step: Step, range: TimeRange, saw: number | undefined): Bar | null {
  const end = step.endedAt === null ? range.to : Date.parse(step.endedAt);
  if (step.startedAt === null && step.endedAt === null) return null;
  const start = step.startedAt === null ? end - 1000 * step.durationSeconds : Date.parse(step.startedAt);
  const first = step.firstTokenSeconds === null ? (saw ?? null) : start + 1000 * step.firstTokenSeconds;
  const isWithin = first !== null && first >= start && first <= end;
  return { key: step.key, start, first: isWithin ? first : null, end: Math.max(start, end), row: 0, isCritical: false };
}

/** Clocks of events are exact to the millisecond, and one transaction may end a step and begin the next. */
const SLACK_MS = 5;

/** From the step that ended last, back each time to the one that ended last before it began: nothing could go on earlier. */
function findCritical(bars: readonly Bar[]): Bar[] {
  const path: Bar[] = [];
  const left = new Set(bars);
  let until = Infinity;
  for (;;) {
    let gate: Bar | null = null;
    for (const bar of left) if (bar.end <= until + SLACK_MS && (gate === null || bar.end > gate.end)) gate = bar;
    if (gate === null) return path.reverse();
    path.push(gate);
    left.delete(gate);
    until = gate.start;
  }
}

function laneOf(agent: Agent, bars: Bar[], steps: Record<string, Step>): Lane {
  const ends: number[] = [];
  const placed = bars.toSorted((one, other) => one.start - other.start).map((bar) => {
    const free = ends.findIndex((end) => end <= bar.start + SLACK_MS);
    const row = free === -1 ? ends.length : free;
    ends[row] = bar.end;
    return { ...bar, row };
  });
  const sum = (of: (bar: Bar) => number): number => placed.reduce((total, bar) => total + of(bar), 0);
  return {
    agent: agent.name,
    rows: Math.max(1, ends.length),
    bars: placed,
    busySeconds: sum(({ start, end }) => (end - start) / 1000),
    waitingSeconds: sum(({ start, first }) => (first === null ? 0 : (first - start) / 1000)),
    outputTokens: sum(({ key }) => steps[key]?.outputTokens ?? 0),
    promptTokens: sum(({ key }) => steps[key]?.promptTokens ?? 0),
    retries: sum(({ key }) => (steps[key]?.attempt ?? 1) - 1),
  };
}
