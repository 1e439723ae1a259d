// What the model server has.
import { signal } from "@preact/signals";
import { api } from "../api.ts";
import type { Models } from "../api_types.ts";
import { connection } from "../live.ts";

/** Null until the first answer. */
export const models = signal<Models | null>(null);

/** Read the models now, and again each time the connection comes back. */
export function followModels(): void {
  connection.subscribe((state) => {
    if (state === "live" || models.peek() === null) void readModels();
  });
}

export async function readModels(): Promise<void> {
  try {
    models.value = await api.listModels();
  } catch {
    // The badge keeps what it last knew; the connection's own signs tell of the trouble.
  }
}
