// What the model server has.
import { effect, signal } from "@preact/signals";
import { api } from "../api.ts";
import type { Models } from "../api_types.ts";
import { connection, health } from "../live.ts";

/** Null until the first answer. */
export const models = signal<Models | null>(null);

/** Read the models now, and again each time that what tells of them is back. */
export function followModels(): void {
  let isFirst = true;
  effect(() => {
    const isWell = connection.value === "live" && health.value.redis && health.value.database;
    if (isWell || isFirst) void readModels();
    isFirst = false;
  });
}

export async function readModels(): Promise<void> {
  try {
    models.value = await api.listModels();
  } catch {
    // The badge keeps what it last knew; the connection's own signs tell of the trouble.
  }
}
