// The list of sessions, live.
import { computed, signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { Session } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { watchSessions } from "../live.ts";
import { isFinal } from "../states.ts";
import { announce } from "./announcer.ts";
import { keepFetched } from "./polling.ts";
import { activeOf, emptyList, historyOf, takeChange, takeList, takePage, type SessionListState } from "./session_list.ts";

/** So many ended sessions are seen at a glance, and so many more come with each "show more". */
export const AT_A_GLANCE = 5;
const PAGE_SIZE = 25;

const list = signal<SessionListState>(emptyList);

export const activeSessions = computed(() => activeOf(list.value));
export const sessionHistory = computed(() => historyOf(list.value));
export const statistics = computed(() => list.value.statistics);
export const hasMoreHistory = computed(() => typeof list.value.nextCursor === "string");
export const isLoaded = computed(() => list.value.nextCursor !== undefined);
export const listTrouble = signal<string | null>(null);

/** Keep the list up to date for as long as the page is open. */
export function followSessions(): void {
  watchSessions((change) => {
    change.changed.forEach(tellEnd);
    list.value = takeChange(list.value, change);
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

export async function loadMoreHistory(): Promise<void> {
  const { nextCursor } = list.peek();
  if (typeof nextCursor !== "string") return;
  list.value = takePage(list.peek(), await api.listSessions({ limit: PAGE_SIZE, cursor: nextCursor }));
}

/** Show a session at once that this page has just created or changed. */
export function putSession(session: Session): void {
  const { statistics: figures, sessions } = list.peek();
  const isNew = !(session.id in sessions);
  const counted = figures && isNew ? { ...figures, total: figures.total + 1, active: figures.active + 1 } : figures;
  list.value = { ...list.peek(), sessions: { ...sessions, [session.id]: session }, statistics: counted };
}

function tellEnd(session: Session): void {
  const known = list.peek().sessions[session.id];
  if (known !== undefined && !isFinal(known.status) && isFinal(session.status)) {
    announce(`Session ${isolate(session.name)} ${session.status}.`);
  }
}
