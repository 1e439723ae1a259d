// What people order of the model server, how far it is, and what each model was used for.
import { signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { ModelOrder, ModelUsage } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { findModel } from "../models.ts";
import { confirm } from "./confirmation.ts";
import { models, readModels } from "./models_store.ts";
import { showToast } from "./toasts.ts";

const WHILE_ACTIVE_MS = 1000;
const ELSE_MS = 10_000;
/** Counting looks at an index of the whole history. */
const USAGE_MS = 60_000;
/** The clocks of browser and server may differ a little. */
const AWAITED_MS = 30_000;

/** The newest first; null until the first answer. */
export const orders = signal<readonly ModelOrder[] | null>(null);
export const usage = signal<Readonly<Record<string, ModelUsage>>>({});

export const isActive = ({ state }: ModelOrder): boolean => state === "queued" || state === "running";

let usageReadAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Null until somebody follows. */
let isAlways: boolean | null = null;

/** Keep orders up to date each second while something is under way; `always` now and then else too, and usage. */
export function followModelOrders({ always }: { always: boolean }): void {
  if (isAlways !== null) return;
  isAlways = always;
  void read();
  document.addEventListener("visibilitychange", () => document.hidden || void read());
}

/** A worker process tells of a pulled model a moment after its order is done. */
function isAwaited({ kind, state, ended_at, model }: ModelOrder): boolean {
  const isFresh = state === "completed" && ended_at !== null && Date.now() < Date.parse(ended_at) + AWAITED_MS;
  return kind === "pull" && isFresh && findModel(models.peek()?.items ?? [], model) === undefined;
}

async function read(): Promise<void> {
  clearTimeout(timer);
  try {
    orders.value = await api.listModelOrders();
    if (orders.peek()?.some(isAwaited) === true) await readModels();
    if (isAlways !== true || Date.now() < usageReadAt + USAGE_MS) return;
    usageReadAt = Date.now();
    usage.value = Object.fromEntries((await api.readModelUsage()).map((used) => [used.model, used]));
  } catch {
    // The banner says what is away; the page keeps what it shows.
  } finally {
    clearTimeout(timer);
    const isBusy = orders.peek()?.some((order) => isActive(order) || isAwaited(order)) === true;
    if (!document.hidden && (isBusy || isAlways === true)) timer = setTimeout(() => void read(), isBusy ? WHILE_ACTIVE_MS : ELSE_MS);
  }
}

/** Order a model to be pulled; false where that was refused, which `tell` says. */
export const pullModel = (name: string, tell = tellByToast): Promise<boolean> => act(api.pullModel(name), tell);

export const cancelOrder = (order: ModelOrder): Promise<boolean> => act(api.cancelModelOrder(order.id));

/** Ask, then order a model to be deleted. */
export async function deleteModel(name: string): Promise<void> {
  const isSure = await confirm({
    title: "Delete this model?",
    body: `“${isolate(name)}” is deleted on the model server. Sessions that use it can go on only once it is pulled again.`,
    action: "Delete model",
  });
  if (isSure) await act(api.deleteModel(name));
}

function tellByToast(message: string): void {
  showToast({ kind: "error", message });
}

async function act(request: Promise<ModelOrder>, tell = tellByToast): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    tell(sentenceOf(error));
    return false;
  } finally {
    void read();
  }
}
