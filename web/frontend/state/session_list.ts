// The active sessions and the last ended ones as plain data, and how changes come in. Pure.
import type { Session, SessionList, SessionsChange, Statistics } from "../api_types.ts";
import { isFinal } from "../states.ts";

export interface SessionListState {
  sessions: Record<string, Session>;
  statistics: Statistics | null;
  /** False before anything was read. */
  isLoaded: boolean;
}

export const emptyList: SessionListState = { sessions: {}, statistics: null, isLoaded: false };

/** Take a fresh answer of the API: what it no longer calls active has gone or ended since. */
export function takeList(state: SessionListState, list: SessionList): SessionListState {
  const ended = Object.values(state.sessions).filter((session) => isFinal(session.status));
  const sessions = Object.fromEntries(ended.map((session) => [session.id, session]));
  for (const session of [...list.session_history, ...Object.values(list.active_sessions)]) {
    sessions[session.id] = newer(state.sessions[session.id], session);
  }
  return { sessions, statistics: list.statistics, isLoaded: true };
}

/** Take a `sessions` message. */
export function takeChange(state: SessionListState, change: SessionsChange): SessionListState {
  const sessions = { ...state.sessions };
  for (const session of change.changed) sessions[session.id] = newer(sessions[session.id], session);
  for (const id of change.removed) delete sessions[id];
  return { ...state, sessions, statistics: change.statistics };
}

/** Those that have not ended, the latest first. */
export function activeOf(state: SessionListState): Session[] {
  return latestFirst(Object.values(state.sessions).filter((session) => !isFinal(session.status)), (session) => session.created_at);
}

/** Those that have ended, the latest end first: the order in which the API gives them page by page. */
export function historyOf(state: SessionListState): Session[] {
  return latestFirst(
    Object.values(state.sessions).filter((session) => isFinal(session.status)),
    (session) => session.ended_at ?? session.created_at,
  );
}

function latestFirst(sessions: Session[], timeOf: (session: Session) => string): Session[] {
  return sessions.sort((a, b) => timeOf(b).localeCompare(timeOf(a)) || b.id.localeCompare(a.id));
}

/** Answers may overtake each other: the one that knows more events is the newer one. */
function newer(known: Session | undefined, come: Session): Session {
  return known !== undefined && known.last_seq > come.last_seq ? known : come;
}
