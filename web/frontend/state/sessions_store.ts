// The active sessions and the last ended ones, live.
import { computed, effect, signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { Session } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { watchSessions } from "../live.ts";
import { isFinal } from "../states.ts";
import { addSample, type TokenSample } from "../token_rate.ts";
import { announce } from "./announcer.ts";
import { keepFetched } from "./polling.ts";
import { activeOf, emptyList, historyOf, takeChange, takeList, type SessionListState } from "./session_list.ts";

/** So many ended sessions are seen at a glance. */
export const AT_A_GLANCE = 5;

const list = signal<SessionListState>(emptyList);

export const activeSessions = computed(() => activeOf(list.value));
export const latestEnded = computed(() => historyOf(list.value).slice(0, AT_A_GLANCE));
export const statistics = computed(() => list.value.statistics);
export const isLoaded = computed(() => list.value.isLoaded);
/** Those of the last message that had not ended before. */
export const justEnded = signal<readonly string[]>([]);
export const listTrouble = signal<string | null>(null);
/** The tokens that each active session had written at the times when that was told. */
export const tokenSamples = signal<Readonly<Record<string, readonly TokenSample[]>>>({});

/** Keep the list up to date for as long as the page is open. */
export function followSessions(): void {
  watchSessions((change) => {
    const ended = change.changed.filter(hasEndedNow);
    ended.forEach(({ name, status }) => announce(`Session ${isolate(name)} ${status}.`));
    if (ended.length > 0) justEnded.value = ended.map(({ id }) => id);
    list.value = takeChange(list.value, change);
  });
  effect(() => {
    const at = Date.now();
    const known = tokenSamples.peek();
    tokenSamples.value = Object.fromEntries(
      activeSessions.value.map(({ id, totals }) => [id, addSample(known[id] ?? [], { at, tokens: totals.output_tokens })]),
    );
  });
  keepFetched(fetchList);
}

async function fetchList(): Promise<void> {
  try {
    list.value = takeList(list.value, await api.listSessions({ limit: AT_A_GLANCE }));
    listTrouble.value = null;
  } catch (error) {
    listTrouble.value = sentenceOf(error);
    throw error;
  }
}

/** Show a session at once that this page has just created or changed. */
export function putSession(session: Session): void {
  const { statistics: figures, sessions } = list.peek();
  const isNew = !(session.id in sessions);
  const counted = figures && isNew ? { ...figures, total: figures.total + 1, active: figures.active + 1 } : figures;
  list.value = { ...list.peek(), sessions: { ...sessions, [session.id]: session }, statistics: counted };
}

function hasEndedNow(session: Session): boolean {
  const known = list.peek().sessions[session.id];
  return known !== undefined && !isFinal(known.status) && isFinal(session.status);
}
