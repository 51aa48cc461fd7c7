/** Outlines and lines on a plan: how large, whether they make sense, what lies near. Positions are 0…1 of the drawing. Pure. */
import { held, pixelsBetween, type Size, type Spot } from "./view";

export interface Wall {
  a: Spot;
  b: Spot;
}

/** As the centre takes them (domain/density/zones.py). */
export const FEWEST_CORNERS = 3;
export const MOST_CORNERS = 200;
export const SMALLEST_M2 = 0.5;

export type OutlineFault = "zone.points" | "zone.crosses_itself" | "zone.too_small";

const cross = (o: Spot, a: Spot, b: Spot) => (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);

function within(one: Spot, a: Spot, b: Spot): boolean {
  const along = (low: number, value: number, high: number) =>
    value >= Math.min(low, high) && value <= Math.max(low, high);
  return along(a.x, one.x, b.x) && along(a.y, one.y, b.y);
}

/** Whether two lines share a place; lines that only touch do, too. */
export function meet(a: Spot, b: Spot, c: Spot, d: Spot): boolean {
  const [one, two, three, four] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)];
  if (one > 0 !== two > 0 && three > 0 !== four > 0 && one * two * three * four !== 0) return true;
  return (
    (one === 0 && within(c, a, b)) ||
    (two === 0 && within(d, a, b)) ||
    (three === 0 && within(a, c, d)) ||
    (four === 0 && within(b, c, d))
  );
}

/** The sides of an outline: its last corner is joined to the first. */
export function sides(outline: readonly Spot[]): Wall[] {
  return outline.map((a, index) => ({ a, b: outline[(index + 1) % outline.length] ?? a }));
}

/** Whether sides that are no neighbours meet, or a corner stands on the next one. */
export function crossesItself(outline: readonly Spot[]): boolean {
  const all = sides(outline);
  return all.some(({ a, b }, index) => {
    if (a.x === b.x && a.y === b.y) return true;
    return all.slice(index + 2).some((other, further) => {
      const neighbours = index === 0 && index + 2 + further === all.length - 1;
      return !neighbours && meet(a, b, other.a, other.b);
    });
  });
}

/** Of an outline, in pixels of the drawing, squared. */
export function areaPx(plan: Size, outline: readonly Spot[]): number {
  const twice = sides(outline).reduce((sum, { a, b }) => sum + a.x * b.y - b.x * a.y, 0);
  return (Math.abs(twice) / 2) * plan.width * plan.height;
}

/** In square metres; null while the plan has no scale. */
export function areaM2(plan: Size, metresPerPx: number | null, outline: readonly Spot[]): number | null {
  return metresPerPx === null ? null : areaPx(plan, outline) * metresPerPx ** 2;
}

/** What the centre would refuse this outline for; null when it would take it. */
export function outlineFault(
  plan: Size,
  metresPerPx: number | null,
  outline: readonly Spot[],
): OutlineFault | null {
  if (outline.length < FEWEST_CORNERS || outline.length > MOST_CORNERS) return "zone.points";
  if (crossesItself(outline)) return "zone.crosses_itself";
  const area = areaM2(plan, metresPerPx, outline);
  return area !== null && area < SMALLEST_M2 ? "zone.too_small" : null;
}

export function contains(outline: readonly Spot[], { x, y }: Spot): boolean {
  let inside = false;
  for (const { a, b } of sides(outline)) {
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

/** Where a name stands: the middle of the area, or of the corners when that lies outside. */
export function middleOf(outline: readonly Spot[]): Spot {
  let [twice, x, y] = [0, 0, 0];
  for (const { a, b } of sides(outline)) {
    const part = a.x * b.y - b.x * a.y;
    twice += part;
    x += (a.x + b.x) * part;
    y += (a.y + b.y) * part;
  }
  const middle = twice === 0 ? null : { x: x / (3 * twice), y: y / (3 * twice) };
  if (middle !== null && contains(outline, middle)) return middle;
  const count = Math.max(1, outline.length);
  return {
    x: outline.reduce((sum, one) => sum + one.x, 0) / count,
    y: outline.reduce((sum, one) => sum + one.y, 0) / count,
  };
}

export function between(a: Spot, b: Spot): Spot {
  return held({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
}

/** Two corners, across from each other, make a rectangle. */
export function rectangle(a: Spot, b: Spot): Spot[] {
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }].map(held);
}

/** How far a place lies from a line, in pixels of the drawing. */
export function distanceTo(plan: Size, { a, b }: Wall, spot: Spot): number {
  const [dx, dy] = [(b.x - a.x) * plan.width, (b.y - a.y) * plan.height];
  const [px, py] = [(spot.x - a.x) * plan.width, (spot.y - a.y) * plan.height];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
  return Math.hypot(px - share * dx, py - share * dy);
}

/** The nearest of `ends` that lies within `reach` pixels of the drawing; else the place itself, upright or level with `from`. */
export function snapped(
  plan: Size,
  spot: Spot,
  ends: readonly Spot[],
  reach: number,
  from: Spot | null = null,
): Spot {
  const near = ends
    .map((end) => ({ end, far: pixelsBetween(plan, spot, end) }))
    .filter(({ far }) => far <= reach)
    .sort((one, other) => one.far - other.far)[0];
  if (near !== undefined) return held(near.end);
  if (from === null) return held(spot);
  const upright = Math.abs(spot.x - from.x) * plan.width <= reach;
  const level = Math.abs(spot.y - from.y) * plan.height <= reach;
  if (upright === level) return held(spot);
  return held(upright ? { x: from.x, y: spot.y } : { x: spot.x, y: from.y });
}

/** All ends of walls and corners of zones: where a new line may begin. */
export function endsOf(walls: readonly Wall[], outlines: readonly (readonly Spot[])[]): Spot[] {
  return [...walls.flatMap(({ a, b }) => [a, b]), ...outlines.flat()];
}

/** The same wall, from whichever end it was drawn. */
export function wallKey({ a, b }: Wall): string {
  const ends = [a, b].map(({ x, y }) => `${x},${y}`).sort();
  return ends.join(" ");
}
