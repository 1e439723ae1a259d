// `/`: how the system is.
import { HistoryCharts } from "../components/overview/history_charts.tsx";
import { Meter } from "../components/overview/meter.tsx";
import { ModelTable } from "../components/overview/model_table.tsx";
import { EmptyState, ErrorNote, Skeleton } from "../components/notes.tsx";
import { Panel } from "../components/panel.tsx";
import { ProblemList } from "../components/overview/problem_list.tsx";
import { QueueCard } from "../components/overview/queue_card.tsx";
import { ServiceList } from "../components/overview/service_list.tsx";
import { SystemFacts } from "../components/overview/system_facts.tsx";
import { WorkerCard } from "../components/overview/worker_card.tsx";
import { formatBytes, plural } from "../format.ts";
import { followOverview, overview, overviewTrouble, trends } from "../state/overview_store.ts";
import { followStatusHistory } from "../state/status_history_store.ts";
import { mountPage } from "./mount.tsx";

function Overview() {
  const now = overview.value;
  if (now === null) return overviewTrouble.value === null ? <Skeleton lines={6} /> : <ErrorNote>{overviewTrouble}</ErrorNote>;
  const { resources } = now;
  const trend = (name: string): readonly number[] => trends.value[name] ?? [];
  return (
    <>
      <ProblemList problems={now.problems} />
      <ServiceList overview={now} />
      <div class="figures" aria-label="This host">
        <Meter icon="cpu" title="CPU" percent={resources.cpu_percent} detail={plural(resources.cpu_count, "core")} trend={trend("cpu")} />
        <Meter
          icon="memory"
          title="Memory"
          percent={resources.memory_percent}
          detail={`${formatBytes(resources.memory_used_bytes)} of ${formatBytes(resources.memory_total_bytes)}`}
          trend={trend("memory")}
        />
        <Meter
          icon="hdd"
          title="Disk"
          percent={resources.disk_percent}
          detail={`${formatBytes(resources.disk_used_bytes)} of ${formatBytes(resources.disk_total_bytes)}`}
          trend={trend("disk")}
        />
        <QueueCard queue={now.queue} trend={trend("queued")} />
      </div>
      <HistoryCharts />
      <div class="columns">
        <Panel
          id="workers"
          title="Worker processes"
          count={now.workers.length}
          actions={now.system.flower_url !== null && <a href={now.system.flower_url}>Open Flower</a>}
        >
          {now.workers.length === 0 ? (
            <EmptyState icon="hdd-network" title="No worker process is here">
              Sessions wait until one starts: <code>ollama-flow worker</code>
            </EmptyState>
          ) : (
            <ul class="workers">
              {now.workers.map((worker) => (
                <WorkerCard
                  key={worker.name}
                  worker={worker}
                  cpu={trend(`cpu:${worker.name}`)}
                  memory={trend(`memory:${worker.name}`)}
                />
              ))}
            </ul>
          )}
        </Panel>
        <div class="column-stack">
          <Panel id="models" title="Models" count={now.models.items.length}>
            <ModelTable models={now.models} />
          </Panel>
          <Panel id="system" title="This dashboard">
            <SystemFacts system={now.system} />
          </Panel>
        </div>
      </div>
    </>
  );
}

mountPage(<Overview />);
followOverview();
followStatusHistory();
