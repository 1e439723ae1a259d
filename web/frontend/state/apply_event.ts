// What each kind of event changes. Pure: every function returns a new state and shares what stayed the same.
import type {
  ArtifactWritten,
  ContextCut,
  LoggedEvent,
  PlanMade,
  SessionMoved,
  SessionWanted,
  StepFailed,
  StepFinished,
  StepStarted,
  SwarmFormed,
} from "../event_types.ts";
import { isFinal, type Desired, type State } from "../states.ts";
import type { Agent, SessionState, Step, Subtask, SubtaskState } from "./session_state.ts";

/** Return the state after one event; the caller has made sure that it is the next one. */
export function applyEvent(state: SessionState, { event, at, seq }: LoggedEvent): SessionState {
  switch (event.type) {
    case "session_moved":
      return moveSession(state, event, at);
    case "session_wanted":
      return wantSession(state, event);
    case "swarm_formed":
      return formSwarm(state, event);
    case "step_started":
      return startStep(state, event, at);
    case "step_failed":
      return failStep(state, event, at);
    case "step_finished":
      return finishStep(state, event, at);
    case "plan_made":
      return addPlan(state, event);
    case "subtask_finished":
      return setSubtask(state, event.subtask, "done", event.agent);
    case "review_made":
      return event.returned.reduce((now, id) => setSubtask(now, id, "returned", null), state);
    case "vote_cast": {
      const others = state.votes.cast.filter((vote) => vote.agent !== event.agent);
      const cast = [...others, { agent: event.agent, choice: event.choice, reason: event.reason }];
      return { ...state, votes: { ...state.votes, cast } };
    }
    case "vote_decided":
      return { ...state, votes: { ...state.votes, winner: event.winner, tally: event.tally } };
    case "artifact_written":
      return addFile(state, event, at);
    case "message_sent": {
      const { sender, recipient, summary } = event;
      return { ...state, messages: [...state.messages, { seq, at, sender, recipient, summary }] };
    }
    case "context_cut":
      return noteCut(state, event);
    case "claims_made":
      return { ...state, claims: event.claims };
    case "plan_repaired":
    case "file_conflict":
    case "notice":
      return state; // They change nothing but the log.
    default:
      event satisfies never;
      return state; // An event of a newer server: the log shows it, the rest goes on without.
  }
}

function moveSession(state: SessionState, event: SessionMoved, at: string): SessionState {
  const status = event.status as State;
  const left = status === "running" ? state : leaveSteps(state, at);
  return {
    ...left,
    status,
    // A session that waits again is wanted again; the other moves keep what was asked for.
    desired: status === "queued" || status === "completed" || status === "failed" ? "run" : state.desired,
    reason: event.reason,
    waitsFor: event.waits_for,
    receipt: event.receipt,
    worker: event.worker,
    epoch: event.epoch,
    result: event.result ?? state.result,
    error: event.error,
    startedAt: state.startedAt ?? (status === "running" ? at : null),
    endedAt: isFinal(status) ? at : null,
  };
}

/** A paused session of which a pause is wanted no longer waits for anything: it stays paused. */
function wantSession(state: SessionState, event: SessionWanted): SessionState {
  const wanted = { ...state, desired: event.desired as Desired };
  if (state.waitsFor === null) return wanted;
  return { ...wanted, waitsFor: null, reason: event.by === null ? null : `Paused by ${event.by}.` };
}

/** No worker is on it any more: what ran was left, and begins again elsewhere or never. */
function leaveSteps(state: SessionState, at: string): SessionState {
  return state.stepKeys.reduce((now, key) => {
    const step = now.steps[key];
    if (step === undefined || (step.state !== "running" && step.state !== "retrying")) return now;
    const left = closeStep(now, { ...step, state: "interrupted", endedAt: at });
    return subtaskOf(step, now)?.state === "running" ? setSubtask(left, step.subtask, "waiting", null) : left;
  }, state);
}

function formSwarm(state: SessionState, event: SwarmFormed): SessionState {
  const agents = Object.fromEntries(
    event.agents.map((info) => [info.name, { ...(state.agents[info.name] ?? newAgent(info.name)), ...info }]),
  );
  return {
    ...state,
    architecture: event.architecture,
    model: event.model,
    models: event.models,
    agents: { ...state.agents, ...agents },
    agentNames: [...new Set([...event.agents.map((info) => info.name), ...state.agentNames])],
  };
}

function newAgent(name: string): Agent {
  const info = { name, kind: "drone" as const, role: null, parent: null, model: null };
  return { ...info, running: [], last: null, stepsDone: 0, outputTokens: 0 };
}

function startStep(state: SessionState, event: StepStarted, at: string): SessionState {
  if (state.steps[event.step]?.state === "done") return state;
  const step: Step = {
    key: event.step,
    state: "running",
    kind: event.kind,
    agent: event.agent,
    role: event.role,
    label: event.label,
    subtask: event.subtask,
    model: event.model,
    attempt: event.attempt,
    startedAt: at,
    endedAt: null,
    text: "",
    error: null,
    promptTokens: 0,
    outputTokens: 0,
    durationSeconds: 0,
    firstTokenSeconds: null,
    isCut: false,
    leftOut: null,
  };
  const stream = state.streams[event.step];
  const isStale = stream !== undefined && (stream.epoch < state.epoch || stream.attempt < event.attempt);
  const agent = state.agents[event.agent] ?? newAgent(event.agent);
  const running = [...agent.running.filter((key) => key !== event.step), event.step];
  const started = putAgent(putStep(isStale ? dropStream(state, event.step) : state, step), { ...agent, running });
  // What has its result keeps it, whatever is still said about it: a revision, a vote.
  return subtaskOf(step, state)?.state === "done" ? started : setSubtask(started, step.subtask, "running", step.agent);
}

function failStep(state: SessionState, event: StepFailed, at: string): SessionState {
  const step = state.steps[event.step];
  if (step === undefined || step.state === "done") return state;
  const failed: Step = { ...step, error: event.error, attempt: event.attempt };
  if (event.retry_in_seconds === null) return closeStep(state, { ...failed, state: "failed", endedAt: at });
  return dropStream(putStep(state, { ...failed, state: "retrying" }), step.key);
}

function finishStep(state: SessionState, event: StepFinished, at: string): SessionState {
  const known = state.steps[event.step];
  const step: Step = {
    // A choice is committed without having been started.
    ...(known ?? {
      key: event.step,
      kind: "choice" as const,
      role: null,
      label: event.step,
      subtask: null,
      model: null,
      attempt: 1,
      startedAt: null,
      leftOut: null,
    }),
    agent: event.agent,
    state: "done",
    endedAt: at,
    text: event.text,
    error: null,
    promptTokens: event.prompt_tokens,
    outputTokens: event.output_tokens,
    durationSeconds: event.duration_seconds,
    firstTokenSeconds: event.first_token_seconds,
    isCut: event.cut_off,
  };
  const closed = dropStream(closeStep(state, step), step.key);
  const agent = closed.agents[event.agent] ?? newAgent(event.agent);
  const counted = putAgent(closed, {
    ...agent,
    stepsDone: agent.stepsDone + 1,
    outputTokens: agent.outputTokens + event.output_tokens,
  });
  const isCall = step.kind === "model";
  return {
    ...counted,
    totals: {
      calls: state.totals.calls + (isCall ? 1 : 0),
      promptTokens: state.totals.promptTokens + event.prompt_tokens,
      outputTokens: state.totals.outputTokens + event.output_tokens,
    },
  };
}

/** It is told along with the step's end, just before. */
function noteCut(state: SessionState, { step: key, cut, tokens }: ContextCut): SessionState {
  const step = state.steps[key];
  return step === undefined ? state : putStep(state, { ...step, leftOut: { what: cut, tokens } });
}

function addPlan(state: SessionState, event: PlanMade): SessionState {
  const added = event.subtasks.map((info): Subtask => {
    const known = state.subtasks[info.id];
    return {
      ...info,
      plannedBy: event.agent,
      state: known?.state ?? "waiting",
      agent: known?.agent ?? null,
      returns: known?.returns ?? 0,
    };
  });
  return {
    ...state,
    subtasks: { ...state.subtasks, ...Object.fromEntries(added.map((subtask) => [subtask.id, subtask])) },
    subtaskIds: [...new Set([...state.subtaskIds, ...added.map((subtask) => subtask.id)])],
  };
}

const subtaskOf = ({ subtask }: Step, state: SessionState): Subtask | undefined =>
  subtask === null ? undefined : state.subtasks[subtask];

function setSubtask(state: SessionState, id: string | null, next: SubtaskState, agent: string | null): SessionState {
  const subtask = id === null ? undefined : state.subtasks[id];
  if (subtask === undefined) return state;
  const returns = subtask.returns + (next === "returned" ? 1 : 0);
  const changed: Subtask = { ...subtask, state: next, agent: agent ?? subtask.agent, returns };
  return { ...state, subtasks: { ...state.subtasks, [subtask.id]: changed } };
}

function addFile(state: SessionState, event: ArtifactWritten, at: string): SessionState {
  const { path, size, sha256, step, agent, problem } = event;
  const version = { path, size, sha256, step, call: event.call ?? step, agent, problem, at };
  const versions = [...(state.files[path]?.versions ?? []), version];
  return { ...state, files: { ...state.files, [path]: { ...version, versions } } };
}

function putStep(state: SessionState, step: Step): SessionState {
  const stepKeys = step.key in state.steps ? state.stepKeys : [...state.stepKeys, step.key];
  return { ...state, steps: { ...state.steps, [step.key]: step }, stepKeys };
}

function putAgent(state: SessionState, agent: Agent): SessionState {
  const agentNames = agent.name in state.agents ? state.agentNames : [...state.agentNames, agent.name];
  return { ...state, agents: { ...state.agents, [agent.name]: agent }, agentNames };
}

/** The step runs no more: its agent is free of it. */
function closeStep(state: SessionState, step: Step): SessionState {
  const agent = state.agents[step.agent] ?? newAgent(step.agent);
  const running = agent.running.filter((key) => key !== step.key);
  return putAgent(putStep(state, step), { ...agent, running, last: step.key });
}

function dropStream(state: SessionState, key: string): SessionState {
  if (!(key in state.streams)) return state;
  const { [key]: _, ...streams } = state.streams;
  return { ...state, streams };
}
