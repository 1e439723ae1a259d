// Fetching by HTTP: at first, while the socket is away, and once when it or the database is back.
import { effect } from "@preact/signals";
import { connection, health } from "../live.ts";

const EVERY_MS = 5000;
/** Most that goes away is back sooner. */
const GRACE_MS = 2000;

export interface Fetching {
  /** Resolves after the first try, whether it worked or not. */
  first: Promise<void>;
  stop: () => void;
}

/** Call `fetchAll` until it has worked, every 5 s while the socket is not live, and each time that all is back again. */
export function keepFetched(fetchAll: () => Promise<void>): Fetching {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFetching = false;
  let isWantedAgain = false;
  let isStopped = false;
  let wasAway = false;
  const attemptAfter = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void attempt(), ms);
  };
  const attempt = async (): Promise<void> => {
    clearTimeout(timer);
    if (isFetching) {
      isWantedAgain = true;
      return;
    }
    isFetching = true;
    const hasWorked = await fetchAll().then(
      () => true,
      () => false, // The banner says what is away.
    );
    isFetching = false;
    if (isStopped) return;
    if (isWantedAgain) {
      isWantedAgain = false;
      void attempt();
    } else if (!hasWorked || connection.peek() !== "live") {
      attemptAfter(EVERY_MS);
    }
  };
  const first = attempt();
  const unfollow = effect(() => {
    const isAway = connection.value === "reconnecting" || connection.value === "offline" || !health.value.database;
    if (wasAway === isAway) return;
    wasAway = isAway;
    if (!isAway) void attempt();
    else if (connection.peek() !== "live") attemptAfter(GRACE_MS);
  });
  return {
    first,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      unfollow();
    },
  };
}
