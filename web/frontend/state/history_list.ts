// The whole history as plain data: the pages read so far, what is chosen of them, and how changes come in. Pure.
import type { Session, SessionList } from "../api_types.ts";

export interface HistoryList {
  rows: readonly Session[];
  /** Where the list goes on; null at its end, undefined before its first page. */
  nextCursor: string | null | undefined;
  isLoading: boolean;
  /** The rows answer an earlier question; those of the new one are on their way. */
  isStale: boolean;
  trouble: string | null;
  selected: ReadonlySet<string>;
  /** Where a selection with Shift begins. */
  anchor: number;
  /** Sessions that have ended since the list was read and are not in it. */
  arrived: ReadonlySet<string>;
}

export const emptyHistory: HistoryList = {
  rows: [], nextCursor: undefined, isLoading: false, isStale: false, trouble: null, selected: new Set(), anchor: 0, arrived: new Set(),
};

/** A page is on its way; of a new list, the old rows stay until it is there. */
export const beginLoading = (list: HistoryList, isNew: boolean): HistoryList => ({ ...list, isLoading: true, isStale: isNew, trouble: null });

export const failLoading = (list: HistoryList, trouble: string): HistoryList => ({ ...list, isLoading: false, isStale: false, trouble });

/** Take the first page of a new list. */
export function takeFirst(list: HistoryList, page: SessionList): HistoryList {
  const rows = page.session_history.map(toRow);
  const ids = new Set(rows.map((row) => row.id));
  const selected = new Set([...list.selected].filter((id) => ids.has(id)));
  return { ...emptyHistory, rows, nextCursor: page.next_cursor, selected };
}

/** Take a further page; what moved meanwhile is not shown twice. */
export function takeNext(list: HistoryList, page: SessionList): HistoryList {
  const known = new Set(list.rows.map((row) => row.id));
  const more = page.session_history.filter((session) => !known.has(session.id)).map(toRow);
  return { ...list, rows: [...list.rows, ...more], nextCursor: page.next_cursor, isLoading: false, trouble: null };
}

/** Sessions have ended meanwhile: of those that the list does not show, the reader is told. */
export function takeEnded(list: HistoryList, ids: readonly string[]): HistoryList {
  if (list.nextCursor === undefined) return list;
  const known = new Set(list.rows.map((row) => row.id));
  return { ...list, arrived: new Set([...list.arrived, ...ids.filter((id) => !known.has(id))]) };
}

/** Take away what was deleted. */
export function dropRows(list: HistoryList, ids: readonly string[]): HistoryList {
  const gone = new Set(ids);
  if (!list.rows.some((row) => gone.has(row.id)) && !ids.some((id) => list.arrived.has(id))) return list;
  const left = (kept: ReadonlySet<string>): ReadonlySet<string> => new Set([...kept].filter((id) => !gone.has(id)));
  const rows = list.rows.filter((row) => !gone.has(row.id));
  return { ...list, rows, selected: left(list.selected), arrived: left(list.arrived), anchor: 0 };
}

/** Choose a row or no longer; with Shift, all from the last one that was changed to this one become like it. */
export function toggleRow(list: HistoryList, index: number, isRange: boolean): HistoryList {
  const row = list.rows[index];
  if (row === undefined) return list;
  const isWanted = !list.selected.has(row.id);
  const [first, last] = isRange ? [Math.min(list.anchor, index), Math.max(list.anchor, index)] : [index, index];
  const selected = new Set(list.selected);
  for (const { id } of list.rows.slice(first, last + 1)) {
    if (isWanted) selected.add(id);
    else selected.delete(id);
  }
  return { ...list, selected, anchor: index };
}

export const selectLoaded = (list: HistoryList): HistoryList => ({ ...list, selected: new Set(list.rows.map(({ id }) => id)) });

export const selectNone = (list: HistoryList): HistoryList => ({ ...list, selected: new Set() });

/** A row needs neither the task nor the result, which may be long, and there may be 100,000 rows. */
function toRow(session: Session): Session {
  return { ...session, task: "", result: null, options: {} };
}
