// Short messages at the edge of the page.
import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  kind: "success" | "error" | "info";
  message: string;
  link?: { href: string; text: string };
}

const SHOWN_MS = 7000;
let lastId = 0;

export const toasts = signal<readonly Toast[]>([]);

/** Show a message; errors stay until they are closed. */
export function showToast(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const shown = { ...toast, id: lastId };
  toasts.value = [...toasts.value.slice(-3), shown];
  if (shown.kind !== "error") closeLater(shown.id);
}

/** Not as long as somebody is at one of them. */
function closeLater(id: number): void {
  setTimeout(() => (document.querySelector(".toasts:is(:hover, :focus-within)") === null ? closeToast(id) : closeLater(id)), SHOWN_MS);
}

export function closeToast(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}
