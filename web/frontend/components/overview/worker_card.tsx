import type { WorkerProcess } from "../../api_types.ts";
import { formatBytes } from "../../format.ts";
import { Given } from "../given.tsx";
import { Icon } from "../icon.tsx";
import { Seats } from "./seats.tsx";
import { Sparkline } from "./sparkline.tsx";
import { RelativeTime } from "../times.tsx";

interface Props {
  worker: WorkerProcess;
  cpu: readonly number[];
  memory: readonly number[];
}

/** A worker process: where it is, what it runs, and how its host is. */
export function WorkerCard({ worker, cpu, memory }: Props) {
  const { resources } = worker;
  const others = worker.busy - worker.sessions.length;
  return (
    <li class="worker">
      <div class="worker-head">
        <div class="worker-name">
          <strong title={worker.name}>{worker.name}</strong>
          <span class="muted">
            {worker.host} · pid {worker.pid} · v{worker.version} · started <RelativeTime at={worker.started_at} />
          </span>
        </div>
        {worker.draining && <span class="chip chip-warn">Draining</span>}
        <span class="worker-seats">
          <Seats seats={worker.seats} busy={worker.busy} />
          <span class="muted tabular">
            {worker.busy}/{worker.seats}
          </span>
        </span>
      </div>
      {worker.sessions.length > 0 ? (
        <ul class="worker-sessions">
          {worker.sessions.map((session) => (
            <li key={session.id}>
              <Icon name="activity" />
              <a href={`/sessions/${session.id}`}>
                <Given text={session.name} />
              </a>
            </li>
          ))}
          {others > 0 && <li class="muted">and {others} of other people</li>}
        </ul>
      ) : (
        <p class="muted worker-idle">{worker.busy > 0 ? `${worker.busy} sessions of other people` : "Free for work"}</p>
      )}
      {resources !== null && (
        <dl class="worker-figures">
          <div>
            <dt>CPU</dt>
            <dd class="tabular">{Math.round(resources.cpu_percent)}%</dd>
            <Sparkline values={cpu} max={100} label={`CPU of ${worker.host}`} />
          </div>
          <div>
            <dt>Memory</dt>
            <dd class="tabular">{Math.round(resources.memory_percent)}%</dd>
            <Sparkline values={memory} max={100} label={`Memory of ${worker.host}`} />
          </div>
          <div>
            <dt>Disk</dt>
            <dd class="tabular">{Math.round(resources.disk_percent)}%</dd>
            <span class="muted">{formatBytes(resources.disk_total_bytes - resources.disk_used_bytes)} free</span>
          </div>
        </dl>
      )}
    </li>
  );
}
