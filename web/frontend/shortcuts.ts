// The keyboard's shortcuts, and how the keys that somebody presses are read. Pure.

export interface Shortcut {
  /** Keys as `KeyboardEvent.key` has them, one after the other. */
  keys: string;
  says: string;
  act: "help" | "new" | "search" | "next" | "previous" | { go: string };
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "n", says: "New session", act: "new" },
  { keys: "/", says: "Search all sessions", act: "search" },
  { keys: "j", says: "Next session of the list", act: "next" },
  { keys: "k", says: "Session before it", act: "previous" },
  { keys: "g o", says: "Go to System Overview", act: { go: "/" } },
  { keys: "g s", says: "Go to Sessions", act: { go: "/sessions" } },
  { keys: "g t", says: "Go to Templates", act: { go: "/templates" } },
  { keys: "g m", says: "Go to Models", act: { go: "/models" } },
  { keys: "g e", says: "Go to Settings", act: { go: "/settings" } },
  { keys: "?", says: "List the shortcuts", act: "help" },
];

/** Those that lead somewhere: pages that this installation does not have are left out. */
export function shortcutsTo(pages: ReadonlySet<string>): Shortcut[] {
  return SHORTCUTS.filter(({ act }) => typeof act === "string" || pages.has(act.go));
}

/** Take one more key: the shortcut that it completes, or what was begun and waits for the next key. */
export function readKey(
  shortcuts: readonly Shortcut[],
  begun: string,
  key: string,
): { shortcut: Shortcut | null; begun: string } {
  const keys = begun === "" ? key : `${begun} ${key}`;
  const shortcut = shortcuts.find((each) => each.keys === keys) ?? null;
  if (shortcut !== null) return { shortcut, begun: "" };
  if (shortcuts.some((each) => each.keys.startsWith(`${keys} `))) return { shortcut: null, begun: keys };
  // A key that does not go on with what was begun may begin something itself.
  return begun === "" ? { shortcut: null, begun: "" } : readKey(shortcuts, "", key);
}
