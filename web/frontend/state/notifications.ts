// Notifications of the browser when a session ends: only where somebody asked for them, and does not see the page.
import { signal } from "@preact/signals";
import type { Session } from "../api_types.ts";
import { formatDuration } from "../format.ts";

const KEY = "ollama-flow:notify";

/** Why there can be none here, or null. */
export const notifyTrouble = signal<string | null>(findTrouble());
export const isNotifying = signal(notifyTrouble.peek() === null && readWish() && Notification.permission === "granted");

/** Turn them on or off; the browser asks the person only here, upon a click. */
export async function setNotifying(isWanted: boolean): Promise<void> {
  if (isWanted && Notification.permission === "default") await Notification.requestPermission();
  notifyTrouble.value = findTrouble();
  isNotifying.value = isWanted && notifyTrouble.value === null && Notification.permission === "granted";
  try {
    localStorage.setItem(KEY, isNotifying.value ? "on" : "off");
  } catch {
    // Storage may be forbidden; the wish then lasts as long as the page.
  }
}

/** Tell of a session's end, where that is wanted and the page is hidden. Several tabs tell once. */
export function notifyOfEnd({ id, name, status, duration_seconds: seconds }: Session): void {
  if (!isNotifying.value || !document.hidden) return;
  const after = seconds === null ? "" : ` after ${formatDuration(seconds)}`;
  try {
    const told = new Notification(name, { body: `The session ${WORDS[status] ?? status}${after}.`, tag: `ollama-flow:${id}` });
    told.onclick = () => {
      window.focus();
      location.assign(`/sessions/${id}`);
    };
  } catch {
    isNotifying.value = false; // Chrome on Android takes none from a page.
  }
}

const WORDS: Record<string, string> = { completed: "completed", failed: "failed", stopped: "was stopped" };

function findTrouble(): string | null {
  if (!("Notification" in window)) return "This browser has no notifications for pages.";
  if (!window.isSecureContext) return "Browsers allow notifications over HTTPS and on localhost only.";
  if (Notification.permission === "denied") return "This browser was told to allow none; its settings for this address can change that.";
  return null;
}

function readWish(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}
