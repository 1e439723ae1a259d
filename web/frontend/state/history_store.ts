// The whole history, as the page's address says: searched, filtered, sorted, read page by page.
import { computed, effect, signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import { emptyQuery, readQuery, writeQuery, askedOf, type HistoryQuery } from "../history_query.ts";
import { watchSessions } from "../live.ts";
import { announce } from "./announcer.ts";
import { plural } from "../format.ts";
import {
  beginLoading,
  emptyHistory,
  dropRows,
  failLoading,
  takeEnded,
  takeFirst,
  takeNext,
  type HistoryList,
} from "./history_list.ts";
import { justEnded } from "./sessions_store.ts";

const PAGE_SIZE = 100;
const TYPING_MS = 200;
/** After a reload the reader comes back to where they were, unless that is so far down. */
const MOST_RESTORED = 2000;
const PLACE = "ollama-flow:history-place";

/** Null while the page shows the last ones at a glance. */
export const historyQuery = signal<HistoryQuery | null>(readQuery(location.search));
export const historyList = signal<HistoryList>(emptyHistory);
export const isWhole = computed(() => historyQuery.value !== null);

/** Answers to an earlier question are dropped. */
let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Follow the address and the live changes for as long as the page is open. */
export function followHistory(): void {
  window.addEventListener("popstate", () => {
    historyQuery.value = readQuery(location.search);
    if (isWhole.peek()) void loadFirst();
  });
  watchSessions((change) => (historyList.value = dropRows(historyList.value, change.removed)));
  effect(() => {
    const ended = justEnded.value;
    historyList.value = takeEnded(historyList.peek(), ended);
  });
  window.addEventListener("pagehide", keepPlace);
  if (isWhole.peek()) void loadFirst().then(restorePlace);
  effect(() => {
    document.documentElement.toggleAttribute("data-whole-history", isWhole.value);
  });
}

/** Show all of the history, or the last ones at a glance again. */
export function showWhole(isWanted: boolean): void {
  historyQuery.value = isWanted ? emptyQuery : null;
  historyList.value = emptyHistory;
  history.pushState(null, "", isWanted ? writeQuery(emptyQuery) : location.pathname);
  window.scrollTo({ top: 0 });
  if (isWanted) void loadFirst();
}

/** Search, filter or sort otherwise; the address says so at once, the list too unless somebody types. */
export function changeQuery(change: Partial<HistoryQuery>, isTyped = false): void {
  const query = { ...(historyQuery.peek() ?? emptyQuery), ...change };
  historyQuery.value = query;
  history.replaceState(null, "", writeQuery(query));
  clearTimeout(timer);
  timer = setTimeout(() => void loadFirst(), isTyped ? TYPING_MS : 0);
}

/** Read the list anew. */
export async function loadFirst(): Promise<void> {
  clearTimeout(timer);
  await load((page, list) => takeFirst(list, page));
  if (historyList.peek().trouble === null) announce(`${plural(historyList.peek().rows.length, "session")} shown.`);
}

/** Read one page more, unless one is on its way or this was the last. */
export async function loadNext(limit = PAGE_SIZE): Promise<void> {
  const { nextCursor, isLoading } = historyList.peek();
  if (typeof nextCursor === "string" && !isLoading) await load((page, list) => takeNext(list, page), nextCursor, limit);
}

async function load(
  take: (page: Awaited<ReturnType<typeof api.listSessions>>, list: HistoryList) => HistoryList,
  cursor?: string,
  limit = PAGE_SIZE,
): Promise<void> {
  const query = historyQuery.peek();
  if (query === null) return;
  asked += 1;
  const mine = asked;
  historyList.value = beginLoading(historyList.peek(), cursor === undefined);
  try {
    const page = await api.listSessions({ ...askedOf(query), limit, ...(cursor === undefined ? {} : { cursor }) });
    if (mine === asked) historyList.value = take(page, historyList.peek());
  } catch (error) {
    if (mine === asked) historyList.value = failLoading(historyList.peek(), sentenceOf(error));
  }
}

function keepPlace(): void {
  if (!isWhole.peek()) return;
  const place = { search: location.search, rows: historyList.peek().rows.length, top: window.scrollY };
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  } catch {
    // The list then begins at its top.
  }
}

async function restorePlace(): Promise<void> {
  let place: { search?: unknown; rows?: unknown; top?: unknown };
  try {
    place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}") as typeof place;
  } catch {
    return;
  }
  const { search, rows, top } = place;
  if (search !== location.search || typeof rows !== "number" || typeof top !== "number" || rows > MOST_RESTORED) return;
  for (let known = -1; known < historyList.peek().rows.length && historyList.peek().rows.length < rows; ) {
    known = historyList.peek().rows.length;
    await loadNext(200);
  }
  requestAnimationFrame(() => window.scrollTo({ top }));
}
