import { exportSessionsUrl } from "../../api.ts";
import { plural } from "../../format.ts";
import { askedOf, isFiltered, type HistoryQuery } from "../../history_query.ts";
import { AT_A_TIME, clearSelection, deleteSelected } from "../../state/history_actions.ts";
import { selectLoaded } from "../../state/history_list.ts";
import { historyList } from "../../state/history_store.ts";
import { Icon } from "../icon.tsx";

/** What can be done with the chosen sessions, or else with all that were found. */
export function SelectionBar({ query }: { query: HistoryQuery }) {
  const { selected, rows } = historyList.value;
  if (rows.length === 0) return null;
  const isChosen = selected.size > 0;
  const { sort: _sort, order: _order, ...filters } = askedOf(query);
  const chosen = isChosen ? { ids: [...selected].join(",") } : filters;
  const isTooMany = selected.size > AT_A_TIME;
  return (
    <div tabIndex={-1} class={`selection-bar ${isChosen ? "is-chosen" : ""}`} role="group" aria-label="The chosen sessions">
      <label class="selection-count">
        <input
          type="checkbox"
          class="form-check-input"
          checked={isChosen && selected.size === rows.length}
          ref={(box) => {
            if (box !== null) box.indeterminate = isChosen && selected.size < rows.length;
          }}
          onChange={() => (isChosen ? clearSelection() : (historyList.value = selectLoaded(historyList.peek())))}
        />
        {isChosen ? `${plural(selected.size, "session")} chosen` : "Choose all shown"}
      </label>
      <span class="selection-actions">
        {isTooMany ? (
          <span class="muted">Up to {AT_A_TIME} can be exported at a time</span>
        ) : (
          <>
            <span class="muted">{isChosen ? "Export" : isFiltered(query) ? "Export what was found" : "Export all"}</span>
            <a class="btn btn-quiet btn-sm" href={exportSessionsUrl("zip", chosen)} download aria-label="Export with all files, as zip">
              <Icon name="download" /> zip
            </a>
            <a class="btn btn-quiet btn-sm" href={exportSessionsUrl("jsonl", chosen)} download aria-label="Export as JSON Lines">
              <Icon name="download" /> JSON Lines
            </a>
          </>
        )}
        {isChosen && (
          <button type="button" class="btn btn-quiet-danger btn-sm" onClick={() => void deleteSelected()}>
            <Icon name="trash3" /> Delete
          </button>
        )}
      </span>
    </div>
  );
}
