/** What a finger draws, as SVG path data of bounded length. Pure. */

export interface Dot {
  readonly x: number;
  readonly y: number;
}
export type Stroke = readonly Dot[];

/** The box in which one signs, in units of the path. */
export const BOX = { width: 600, height: 220 };
/** A finger trembles: nearer points say nothing. */
const APART = 3;
/** Nine characters a point at most ("L600,220 "): the centre takes 20,000. */
export const MOST_DOTS = 2_000;

const count = (strokes: readonly Stroke[]): number => strokes.reduce((sum, { length }) => sum + length, 0);
const within = (value: number, most: number): number => Math.round(Math.min(most, Math.max(0, value)));

/** Where a pointer is in the box that is shown at `area`. */
export function dotAt(
  pointer: { clientX: number; clientY: number },
  area: { left: number; top: number; width: number; height: number },
): Dot {
  return {
    x: within(((pointer.clientX - area.left) / (area.width || 1)) * BOX.width, BOX.width),
    y: within(((pointer.clientY - area.top) / (area.height || 1)) * BOX.height, BOX.height),
  };
}

/** The finger comes down. A full signature takes no more. */
export function begunStroke(strokes: readonly Stroke[], dot: Dot): readonly Stroke[] {
  return count(strokes) >= MOST_DOTS ? strokes : [...strokes, [dot]];
}

/** The finger goes on. */
export function continued(strokes: readonly Stroke[], dot: Dot): readonly Stroke[] {
  const current = strokes.at(-1);
  const last = current?.at(-1);
  if (current === undefined || last === undefined || count(strokes) >= MOST_DOTS) return strokes;
  if (Math.hypot(dot.x - last.x, dot.y - last.y) < APART) return strokes;
  return [...strokes.slice(0, -1), [...current, dot]];
}

/** `M12,7 L13,9 M40,3`: each stroke moves to its first point and draws lines to the others. */
export function pathOf(strokes: readonly Stroke[]): string {
  return strokes
    .flatMap((stroke) => stroke.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x},${y}`))
    .join(" ");
}

/** A slip of the finger is no signature. */
const SHORTEST = 60;

export function isSigned(strokes: readonly Stroke[]): boolean {
  let length = 0;
  for (const stroke of strokes) {
    for (const [index, dot] of stroke.entries()) {
      const before = stroke[index - 1];
      if (before !== undefined) length += Math.hypot(dot.x - before.x, dot.y - before.y);
    }
  }
  return length >= SHORTEST;
}
