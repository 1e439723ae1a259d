// One session, live: feeds the reducer from HTTP and socket, and fetches what is missing.
import { signal, type ReadonlySignal } from "@preact/signals";
import { api, ApiError, sentenceOf } from "../api.ts";
import type { Session, SessionDetail } from "../api_types.ts";
import { watchSession, watchSessions } from "../live.ts";
import { insistWhile } from "./insist.ts";
import { keepFetched } from "./polling.ts";
import { addEvents, addTokens, hasGap, hasHole } from "./session_reducer.ts";
import { emptySession, type SessionState, type TokenPiece } from "./session_state.ts";

const BATCH_MS = 50;
const GONE = "There is no such session any more.";

export interface LiveSession {
  state: ReadonlySignal<SessionState>;
  /** What events do not tell: name, task, owner, progress, its place in the queue, the command. Null until it is there. */
  detail: ReadonlySignal<SessionDetail | null>;
  /** Whether every event up to now has been read once. */
  isComplete: ReadonlySignal<boolean>;
  /** Why the session cannot be shown, or null. */
  trouble: ReadonlySignal<string | null>;
  /** Take what an action of this page came to, and what followed from it. */
  take: (session: Session) => void;
  stop: () => void;
}

/** Open a session and keep it up to date until `stop`. */
export function openSession(sessionId: string): LiveSession {
  const state = signal(emptySession(sessionId));
  const detail = signal<SessionDetail | null>(null);
  const isComplete = signal(false);
  const trouble = signal<string | null>(null);
  let catchingUp: Promise<void> | null = null;

  /** Read the events after those that are here, page by page; one such reading at a time. */
  const catchUp = (): Promise<void> => {
    catchingUp ??= readPages().finally(() => (catchingUp = null));
    return catchingUp;
  };
  const readPages = async (): Promise<void> => {
    for (;;) {
      const page = await api.listEvents(sessionId, state.peek().lastSeq);
      state.value = addEvents(state.peek(), page.events);
      if (page.events.length === 0 || state.peek().lastSeq >= page.last_seq) break;
    }
    isComplete.value = true;
  };
  const readDetail = async (): Promise<void> => {
    detail.value = await api.findSession(sessionId);
  };
  const takeDetail = (session: Session | undefined): void => {
    const known = detail.peek();
    if (session !== undefined && known !== null && session.last_seq >= known.last_seq) detail.value = { ...known, ...session };
  };
  const fetchAll = async (): Promise<void> => {
    try {
      await Promise.all([catchUp(), readDetail()]);
      trouble.value = null;
    } catch (error) {
      const isGone = error instanceof ApiError && error.status === 404;
      const isShown = isComplete.peek() && detail.peek() !== null;
      if (isGone || !isShown) trouble.value = sentenceOf(error);
      if (!isGone) throw error;
    }
  };

  const onTokens = inBatches<TokenPiece>((pieces) => {
    state.value = addTokens(state.peek(), pieces);
    holes.look();
  });
  const rewatch = (): void => watch?.rewatch();
  /** Watching anew brings the texts of running steps from their start. */
  const holes = insistWhile(() => hasHole(state.peek()), rewatch);

  let watch: ReturnType<typeof watchSession> | null = null;
  let unwatchList: (() => void) | null = null;
  let isStopped = false;
  const fetching = keepFetched(fetchAll);
  void fetching.first.then(() => {
    if (isStopped) return;
    unwatchList = watchSessions(({ changed, removed }) => {
      takeDetail(changed.find((session) => session.id === sessionId));
      if (removed.includes(sessionId)) trouble.value = GONE;
    });
    watch = watchSession({
      sessionId,
      after: () => state.peek().lastSeq,
      onEvents: (events) => {
        state.value = addEvents(state.peek(), events);
        if (hasGap(state.peek())) void catchUp().catch(rewatch);
        else isComplete.value = true;
      },
      onTokens,
      onBehind: () => void catchUp().then(rewatch, rewatch),
      onGone: () => (trouble.value = GONE),
    });
  });

  return {
    state,
    detail,
    isComplete,
    trouble,
    take: (session) => {
      takeDetail(session);
      void catchUp().catch(() => undefined); // The socket or the next poll brings what followed.
    },
    stop: () => {
      isStopped = true;
      holes.stop();
      fetching.stop();
      watch?.stop();
      unwatchList?.();
    },
  };
}

/** Gather what comes within a twentieth of a second, so that many agents who write at once draw the page but once. */
function inBatches<T>(act: (items: T[]) => void): (items: T[]) => void {
  let waiting: T[] = [];
  const flush = (): void => {
    const items = waiting;
    waiting = [];
    act(items);
  };
  return (items) => {
    if (waiting.length === 0) setTimeout(flush, BATCH_MS);
    waiting.push(...items);
  };
}
