/** What is being drawn corner by corner and is no zone and no wall yet. Pure. */
import { endsOf, rectangle, snapped, type Wall } from "./shapes";
import type { Draft } from "./drafts";
import type { ZoneKind } from "./plans";
import { held, pixelsBetween, type Size, type Spot } from "./view";

export type Tracing =
  | { what: "zone"; kind: ZoneKind; corners: readonly Spot[] }
  /** `from`: where the next piece of wall begins; nowhere at first. */
  | { what: "wall"; from: Spot | null };

export type Traced = { tracing: Tracing | null; outline?: Spot[]; wall?: Wall };

/** A press at `spot`. `reach`: pixels of the drawing within which it snaps, and within which the first corner closes. */
export function pressed(tracing: Tracing, draft: Draft, size: Size, spot: Spot, reach: number): Traced {
  const outlines = draft.zones.map(({ outline }) => outline);
  const ends = endsOf(draft.walls, outlines);
  if (tracing.what === "wall") {
    const place = snapped(size, spot, ends, reach, tracing.from);
    const { from } = tracing;
    if (from === null) return { tracing: { ...tracing, from: place } };
    if (from.x === place.x && from.y === place.y) return { tracing };
    return { tracing: { ...tracing, from: place }, wall: { a: from, b: place } };
  }
  const [first] = tracing.corners;
  if (first !== undefined && tracing.corners.length > 2 && pixelsBetween(size, first, spot) <= reach)
    return { tracing: null, outline: [...tracing.corners] };
  const place = snapped(size, spot, ends, reach, tracing.corners.at(-1) ?? null);
  return { tracing: { ...tracing, corners: [...tracing.corners, place] } };
}

/** The outline as it is now: two corners are those of a rectangle. Null: too few for any. */
export function closed(corners: readonly Spot[]): Spot[] | null {
  const [a, b, ...others] = corners;
  if (a === undefined || b === undefined) return null;
  if (others.length > 0) return [...corners];
  return a.x === b.x || a.y === b.y ? null : rectangle(a, b);
}

/** One step back; null when nothing had been drawn. */
export function back(tracing: Tracing): Tracing | null {
  if (tracing.what === "wall") return tracing.from === null ? null : { ...tracing, from: null };
  return tracing.corners.length === 0 ? null : { ...tracing, corners: tracing.corners.slice(0, -1) };
}

/** For those who draw by keyboard: a room in the middle of what is in sight, its corners to be moved. */
export function roomAt(middle: Spot, reach: number): Spot[] {
  return rectangle(
    held({ x: middle.x - reach, y: middle.y - reach }),
    held({ x: middle.x + reach, y: middle.y + reach }),
  );
}

export function wallAt(middle: Spot, reach: number): Wall {
  return { a: held({ x: middle.x - reach, y: middle.y }), b: held({ x: middle.x + reach, y: middle.y }) };
}
