import { useState } from "preact/hooks";
import type { HostSample, Minute, StatusHistory } from "../../api_types.ts";
import type { Series } from "../../chart_geometry.ts";
import { formatBytes } from "../../format.ts";
import { statusHistory } from "../../state/status_history_store.ts";
import { Skeleton } from "../notes.tsx";
import { Panel } from "../panel.tsx";
import { TimeChart } from "./time_chart.tsx";

const sayPercent = (value: number): string => `${Math.round(value)}%`;
const sayRate = (value: number): string => `${formatBytes(value)}/s`;
const sayTokens = (value: number): string => (value > 0 && value < 10 ? value.toFixed(1) : String(Math.round(value)));

function lineOf<T extends { at: string }>(name: string, tone: number, samples: readonly T[], valueOf: (sample: T) => number): Series {
  return { name, kind: "line", tone, points: samples.map((sample) => ({ at: Date.parse(sample.at), value: valueOf(sample) })) };
}

const barsOf = (name: string, tone: number, minutes: readonly Minute[], valueOf: (minute: Minute) => number): Series => ({
  ...lineOf(name, tone, minutes, valueOf),
  kind: "bars",
});

/** Of the minute that has only begun less time has passed; of its first seconds nothing can be said. */
const secondsOf = ({ at }: Minute, until: number): number => Math.min(60, Math.max(15, (until - Date.parse(at)) / 1000));

/** The last hour in charts: the work of all, and each host. */
export function HistoryCharts() {
  const [isTable, showTable] = useState(false);
  const history = statusHistory.value;
  return (
    <Panel
      id="history"
      title="The last hour"
      class="history-panel"
      actions={
        <button type="button" class="toggle" aria-pressed={isTable} onClick={() => showTable(!isTable)}>
          As tables
        </button>
      }
    >
      {history === null ? <Skeleton lines={4} /> : <Charts history={history} isTable={isTable} />}
    </Panel>
  );
}

function Charts({ history, isTable }: { history: StatusHistory; isTable: boolean }) {
  const [wanted, want] = useState<string | null>(null);
  const { hosts, queue, minutes } = history;
  const span = { since: Date.parse(history.since), until: Date.parse(history.until) };
  const host = hosts.find(({ host: name }) => name === wanted) ?? hosts[0];
  const percent = (title: string, tone: number, valueOf: (sample: HostSample) => number) => (
    <TimeChart title={title} series={[lineOf("In use", tone, host?.samples ?? [], valueOf)]} span={span} say={sayPercent} max={100} isTable={isTable} />
  );
  return (
    <>
      <div class="charts">
        <TimeChart
          title="Seats and queue"
          series={[
            lineOf("Seats", 4, queue, ({ seats }) => seats),
            lineOf("Running", 1, queue, ({ running }) => running),
            lineOf("Waiting", 2, queue, ({ queued }) => queued),
          ]}
          span={span}
          say={String}
          least={4}
          isTable={isTable}
        />
        <TimeChart
          title="Tokens a second, of finished steps"
          series={[barsOf("Written", 3, minutes, (minute) => minute.output_tokens / secondsOf(minute, span.until))]}
          span={span}
          say={sayTokens}
          isTable={isTable}
        />
        <TimeChart
          title="Sessions a minute"
          series={[
            lineOf("Started", 1, minutes, ({ started }) => started),
            barsOf("Completed", 5, minutes, ({ completed }) => completed),
            barsOf("Failed", 6, minutes, ({ failed }) => failed),
            barsOf("Stopped", 4, minutes, ({ stopped }) => stopped),
          ]}
          span={span}
          say={String}
          least={4}
          isTable={isTable}
        />
      </div>
      <div class="charts-head">
        <h3>Host{host !== undefined && hosts.length === 1 ? ` ${host.host}` : ""}</h3>
        {hosts.length > 1 && (
          <div class="history-line" role="group" aria-label="Which host">
            {hosts.map(({ host: name }) => (
              <button key={name} type="button" class={`toggle tone-blue ${name === host?.host ? "is-on" : ""}`} aria-pressed={name === host?.host} onClick={() => want(name)}>
                {name}
              </button>
            ))}
          </div>
        )}
      </div>
      <div class="charts">
        {percent("CPU", 1, ({ cpu_percent }) => cpu_percent)}
        {percent("Memory", 3, ({ memory_percent }) => memory_percent)}
        {percent("Disk", 4, ({ disk_percent }) => disk_percent)}
        <TimeChart
          title="Network"
          series={[
            lineOf("Received", 1, host?.samples ?? [], (sample) => sample.received_bytes_per_second),
            lineOf("Sent", 2, host?.samples ?? [], (sample) => sample.sent_bytes_per_second),
          ]}
          span={span}
          say={sayRate}
          least={1000}
          isTable={isTable}
        />
      </div>
    </>
  );
}
