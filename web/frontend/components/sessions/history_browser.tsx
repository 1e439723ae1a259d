import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { isFiltered, emptyQuery } from "../../history_query.ts";
import { plural } from "../../format.ts";
import { selectLoaded, toggleRow } from "../../state/history_list.ts";
import { clearSelection } from "../../state/history_actions.ts";
import { changeQuery, historyList, historyQuery, loadFirst, loadNext, showWhole } from "../../state/history_store.ts";
import { HistoryFilters } from "./history_filters.tsx";
import { HistoryRow } from "./history_row.tsx";
import { Icon } from "../icon.tsx";
import { EmptyState, ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { SelectionBar } from "./selection_bar.tsx";
import { WindowList } from "./window_list.tsx";

/** All sessions that have ended: searched, filtered and sorted, with no end to scroll to. */
export function HistoryBrowser({ isOwnerShown }: { isOwnerShown: boolean }) {
  const query = historyQuery.value ?? emptyQuery;
  const list = historyList.value;
  const active = useSignal(0);
  const { rows, nextCursor } = list;
  useEffect(() => {
    active.value = 0;
  }, [query]);
  const toggle = useCallback((index: number, isRange: boolean): void => {
    active.value = index;
    historyList.value = toggleRow(historyList.peek(), index, isRange);
  }, []);
  useShortcuts();
  const known = nextCursor === undefined ? undefined : `${rows.length.toLocaleString("en")}${nextCursor === null ? "" : "+"}`;
  return (
    <Panel
      id="history"
      title="All sessions"
      count={known}
      actions={
        <button type="button" class="btn btn-quiet btn-sm" onClick={() => showWhole(false)}>
          <Icon name="arrow-left" /> Active sessions
        </button>
      }
    >
      <HistoryFilters query={query} isOwnerShown={isOwnerShown} />
      <SelectionBar query={query} />
      {list.arrived.size > 0 && (
        <button type="button" class="btn btn-quiet btn-wide history-arrived" onClick={() => void loadFirst()}>
          <Icon name="arrow-repeat" /> {plural(list.arrived.size, "session")} ended meanwhile: read the list again
        </button>
      )}
      {nextCursor === undefined && list.trouble === null ? (
        <Skeleton lines={8} />
      ) : rows.length > 0 ? (
        <div class={list.isStale ? "is-stale" : ""} aria-busy={list.isLoading}>
          <WindowList
            items={rows}
            keyOf={(session) => session.id}
            label="Sessions that have ended"
            isOpenEnded={nextCursor !== null}
            active={Math.min(active.value, rows.length - 1)}
            onActive={(index) => (active.value = index)}
            onNearEnd={() => void (list.trouble === null && loadNext())}
            row={(session, index, isActive) => (
              <HistoryRow
                session={session}
                isOwnerShown={isOwnerShown}
                index={index}
                isActive={isActive}
                isSelected={list.selected.has(session.id)}
                onToggle={toggle}
              />
            )}
          />
        </div>
      ) : list.trouble === null && isFiltered(query) ? (
        <EmptyState icon="search" title="Nothing was found">
          No session that has ended fits.{" "}
          <button type="button" class="btn-link-quiet" onClick={() => changeQuery(emptyQuery)}>
            Clear search and filters
          </button>
        </EmptyState>
      ) : (
        list.trouble === null && (
          <EmptyState icon="clock-history" title="Nothing has ended yet">
            Completed, failed and stopped sessions stay here for good.
          </EmptyState>
        )
      )}
      {list.trouble !== null && (
        <ErrorNote>
          {list.trouble}{" "}
          <button type="button" class="btn-link-quiet" onClick={() => void (rows.length > 0 ? loadNext() : loadFirst())}>
            Try again
          </button>
        </ErrorNote>
      )}
      {nextCursor === null && rows.length > 0 && <p class="history-end muted">That was the last one.</p>}
    </Panel>
  );
}

/** Escape lets go of what is chosen, Ctrl-A in the list chooses all that is there. */
function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      const isTyping = target.matches("input:not([type=checkbox]), textarea, select, dialog *");
      if (event.key === "Escape" && !isTyping) {
        clearSelection();
      } else if (event.key === "a" && (event.ctrlKey || event.metaKey) && target.closest(".window-list") !== null) {
        event.preventDefault();
        historyList.value = selectLoaded(historyList.peek());
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
