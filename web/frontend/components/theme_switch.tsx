import { useSignal } from "@preact/signals";
import type { IconName } from "../icons.ts";
import { keepTheme, nextTheme, readTheme, type Theme } from "../theme.ts";
import { Icon } from "./icon.tsx";

const LOOKS: Record<Theme, { icon: IconName; word: string }> = {
  system: { icon: "circle-half", word: "as the system" },
  light: { icon: "sun", word: "light" },
  dark: { icon: "moon-stars", word: "dark" },
};

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const theme = useSignal(readTheme());
  const change = (): void => {
    theme.value = nextTheme(theme.value);
    keepTheme(theme.value);
  };
  const label = `Theme: ${LOOKS[theme.value].word}. Change it`;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={change}>
      <Icon name={LOOKS[theme.value].icon} />
    </button>
  );
}
