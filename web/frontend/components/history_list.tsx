import { useSignal } from "@preact/signals";
import { sentenceOf } from "../api.ts";
import { AT_A_GLANCE, hasMoreHistory, isLoaded, loadMoreHistory, sessionHistory } from "../state/sessions_store.ts";
import { showToast } from "../state/toasts.ts";
import { HistoryRow } from "./history_row.tsx";
import { EmptyState, Skeleton } from "./notes.tsx";
import { Panel } from "./panel.tsx";

/** The sessions that have ended: the last five at a glance, all of them on demand. */
export function HistoryList({ isOwnerShown }: { isOwnerShown: boolean }) {
  const isWhole = useSignal(false);
  const isLoading = useSignal(false);
  const all = sessionHistory.value;
  const shown = isWhole.value ? all : all.slice(0, AT_A_GLANCE);
  const isMore = hasMoreHistory.value || shown.length < all.length;
  const showMore = async (): Promise<void> => {
    isWhole.value = true;
    isLoading.value = true;
    await loadMoreHistory().catch((error: unknown) => showToast({ kind: "error", message: sentenceOf(error) }));
    isLoading.value = false;
  };
  return (
    <Panel id="history" title="History">
      {!isLoaded.value ? (
        <Skeleton lines={5} />
      ) : all.length === 0 ? (
        <EmptyState icon="clock-history" title="Nothing has ended yet">
          Completed, failed and stopped sessions stay here for good.
        </EmptyState>
      ) : (
        <ul class="history">
          {shown.map((session) => (
            <HistoryRow key={session.id} session={session} isOwnerShown={isOwnerShown} />
          ))}
        </ul>
      )}
      {isMore && (
        <button type="button" class="btn btn-quiet history-more" disabled={isLoading.value} onClick={() => void showMore()}>
          {isLoading.value ? "Loading…" : isWhole.value ? "Show more" : "Show all"}
        </button>
      )}
    </Panel>
  );
}
