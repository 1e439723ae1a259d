// What is loaded once somebody wants it: the command palette, and the list of shortcuts.
import { render } from "preact";
import { Palette } from "./palette.tsx";
import { ShortcutList } from "./shortcut_list.tsx";

const place = document.createElement("div");
document.body.append(place);

const close = (): void => render(null, place);

export function showPalette(): void {
  render(<Palette key="palette" onClose={close} />, place);
}

export function showShortcuts(): void {
  render(<ShortcutList key="shortcuts" onClose={close} />, place);
}
