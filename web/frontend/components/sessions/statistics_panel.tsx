import type { Statistics } from "../../api_types.ts";
import { formatCount, formatDuration } from "../../format.ts";
import { listTrouble, statistics } from "../../state/sessions_store.ts";
import { DayCharts } from "./day_charts.tsx";
import { ErrorNote, Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";

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

/** How many sessions there are, how they ended, and how the last days went. */
export function StatisticsPanel() {
  const figures = statistics.value;
  const ended = figures === null ? 0 : figures.completed + figures.failed + figures.stopped;
  return (
    <Panel id="statistics" title="Statistics">
      {figures === null ? (
        listTrouble.value === null ? <Skeleton lines={4} /> : <ErrorNote>{listTrouble}</ErrorNote>
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
            <div>
              <dt>Success rate</dt>
              <dd class="tabular" data-statistic="success">
                {ended === 0 ? "–" : `${Math.round((100 * figures.completed) / ended)}%`}
              </dd>
            </div>
            <div>
              <dt>Tokens</dt>
              <dd class="tabular" data-statistic="tokens">
                {formatCount(figures.tokens)}
              </dd>
            </div>
          </dl>
          <EndsBar figures={figures} />
          <DayCharts />
        </>
      )}
    </Panel>
  );
}
