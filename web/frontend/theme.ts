// Light, dark, or as the system has it; kept in this browser.

export type Theme = "system" | "light" | "dark";

const KEY = "ollama-flow:theme";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the theme then lasts as long as the page.
  }
  applyTheme(theme);
}

export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
}

const prefersDark = (): MediaQueryList => matchMedia("(prefers-color-scheme: dark)");

export function applyTheme(theme: Theme): void {
  const isDark = theme === "dark" || (theme === "system" && prefersDark().matches);
  document.documentElement.dataset["bsTheme"] = isDark ? "dark" : "light";
}

/** Follow the system for as long as nothing else is chosen. */
export function followSystem(): void {
  prefersDark().addEventListener("change", () => applyTheme(readTheme()));
}
