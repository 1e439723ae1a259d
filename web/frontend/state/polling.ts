// Fetching by HTTP while the socket is away, and once when it is back.
import { effect } from "@preact/signals";
import { connection } from "../live.ts";

const EVERY_MS = 5000;
/** A page that has just opened gets that long to connect before it fetches on its own. */
const GRACE_MS = 2000;

/** Call `fetchAll` every 5 s while the socket is not live, and once each time it becomes so again. Returns how to stop. */
export function pollWhileDown(fetchAll: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasDown = false;
  const attempt = (): void => {
    wasDown = true;
    void fetchAll()
      .catch(() => undefined) // The banner says that the server is away.
      .then(() => {
        if (connection.peek() !== "live") timer = setTimeout(attempt, EVERY_MS);
      });
  };
  const stop = effect(() => {
    clearTimeout(timer);
    if (connection.value !== "live") timer = setTimeout(attempt, wasDown ? EVERY_MS : GRACE_MS);
    else if (wasDown) {
      wasDown = false;
      void fetchAll().catch(() => undefined);
    }
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
