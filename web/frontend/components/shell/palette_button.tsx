import { openPalette } from "../../keyboard.ts";
import { Icon } from "../icon.tsx";

/** Opens the command palette where there is no keyboard, and tells of it where there is one. */
export function PaletteButton() {
  return (
    <button type="button" class="icon-button" aria-label="Find pages, sessions and actions" title="Find (Ctrl K)" aria-keyshortcuts="Control+K Meta+K" onClick={openPalette}>
      <Icon name="search" />
    </button>
  );
}
