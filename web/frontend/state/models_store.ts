// What the model server has.
import { effect, signal } from "@preact/signals";
import { api } from "../api.ts";
import type { Models } from "../api_types.ts";
import { connection, health } from "../live.ts";
import { troubleOf } from "./trouble.ts";

/** As long as nobody tells of a model server: a worker process may be about to. */
const AGAIN_MS = 5000;

/** Null until the first answer. */
export const models = signal<Models | null>(null);

/** Read the models now, until there is a server, and again each time that what tells of them is back. */
export function followModels(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = async (): Promise<void> => {
    clearTimeout(timer);
    await readModels();
    clearTimeout(timer);
    if ((models.peek()?.server ?? null) === null) timer = setTimeout(() => void read(), AGAIN_MS);
  };
  void read();
  let wasAway = false;
  effect(() => {
    const isAway = troubleOf(connection.value, health.value) !== null;
    if (wasAway && !isAway) void read();
    wasAway = isAway;
  });
}

export async function readModels(): Promise<void> {
  try {
    models.value = await api.listModels();
  } catch {
    // The badge keeps what it last knew; the connection's own signs tell of the trouble.
  }
}
