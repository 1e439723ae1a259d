import type { IconName } from "../../icons.ts";
import { chooseTheme, theme } from "../../state/theme_choice.ts";
import { nextTheme, type Theme } from "../../theme.ts";
import { Icon } from "../icon.tsx";

export const LOOKS: Record<Theme, { icon: IconName; word: string }> = {
  system: { icon: "circle-half", word: "as the system" },
  light: { icon: "sun", word: "light" },
  dark: { icon: "moon-stars", word: "dark" },
};

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const label = `Theme: ${LOOKS[theme.value].word}. Change it`;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={() => chooseTheme(nextTheme(theme.peek()))}>
      <Icon name={LOOKS[theme.value].icon} />
    </button>
  );
}
