// The events of a session, generated from common/events.py by `npm run types`. Do not edit.

/** What a pause or a stop cost. */
export interface Receipt {
  steps_kept: number;
  calls_cut: number;
  streams_closed: number;
}

/** One agent of a swarm. */
export interface AgentInfo {
  name: string;
  kind: "queen" | "sub_queen" | "drone";
  role: string | null;
  parent: string | null;
  model: string | null;
}

/** One subtask of a plan. */
export interface SubtaskInfo {
  id: string;
  title: string;
  instructions: string;
  role: string;
  depends_on: string[];
  files: string[];
}

/** Something that the answer claims to be done, and whether a recorded check backs it. */
export interface Claim {
  kind: "file" | "command" | "subtask";
  subject: string;
  statement: string;
  verified: boolean;
  evidence: string;
  step: string | null;
}

/** The session changed its state. */
export interface SessionMoved {
  type: "session_moved";
  status: string;
  reason: string | null;
  worker: string | null;
  epoch: number;
  result: string | null;
  error: string | null;
  waits_for: string | null;
  receipt: Receipt | null;
}

/** Somebody asked for a stop, a pause or a resume. */
export interface SessionWanted {
  type: "session_wanted";
  desired: string;
  by: string | null;
}

/** The agents stand; the first event of every flow. */
export interface SwarmFormed {
  type: "swarm_formed";
  architecture: string;
  model: string;
  agents: AgentInfo[];
  models: Record<string, string>;
}

/** An agent began a step (a happening). */
export interface StepStarted {
  type: "step_started";
  step: string;
  kind: "model" | "tool" | "choice";
  agent: string;
  role: string | null;
  label: string;
  subtask: string | null;
  model: string | null;
  attempt: number;
}

/** One attempt at a step failed (a happening); it is tried again after `retry_in_seconds`, or given up. */
export interface StepFailed {
  type: "step_failed";
  step: string;
  agent: string;
  attempt: number;
  error: string;
  retry_in_seconds: number | null;
}

/** A step is committed and never runs again. */
export interface StepFinished {
  type: "step_finished";
  step: string;
  agent: string;
  text: string;
  prompt_tokens: number;
  output_tokens: number;
  duration_seconds: number;
  first_token_seconds: number | null;
  cut_off: boolean;
}

/** A queen or sub-queen divided its work. */
export interface PlanMade {
  type: "plan_made";
  step: string;
  agent: string;
  subtasks: SubtaskInfo[];
}

/** What was wrong in a plan's meaning was mended by rule. */
export interface PlanRepaired {
  type: "plan_repaired";
  step: string;
  agent: string;
  repairs: string[];
}

/** A subtask has its result. */
export interface SubtaskFinished {
  type: "subtask_finished";
  subtask: string;
  agent: string;
}

/** An agent passed text to another one. */
export interface MessageSent {
  type: "message_sent";
  sender: string;
  recipient: string;
  summary: string;
  subtask: string | null;
}

/** A queen or sub-queen judged the results of its drones. */
export interface ReviewMade {
  type: "review_made";
  step: string;
  agent: string;
  approved: boolean;
  comment: string;
  returned: string[];
}

/** A drone voted for a proposal. */
export interface VoteCast {
  type: "vote_cast";
  step: string;
  agent: string;
  choice: string;
  reason: string;
}

/** The debate is over; `tally` counts the votes of each proposal. */
export interface VoteDecided {
  type: "vote_decided";
  winner: string;
  tally: Record<string, number>;
}

/** Something was left out of a prompt so that it fits the model's context. */
export interface ContextCut {
  type: "context_cut";
  step: string;
  agent: string;
  cut: string[];
  tokens: number;
}

/** A file came out of a step. */
export interface ArtifactWritten {
  type: "artifact_written";
  step: string;
  agent: string;
  path: string;
  sha256: string;
  size: number;
  call: string | null;
  checked: boolean;
  problem: string | null;
}

/** A step replaced a file by an agent whose version it did not build on; the earlier version is kept beside it. */
export interface FileConflict {
  type: "file_conflict";
  path: string;
  step: string;
  agent: string;
  earlier_step: string;
  earlier_agent: string;
}

/** The answer stands, and this is what it claims. */
export interface ClaimsMade {
  type: "claims_made";
  step: string;
  agent: string;
  claims: Claim[];
}

/** Something that people should know and that has no event of its own. */
export interface Notice {
  type: "notice";
  level: "info" | "warning" | "error";
  message: string;
}

/** A durable event as stored and sent: numbered and dated. */
export interface LoggedEvent {
  session_id: string;
  seq: number;
  at: string;
  event: DurableEvent;
}

/** A `token` message to browsers: a coalesced delta with the epoch of the worker that sent it. */
export interface LiveTokens {
  session_id: string;
  step: string;
  agent: string;
  epoch: number;
  attempt: number;
  offset: number;
  text: string;
}

export type DurableEvent =
  | SessionMoved
  | SessionWanted
  | SwarmFormed
  | StepStarted
  | StepFailed
  | StepFinished
  | PlanMade
  | PlanRepaired
  | SubtaskFinished
  | MessageSent
  | ReviewMade
  | VoteCast
  | VoteDecided
  | ContextCut
  | ArtifactWritten
  | FileConflict
  | ClaimsMade
  | Notice;
