// What the command palette offers: pages and actions of everywhere, and those of the page that is open.
import { signal } from "@preact/signals";
import type { IconName } from "../icons.ts";
import { chooseTheme } from "./theme_choice.ts";

export interface Command {
  title: string;
  icon: IconName;
  /** Other words by which people look for it. */
  also?: string;
  /** Beside the title, small. */
  detail?: string;
  /** The shortcut that does the same. */
  keys?: string;
  run: () => void;
}

/** What can be done on this page, as of now. */
export const pageCommands = signal<() => readonly Command[]>(() => []);

export interface SitePage {
  title: string;
  path: string;
}

/** The pages that one can go to: those of the bar above and of the account's menu. */
export function listPages(): SitePage[] {
  const links = document.querySelectorAll<HTMLAnchorElement>(".topbar-nav a, .menu-body a");
  return [...links].map((link) => ({ title: link.textContent.trim(), path: link.pathname }));
}

export const commandsOfEverywhere: readonly Command[] = [
  { title: "New session", icon: "plus-lg", also: "create start", keys: "n", run: beginSession },
  { title: "Theme: light", icon: "sun", run: () => chooseTheme("light") },
  { title: "Theme: dark", icon: "moon-stars", run: () => chooseTheme("dark") },
  { title: "Theme: as the system", icon: "circle-half", run: () => chooseTheme("system") },
  { title: "Sign out", icon: "box-arrow-right", also: "log out", run: signOut },
];

/** Go to the form, wherever that is. */
export function beginSession(): void {
  const task = document.getElementById("task");
  if (task === null) location.assign("/sessions#task");
  else task.focus();
}

export function signOut(): void {
  document.querySelector<HTMLFormElement>("#sign-out")?.requestSubmit();
}
