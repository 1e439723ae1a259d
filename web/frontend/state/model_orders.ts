// What people order of the model server, how far it is, and what each model was used for.
import { signal } from "@preact/signals";
import { api, sentenceOf } from "../api.ts";
import type { ModelOrder, ModelUsage } from "../api_types.ts";
import { isolate } from "../bidi.ts";
import { confirm } from "./confirmation.ts";
import { showToast } from "./toasts.ts";

const WHILE_ACTIVE_MS = 1000;
const ELSE_MS = 10_000;
/** Counting looks at an index of the whole history. */
const USAGE_MS = 60_000;

/** The newest first; null until the first answer. */
export const orders = signal<readonly ModelOrder[] | null>(null);
export const usage = signal<Readonly<Record<string, ModelUsage>>>({});

export const isActive = ({ state }: ModelOrder): boolean => state === "queued" || state === "running";

let usageReadAt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Keep both up to date for as long as the page is open: each second while something is under way. */
export function followModelOrders(): void {
  void read();
  document.addEventListener("visibilitychange", () => document.hidden || void read());
}

async function read(): Promise<void> {
  clearTimeout(timer);
  try {
    orders.value = await api.listModelOrders();
    if (Date.now() < usageReadAt + USAGE_MS) return;
    usageReadAt = Date.now();
    usage.value = Object.fromEntries((await api.readModelUsage()).map((used) => [used.model, used]));
  } catch {
    // The banner says what is away; the page keeps what it shows.
  } finally {
    clearTimeout(timer);
    const wait = orders.peek()?.some(isActive) === true ? WHILE_ACTIVE_MS : ELSE_MS;
    if (!document.hidden) timer = setTimeout(() => void read(), wait);
  }
}

/** Order a model to be pulled; false where that was refused. */
export const pullModel = (name: string): Promise<boolean> => act(api.pullModel(name));

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

async function act(request: Promise<ModelOrder>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    showToast({ kind: "error", message: sentenceOf(error) });
    return false;
  } finally {
    void read();
  }
}
