import type { ModelOrder } from "../api_types.ts";
import { formatBytes } from "../format.ts";
import { findModel } from "../models.ts";
import { models } from "../state/models_store.ts";
import { cancelOrder, isActive } from "../state/model_orders.ts";
import { ActionButton } from "./action_button.tsx";
import { Icon } from "./icon.tsx";
import { ProgressBar } from "./progress_bar.tsx";
import { RelativeTime } from "./times.tsx";

const ENDS = {
  completed: "check-circle-fill",
  failed: "x-circle-fill",
  cancelled: "stop-circle",
} as const;

/** What the order comes to, as words. */
function sayOrder(order: ModelOrder): string {
  if (order.state === "failed") return order.error ?? "It failed.";
  if (order.state === "cancelled") return "Cancelled";
  if (order.state === "completed") return order.kind === "pull" ? "Pulled" : "Deleted";
  if (!order.wanted) return "Cancelling…";
  if (order.state === "queued") return "Waits for a worker process";
  const percent = order.total_bytes > 0 ? ` · ${Math.floor((100 * order.completed_bytes) / order.total_bytes)}%` : "";
  const bytes = order.total_bytes > 0 ? ` · ${formatBytes(order.completed_bytes)} of ${formatBytes(order.total_bytes)}` : "";
  return `${order.progress ?? (order.kind === "pull" ? "Begins" : "Deletes")}${percent}${bytes}`;
}

interface Props {
  orders: readonly ModelOrder[];
  /** Where a pulled model can be used at once. */
  onUse?: (model: string) => void;
}

/** Pulls and deletions: how far those under way are, and how the last ones ended. */
export function ModelOrderList({ orders, onUse }: Props) {
  return (
    <ul class="model-orders">
      {orders.map((order) => {
        const end = isActive(order) ? null : ENDS[order.state as keyof typeof ENDS];
        return (
          <li key={order.id} class={`model-order is-${order.state}`}>
            <div class="model-order-head">
              <Icon name={end ?? (order.kind === "pull" ? "download" : "trash3")} />
              <strong>{order.model}</strong>
              <span class="muted model-order-at">
                <RelativeTime at={order.ended_at ?? order.created_at} />
              </span>
              {end === null && order.is_mine && (
                <ActionButton class="btn-quiet btn-sm" label={`Cancel ${order.model}`} isOff={!order.wanted} onClick={() => void cancelOrder(order)}>
                  Cancel
                </ActionButton>
              )}
              {onUse !== undefined && order.state === "completed" && findModel(models.value?.items ?? [], order.model) !== undefined && (
                <ActionButton class="btn-quiet btn-sm" label={`Use ${order.model}`} onClick={() => onUse(order.model)}>
                  Use it
                </ActionButton>
              )}
            </div>
            {end === null && (
              <ProgressBar done={order.completed_bytes} planned={order.total_bytes} label={`${order.kind} ${order.model}`} isMoving={order.state === "running"} />
            )}
            <p class={order.state === "failed" ? "model-order-error" : "muted"}>{sayOrder(order)}</p>
          </li>
        );
      })}
    </ul>
  );
}
