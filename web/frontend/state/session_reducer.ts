// From events and tokens to the state of a session's page. Pure: whatever way they come, the same log gives the same state.
import type { LoggedEvent } from "../event_types.ts";
import { applyEvent } from "./apply_event.ts";
import type { SessionState, Stream, TokenPiece } from "./session_state.ts";

/**
 * Return the state with these events in it. Known ones are dropped, and those that come too early are kept until what
 * lies before them is there.
 */
export function addEvents(state: SessionState, events: readonly LoggedEvent[]): SessionState {
  const early: Record<number, LoggedEvent> = { ...state.early };
  for (const logged of events) if (logged.seq > state.lastSeq) early[logged.seq] = logged;
  let now = state;
  const added: LoggedEvent[] = [];
  for (let next = early[now.lastSeq + 1]; next !== undefined; next = early[now.lastSeq + 1]) {
    now = { ...applyEvent(now, next), lastSeq: next.seq };
    added.push(next);
    delete early[next.seq];
  }
  return { ...now, early, log: added.length > 0 ? [...state.log, ...added] : state.log };
}

/** Whether events are missing between those that are in and those that came; fetch the ones after `lastSeq`. */
export function hasGap(state: SessionState): boolean {
  return Object.keys(state.early).length > 0;
}

/** Return the state with these pieces of running steps' texts in it. */
export function addTokens(state: SessionState, pieces: readonly TokenPiece[]): SessionState {
  let streams = state.streams;
  for (const piece of pieces) {
    if (state.steps[piece.step]?.state === "done") continue;
    const known = streams[piece.step];
    const next = addPiece(known, piece);
    if (next !== known && next !== undefined) streams = { ...streams, [piece.step]: next };
  }
  return streams === state.streams ? state : { ...state, streams };
}

/**
 * Whether the text of a running step misses something in its middle; watching anew gets it from the start. A step that
 * runs no more gets its whole text from its event, or none.
 */
export function hasHole(state: SessionState): boolean {
  return Object.entries(state.streams).some(
    ([key, stream]) => stream.seen > stream.length && state.steps[key]?.state === "running",
  );
}

function addPiece(known: Stream | undefined, piece: TokenPiece): Stream | undefined {
  const { epoch, attempt, offset } = piece;
  const age = known === undefined ? 1 : epoch - known.epoch || attempt - known.attempt;
  if (age < 0) return known;
  const start: Stream = age > 0 || known === undefined ? { epoch, attempt, text: "", length: 0, seen: 0 } : known;
  // The server counts code points: a bee emoji is one character there and two units here.
  const characters = Array.from(piece.text);
  const seen = Math.max(start.seen, offset + characters.length);
  if (offset > start.length) return { ...start, seen };
  // A text from its start that is no shorter is the better one: what Redis kept of it may have lacked something.
  if (offset === 0 && characters.length >= start.length && piece.text !== start.text) {
    return { ...start, text: piece.text, length: characters.length, seen };
  }
  const fresh = characters.slice(start.length - offset);
  if (fresh.length === 0) return start;
  return { ...start, text: start.text + fresh.join(""), length: start.length + fresh.length, seen };
}
