// The theme that is chosen, for all that shows or changes it.
import { signal } from "@preact/signals";
import { keepTheme, readTheme, type Theme } from "../theme.ts";

export const theme = signal<Theme>(readTheme());

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  keepTheme(chosen);
}
