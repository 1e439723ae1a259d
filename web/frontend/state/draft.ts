// The draft of the creation form, kept in this browser until it is sent.
import { effect, signal } from "@preact/signals";
import { setOption } from "../options.ts";
import { emptyDraft, type Draft } from "../validation.ts";

const KEY = "ollama-flow:draft";

export const draft = signal<Draft>(readDraft());

effect(() => {
  try {
    localStorage.setItem(KEY, JSON.stringify(draft.value));
  } catch {
    // Storage may be full or forbidden; the form works without it.
  }
});

export function changeDraft(change: Partial<Draft>): void {
  draft.value = { ...draft.peek(), ...change };
}

/** Begin anew with the same swarm: what was told to do is gone, how to work stays, but commands are allowed each time. */
export function clearDraft(): void {
  changeDraft({ name: "", task: "", options: setOption(draft.peek().options, "commands", undefined) });
}

function readDraft(): Draft {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Draft>;
    const fits = Object.entries(kept).filter(([key, value]) => value !== null && typeof value === typeof emptyDraft[key as keyof Draft]);
    return { ...emptyDraft, ...(Object.fromEntries(fits) as Partial<Draft>) };
  } catch {
    return emptyDraft;
  }
}
