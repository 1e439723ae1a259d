import type { Overview } from "../../api_types.ts";
import { Icon } from "../icon.tsx";
import { Sparkline } from "./sparkline.tsx";

/** How many sessions wait, how many run, and what is free. */
export function QueueCard({ queue, trend }: { queue: Overview["queue"]; trend: readonly number[] }) {
  const free = queue.seats === 0 ? "no seats yet" : `${queue.free_seats} of ${queue.seats} seats free`;
  return (
    <div class="figure-card">
      <div class="figure-head">
        <Icon name="stack" />
        Queue
      </div>
      <div class="figure-row">
        <div class="figure-value tabular">
          {queue.queued}
          <small> waiting</small>
        </div>
        <Sparkline values={trend} label="Waiting sessions in the last minutes" />
      </div>
      <div class="figure-detail">
        {queue.running} running · {free}
      </div>
      <div class="gauge" role="meter" aria-label="Seats in use" aria-valuemin={0} aria-valuemax={queue.seats} aria-valuenow={queue.seats - queue.free_seats}>
        <div
          class="gauge-fill"
          style={{ width: queue.seats > 0 ? `${(100 * (queue.seats - queue.free_seats)) / queue.seats}%` : "0" }}
        />
      </div>
    </div>
  );
}
