// What every page has: the theme switch, and menus that close. Pages without a session of their own need no more.
import { h, render } from "preact";
import { ThemeSwitch } from "../components/shell/theme_switch.tsx";
import { followSystem } from "../theme.ts";

followSystem();

const themeSwitch = document.getElementById("theme-switch");
if (themeSwitch !== null) render(h(ThemeSwitch, {}), themeSwitch);

/** A menu is a `details`: it closes by Escape and by a click elsewhere. */
for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu")) {
  document.addEventListener("click", (event) => {
    if (menu.open && !menu.contains(event.target as Node)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
