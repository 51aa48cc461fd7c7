/** Shortcuts. They go by the key's place (`event.code`), so that A is A on a Kazakh or Russian layout too. */
import { useEffect, useRef } from "react";

/** Keys are codes: "KeyA", "Digit1", "Space", "Escape", "BracketLeft", or "?" for help. */
export type Keys = Partial<Record<string, (event: KeyboardEvent) => void>>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !["radio", "checkbox", "button", "range"].includes(target.type);
  return (
    target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}

function inDialog(): boolean {
  return (
    document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]') !== null
  );
}

/** Enter and Space belong to a focused control. */
function belongsToControl(event: KeyboardEvent): boolean {
  if (event.code !== "Space" && event.code !== "Enter") return false;
  return (
    event.target instanceof HTMLElement && event.target.closest("button, a, [role=button], summary") !== null
  );
}

export function codeOf(event: KeyboardEvent): string {
  return event.key === "?" || (event.code === "Slash" && event.shiftKey) ? "?" : event.code;
}

function handles(event: KeyboardEvent): boolean {
  if (event.code === "Escape" && event.defaultPrevented) return false; // something nearer has closed itself
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (isTyping(event.target) && event.code !== "Escape") return false;
  return !inDialog() && !belongsToControl(event);
}

/** While mounted, these keys act on this screen. Not while somebody types, nor under an open dialog. */
export function useKeys(keys: Keys, released: Keys = {}): void {
  const latest = useRef({ keys, released });
  useEffect(() => {
    latest.current = { keys, released };
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const act = handles(event) ? latest.current.keys[codeOf(event)] : undefined;
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    const up = (event: KeyboardEvent) => latest.current.released[codeOf(event)]?.(event);
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
    };
  }, []);
}
