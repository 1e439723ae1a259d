// What the page of one session knows: plain data, all of it derived from the session's events and tokens.
import type { AgentInfo, Claim, LiveTokens, LoggedEvent, Receipt, SubtaskInfo } from "../event_types.ts";
import type { Desired, State } from "../states.ts";

export type TokenPiece = Omit<LiveTokens, "session_id">;

export type StepState = "running" | "retrying" | "failed" | "done" | "interrupted";

export interface Step {
  key: string;
  state: StepState;
  kind: "model" | "tool" | "choice";
  agent: string;
  role: string | null;
  label: string;
  subtask: string | null;
  model: string | null;
  attempt: number;
  startedAt: string | null;
  endedAt: string | null;
  /** The whole text of a finished step; what streams before that is in `streams`. */
  text: string;
  error: string | null;
  promptTokens: number;
  outputTokens: number;
  durationSeconds: number;
  /** From its start to the first piece of its text; null where that is not known. */
  firstTokenSeconds: number | null;
  /** The model stopped at its limit of tokens. */
  isCut: boolean;
  /** What was left out of its prompt, so that it fits the model's context, and about how much. */
  leftOut: { what: string[]; tokens: number } | null;
}

/** The text of a step that runs, or that ended without a result. */
export interface Stream {
  epoch: number;
  attempt: number;
  text: string;
  /** In characters as the server counts them (code points, not UTF-16 units). */
  length: number;
  /** How far pieces have come. Beyond `length` there is a hole: the text stands still until the server sends it again. */
  seen: number;
}

export interface Agent extends AgentInfo {
  /** Keys of its running steps, the latest last. */
  running: string[];
  /** The key of the step it finished or left last. */
  last: string | null;
  stepsDone: number;
  outputTokens: number;
}

export type SubtaskState = "waiting" | "running" | "returned" | "done";

export interface Subtask extends SubtaskInfo {
  plannedBy: string;
  state: SubtaskState;
  agent: string | null;
  /** How often a review sent it back. */
  returns: number;
}

/** What an agent passed to another one, or to everyone. */
export interface SentMessage {
  seq: number;
  at: string;
  sender: string;
  recipient: string;
  summary: string;
}

/** A file as one step left it. */
export interface FileVersion {
  path: string;
  size: number;
  sha256: string;
  step: string;
  /** The model call that this was for: another step where a tool wrote it. */
  call: string;
  agent: string;
  /** What is wrong with it, where it was parsed and could not be. */
  problem: string | null;
  at: string;
}

/** A file as it stands, and how it came to that. */
export interface SessionFile extends FileVersion {
  /** The oldest first; the last one is what stands. */
  versions: FileVersion[];
}

export interface Votes {
  cast: { agent: string; choice: string; reason: string }[];
  winner: string | null;
  tally: Record<string, number>;
}

export interface SessionState {
  sessionId: string;
  /** The number of the last event that is part of this state; there is no gap before it. */
  lastSeq: number;
  /** Events that came too early, by number; what lies before them has to be fetched. */
  early: Record<number, LoggedEvent>;
  status: State;
  desired: Desired;
  reason: string | null;
  /** What it is paused for, until that is back and it goes on by itself. */
  waitsFor: string | null;
  /** What its pause or its stop cost. */
  receipt: Receipt | null;
  worker: string | null;
  epoch: number;
  result: string | null;
  error: string | null;
  startedAt: string | null;
  endedAt: string | null;
  architecture: string | null;
  model: string | null;
  /** The roles that use another model than that, and which. */
  models: Record<string, string>;
  agents: Record<string, Agent>;
  /** In the order in which they began; so are steps and subtasks. */
  agentNames: string[];
  steps: Record<string, Step>;
  stepKeys: string[];
  subtasks: Record<string, Subtask>;
  subtaskIds: string[];
  votes: Votes;
  messages: SentMessage[];
  files: Record<string, SessionFile>;
  /** What the answer claims was done. */
  claims: readonly Claim[];
  totals: { calls: number; promptTokens: number; outputTokens: number };
  streams: Record<string, Stream>;
  log: LoggedEvent[];
}

/** The step that wrote the result: the model's last one before it listed its claims, unless its text was put aside. */
export function resultStep({ result, stepKeys, steps }: SessionState): Step | null {
  const last = stepKeys
    .filter((key) => key.split("/", 1)[0] !== "claims")
    .map((key) => steps[key])
    .findLast((step) => step?.kind === "model" && step.state === "done");
  return last !== undefined && last.text.trim() === result ? last : null;
}

export function emptySession(sessionId: string): SessionState {
  return {
    sessionId,
    lastSeq: 0,
    early: {},
    status: "queued",
    desired: "run",
    reason: null,
    waitsFor: null,
    receipt: null,
    worker: null,
    epoch: 0,
    result: null,
    error: null,
    startedAt: null,
    endedAt: null,
    architecture: null,
    model: null,
    models: {},
    agents: {},
    agentNames: [],
    steps: {},
    stepKeys: [],
    subtasks: {},
    subtaskIds: [],
    votes: { cast: [], winner: null, tally: {} },
    messages: [],
    files: {},
    claims: [],
    totals: { calls: 0, promptTokens: 0, outputTokens: 0 },
    streams: {},
    log: [],
  };
}
