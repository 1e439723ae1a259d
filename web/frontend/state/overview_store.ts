// The figures of the system, live, with the last minutes of some of them.
import { signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { Overview } from "../api_types.ts";
import { watchOverview } from "../live.ts";
import { models } from "./models_store.ts";
import { keepFetched } from "./polling.ts";

/** At one figure in two seconds: five minutes. */
const KEPT = 150;

export const overview = signal<Overview | null>(null);
export const overviewTrouble = signal<string | null>(null);

/** The last values of a figure by its name, e.g. `cpu` or `cpu:worker-1`. */
export const trends = signal<Readonly<Record<string, readonly number[]>>>({});

/** Keep the figures up to date for as long as the page is open. */
export function followOverview(): void {
  const fetchStatus = async (): Promise<void> => {
    try {
      take(await api.readStatus());
    } catch (error) {
      overviewTrouble.value = sentenceOf(error);
      throw error;
    }
  };
  watchOverview(take);
  keepFetched(fetchStatus);
}

function take(now: Overview): void {
  overview.value = now;
  overviewTrouble.value = null;
  models.value = now.models;
  trends.value = addTrends(trends.peek(), figuresOf(now));
}

function figuresOf(now: Overview): Record<string, number> {
  const figures: Record<string, number> = {
    cpu: now.resources.cpu_percent,
    memory: now.resources.memory_percent,
    disk: now.resources.disk_percent,
    queued: now.queue.queued,
    running: now.queue.running,
  };
  for (const worker of now.workers) {
    if (worker.resources === null) continue;
    figures[`cpu:${worker.name}`] = worker.resources.cpu_percent;
    figures[`memory:${worker.name}`] = worker.resources.memory_percent;
  }
  return figures;
}

/** Return the trends with one more value each; those of workers that have gone are dropped. */
export function addTrends(
  known: Readonly<Record<string, readonly number[]>>,
  figures: Readonly<Record<string, number>>,
): Record<string, readonly number[]> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, [...(known[name] ?? []), value].slice(-KEPT)]),
  );
}
