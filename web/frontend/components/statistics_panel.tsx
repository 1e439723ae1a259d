import type { Statistics } from "../api_types.ts";
import { formatDuration } from "../format.ts";
import { statistics } from "../state/sessions_store.ts";
import { Skeleton } from "./notes.tsx";
import { Panel } from "./panel.tsx";

const ENDS = ["completed", "failed", "stopped"] as const;

function EndsBar({ figures }: { figures: Statistics }) {
  const ended = figures.completed + figures.failed + figures.stopped;
  return (
    <>
      <div class="ends-bar" aria-hidden="true">
        {ended > 0 &&
          ENDS.map((end) => <div key={end} class={`ends-${end}`} style={{ width: `${(100 * figures[end]) / ended}%` }} />)}
      </div>
      <ul class="ends-legend">
        {ENDS.map((end) => (
          <li key={end}>
            <span class={`ends-key ends-${end}`} aria-hidden="true" />
            <span class="tabular">{figures[end]}</span> {end}
          </li>
        ))}
      </ul>
    </>
  );
}

/** How many sessions there are and how they ended. */
export function StatisticsPanel() {
  const figures = statistics.value;
  return (
    <Panel id="statistics" title="Statistics">
      {figures === null ? (
        <Skeleton lines={2} />
      ) : (
        <>
          <dl class="stat-row">
            <div>
              <dt>Total</dt>
              <dd class="tabular" data-statistic="total">
                {figures.total.toLocaleString("en")}
              </dd>
            </div>
            <div>
              <dt>Active</dt>
              <dd class="tabular" data-statistic="active">
                {figures.active.toLocaleString("en")}
              </dd>
            </div>
            <div>
              <dt>Average duration</dt>
              <dd class="tabular" data-statistic="average">
                {figures.average_duration_seconds === null ? "–" : formatDuration(figures.average_duration_seconds)}
              </dd>
            </div>
          </dl>
          <EndsBar figures={figures} />
        </>
      )}
    </Panel>
  );
}
