/** The keyboard's place in a list of which only the rows in sight are drawn. */
import { useRef } from "react";

/** How long a row that is scrolled to may take to be drawn. */
const FRAMES = 60;

/**
 * `focus` a row at once, or as soon as it is drawn; a later wish takes the place of an earlier one. `from` is where the
 * next step begins: keys may come faster than rows.
 */
export function useRowFocus(scrollTo: (index: number) => void, rowOf: (index: number) => HTMLElement | null) {
  const wanted = useRef<number | null>(null);
  const settle = (index: number, frames: number) => {
    if (wanted.current !== index) return;
    const row = rowOf(index);
    if (row === null && frames > 0) {
      requestAnimationFrame(() => settle(index, frames - 1));
      return;
    }
    wanted.current = null;
    row?.focus();
  };
  const focus = (index: number) => {
    wanted.current = index;
    scrollTo(index);
    settle(index, FRAMES);
  };
  return { focus, from: (index: number) => wanted.current ?? index };
}
