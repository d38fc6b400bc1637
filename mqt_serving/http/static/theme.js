// Light or dark: as the system says, or as chosen on any page.

import { byId } from "./elements.js";

export function connectTheme() {
  byId("toggle-theme").addEventListener("click", toggleTheme);
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* private browsing: the choice lasts as long as the page */ }
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch { /* as above */ }
}
