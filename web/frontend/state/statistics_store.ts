// The figures of the last days, read again some time after something ended.
import { effect, signal } from "@preact/signals";
import { api } from "../api.ts";
import type { Day } from "../api_types.ts";
import { keepFetched } from "./polling.ts";
import { statistics } from "./sessions_store.ts";

const DAYS = 30;
const AFTER_MS = 3000;

/** The oldest first; null until the first answer. */
export const days = signal<readonly Day[] | null>(null);

/** Keep them up to date for as long as the page is open. */
export function followDays(): void {
  const read = async (): Promise<void> => {
    days.value = (await api.countSessions(DAYS)).days;
  };
  keepFetched(read);
  let known: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const figures = statistics.value;
    if (figures === null) return;
    const ended = figures.total - figures.active;
    if (known !== null && known !== ended && timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        void read().catch(() => undefined); // The banner says what is away.
      }, AFTER_MS);
    }
    known = ended;
  });
}
