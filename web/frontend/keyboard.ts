// Listens for shortcuts, and opens what they name: the palette and the list of shortcuts are loaded when first wanted.
import { readKey, shortcutsTo, type Shortcut } from "./shortcuts.ts";
import { beginSession, listPages } from "./state/commands.ts";
import { showToast } from "./state/toasts.ts";

/** A sequence of keys is given up after so long. */
const PAUSE_MS = 1500;
const TYPING = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
const LIST_LINKS = "main .session-name[href], main [data-list-link]";

export function openPalette(): void {
  void load((overlay) => overlay.showPalette());
}

export function openShortcuts(): void {
  void load((overlay) => overlay.showShortcuts());
}

async function load(show: (overlay: typeof import("./components/shell/palette_overlay.tsx")) => void): Promise<void> {
  try {
    show(await import("./components/shell/palette_overlay.tsx"));
  } catch {
    showToast({ kind: "error", message: "This part of the page could not be loaded. Is the dashboard running?" });
  }
}

/** Follow the keyboard for as long as the page is open. */
export function followKeyboard(): void {
  const pages = new Set(listPages().map(({ path }) => path));
  const shortcuts = shortcutsTo(pages);
  let begun = "";
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const hasModal = document.querySelector("dialog[open]") !== null;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault(); // Browsers would go to their address line.
      if (!hasModal) openPalette();
      return;
    }
    const target = event.target as Element | null;
    if (hasModal || event.ctrlKey || event.metaKey || event.altKey || target?.closest(TYPING)) return;
    if (event.timeStamp - last > PAUSE_MS) begun = "";
    const read = readKey(shortcuts, begun, event.key);
    // Shift on its way to "?" ends no sequence.
    if (event.key === "Shift") return;
    begun = read.begun;
    last = event.timeStamp;
    if (read.shortcut === null) return;
    event.preventDefault();
    perform(read.shortcut.act);
  });
}

function perform(act: Shortcut["act"]): void {
  if (typeof act !== "string") return location.assign(act.go);
  switch (act) {
    case "help":
      return openShortcuts();
    case "new":
      return beginSession();
    case "search": {
      const search = document.getElementById("history-search");
      return search === null ? location.assign("/sessions?view=all#history-search") : search.focus();
    }
    case "next":
      return moveInList(1);
    case "previous":
      return moveInList(-1);
  }
}

/** Go from link to link of the page's lists; lists that move by themselves have taken the key before. */
function moveInList(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>(LIST_LINKS)].filter((link) => link.checkVisibility());
  const at = links.findIndex((link) => link === document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next]?.focus();
}
