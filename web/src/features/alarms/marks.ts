/** Many alarms in a small picture, each with a mark of its own. Pure geometry: CSS px, row by row. */

export interface Grid {
  columns: number;
  cell: number;
  height: number;
}

const LARGEST = 18;
const SMALLEST = 6;

/** The largest cell with which `count` marks stay within `width` × `maxHeight`; below `SMALLEST` the picture grows instead. */
export function gridFor(count: number, width: number, maxHeight: number): Grid {
  for (let cell = LARGEST; ; cell -= 1) {
    const columns = Math.max(1, Math.floor(width / cell));
    const height = Math.ceil(count / columns) * cell;
    if (height <= maxHeight || cell === SMALLEST) return { columns, cell, height };
  }
}

export function placeOf(index: number, { columns, cell }: Grid): { x: number; y: number } {
  return { x: (index % columns) * cell, y: Math.floor(index / columns) * cell };
}

/** The mark under a point, or null between and beyond them. */
export function markAt(x: number, y: number, count: number, { columns, cell }: Grid): number | null {
  const column = Math.floor(x / cell);
  const index = Math.floor(y / cell) * columns + column;
  return column >= 0 && column < columns && index >= 0 && index < count ? index : null;
}
