import { showWhole } from "../../state/history_store.ts";
import { isLoaded, latestEnded, listTrouble } from "../../state/sessions_store.ts";
import { HistoryRow } from "./history_row.tsx";
import { Icon } from "../icon.tsx";
import { EmptyState, ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";

/** The sessions that have ended: the last five at a glance, and the way to all of them. */
export function HistoryList({ isOwnerShown }: { isOwnerShown: boolean }) {
  return (
    <Panel
      id="history"
      title="History"
      actions={
        latestEnded.value.length > 0 && (
          <button type="button" class="btn btn-quiet btn-sm" onClick={() => showWhole(true)}>
            <Icon name="search" /> All sessions
          </button>
        )
      }
    >
      {listTrouble.value !== null && !isLoaded.value ? (
        <ErrorNote>{listTrouble}</ErrorNote>
      ) : !isLoaded.value ? (
        <Skeleton lines={5} />
      ) : latestEnded.value.length === 0 ? (
        <EmptyState icon="clock-history" title="Nothing has ended yet">
          Completed, failed and stopped sessions stay here for good.
        </EmptyState>
      ) : (
        <ul class="history">
          {latestEnded.value.map((session) => (
            <li key={session.id}>
              <HistoryRow session={session} isOwnerShown={isOwnerShown} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
