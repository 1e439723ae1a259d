// The last hour of the system, read again as often as new samples come.
import { signal } from "@preact/signals";
import { api } from "../api.ts";
import type { StatusHistory } from "../api_types.ts";
import { keepFetched } from "./polling.ts";

const EVERY_MS = 15_000;

/** Null until the first answer. */
export const statusHistory = signal<StatusHistory | null>(null);

/** Keep it up to date for as long as the page is open, and in sight. */
export function followStatusHistory(): void {
  const read = async (): Promise<void> => {
    statusHistory.value = await api.readStatusHistory();
  };
  const readInSight = (): void => {
    if (!document.hidden) void read().catch(() => undefined); // The banner says what is away.
  };
  keepFetched(read);
  setInterval(readInSight, EVERY_MS);
  document.addEventListener("visibilitychange", readInSight);
}
