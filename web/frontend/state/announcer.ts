// What screen readers are told when something changes on its own.
import { signal } from "@preact/signals";

export const announcement = signal("");

export function announce(sentence: string): void {
  announcement.value = sentence;
}
