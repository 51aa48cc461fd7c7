/** Dark for the desk, light for the office. Remembered by this browser. */
import { useSyncExternalStore } from "react";

export type Theme = "dark" | "light";

const KEY = "qorgan.theme";
const listeners = new Set<() => void>();

function current(): Theme {
  return document.documentElement.dataset["theme"] === "light" ? "light" : "dark";
}

export function startTheme(): void {
  document.documentElement.dataset["theme"] = localStorage.getItem(KEY) === "light" ? "light" : "dark";
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  document.documentElement.dataset["theme"] = theme;
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, current);
}
