// The one place where a session's page reads and changes its address.
import { signal } from "@preact/signals";
import { formatPlace, parsePlace, type Place, type Tab } from "./session_place.ts";

const read = (): Place => parsePlace(location.pathname, location.search, location.hash);

/** Where one is; changes by `go`, and by the browser's back and forward. */
export const place = signal(read());

addEventListener("popstate", () => (place.value = read()));
addEventListener("hashchange", () => (place.value = read()));

const sessionId = (): string => decodeURIComponent(location.pathname.split("/")[2] ?? "");

/** The address of a tab, without what is chosen in the present one. */
export const tabHref = (tab: Tab, more: Partial<Omit<Place, "tab">> = {}): string =>
  formatPlace(sessionId(), { tab, file: null, chosen: {}, seq: null, ...more });

/** Go to another place; `back` comes to the present one unless it is replaced. */
export function go(next: Place, how: "push" | "replace" = "push"): void {
  const href = formatPlace(sessionId(), next);
  if (href === location.pathname + location.search + location.hash) return;
  history[how === "push" ? "pushState" : "replaceState"](null, "", href);
  place.value = next;
}

/** Choose something within the present tab; an empty value takes the choice back. */
export function choose(change: Record<string, string>, how: "push" | "replace" = "push"): void {
  const now = place.peek();
  go({ ...now, seq: null, chosen: { ...now.chosen, ...change } }, how);
}

/** Follow a link of ours without loading the page anew, unless another window is wanted. */
export function follow(event: MouseEvent, next: Place): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(next);
}
