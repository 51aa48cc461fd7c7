/** Where the names of things on a plan stand, so that none covers another. Pure. */
import type { At, Size } from "./view";

export interface Name {
  key: string;
  at: At;
  width: number;
  height: number;
  /** Must stand, whatever it covers: what is chosen. */
  must?: boolean;
}

interface Box extends At {
  width: number;
  height: number;
}

/** From a mark's middle to the nearest edge of its name. */
const GAP = 14;
/** Of the mark itself, which no name covers. */
const MARK = 11;

const overlap = (one: Box, other: Box) =>
  one.left < other.left + other.width &&
  other.left < one.left + one.width &&
  one.top < other.top + other.height &&
  other.top < one.top + one.height;

const liesOn = (sheet: Size, { left, top, width, height }: Box) =>
  left >= 0 && top >= 0 && left + width <= sheet.width && top + height <= sheet.height;

/** Below, above, to the right, to the left, and then the corners; the first is where eyes look. */
function choices({ at, width, height }: Name): Box[] {
  const box = (left: number, top: number): Box => ({ left, top, width, height });
  const [middle, level] = [at.left - width / 2, at.top - height / 2];
  const [right, left, below, above] = [
    at.left + GAP,
    at.left - GAP - width,
    at.top + GAP,
    at.top - GAP - height,
  ];
  return [
    box(middle, below),
    box(middle, above),
    box(right, level),
    box(left, level),
    box(right - GAP, below),
    box(left + GAP, below),
    box(right - GAP, above),
    box(left + GAP, above),
  ];
}

/**
 * The upper left corner of each name that has room within `sheet`, by its key. Those that must stand are placed first; the
 * others in their order, and one that would cover another or a mark is left out: it is read by pointing at it, or in the
 * list.
 */
export function arranged(names: readonly Name[], sheet: Size): Map<string, At> {
  const marks = names.map(({ key, at }) => ({
    key,
    left: at.left - MARK,
    top: at.top - MARK,
    width: 2 * MARK,
    height: 2 * MARK,
  }));
  const taken: Box[] = [];
  const places = new Map<string, At>();
  const inOrder = [...names].sort((one, other) => Number(other.must === true) - Number(one.must === true));
  for (const name of inOrder) {
    const others = marks.filter(({ key }) => key !== name.key);
    const within = choices(name).filter((box) => liesOn(sheet, box));
    const free = within.find((box) => ![...taken, ...others].some((other) => overlap(box, other)));
    const box = free ?? (name.must === true ? (within[0] ?? choices(name)[0]) : undefined);
    if (box === undefined) continue;
    taken.push(box);
    places.set(name.key, { left: box.left, top: box.top });
  }
  return places;
}

/** How wide and high words are that are wrapped to `most` pixels; `widthOf` measures a line. */
export function sized(words: string, widthOf: (line: string) => number, most: number, line: number) {
  const lines: number[] = [];
  let now = "";
  for (const word of words.split(/\s+/)) {
    const longer = now === "" ? word : `${now} ${word}`;
    if (now !== "" && widthOf(longer) > most) {
      lines.push(widthOf(now));
      now = word;
    } else now = longer;
  }
  lines.push(widthOf(now));
  return { width: Math.min(most, Math.max(...lines)), height: lines.length * line };
}
