/** Where a live picture should stand in its buffer: decisions only, the player acts. All times in seconds of media. */

export interface Span {
  start: number;
  end: number;
}

export type EdgeMove =
  | { kind: "stay" }
  /** Play at this rate. */
  | { kind: "rate"; rate: number }
  /** Set `currentTime`. */
  | { kind: "jump"; to: number };

/** Behind this, play a little faster; behind `JUMP_BEHIND_S`, do not try. */
export const HURRY_BEHIND_S = 0.6;
export const JUMP_BEHIND_S = 2;
/** What should stay between the picture and the end of the buffer: it swallows the jitter of the network. */
export const CUSHION_S = 0.25;
/** Nearer than this to the end, play a little slower until the cushion is back. */
export const THIN_S = 0.08;
export const KEEP_BEHIND_S = 10;

const HURRY_RATE = 1.1;
const LINGER_RATE = 0.95;

/** Seconds between the picture shown and the newest one in the buffer; 0 when nothing is buffered. */
export function behind(buffered: readonly Span[], now: number): number {
  const last = buffered.at(-1);
  return last === undefined ? 0 : Math.max(0, last.end - now);
}

/**
 * What to do about the distance to the live edge.
 *
 * A position outside of the last stretch (a stream that has just begun, a hole, a camera that restarted) is left at once,
 * for the start of the stretch when that is near enough to the edge: a keyframe stands there and is drawn soonest.
 */
export function decideEdge(buffered: readonly Span[], now: number, rate: number): EdgeMove {
  const last = buffered.at(-1);
  if (last === undefined) return { kind: "stay" };
  if (now < last.start - 0.05 || now > last.end + 1) {
    const near = last.end - last.start <= HURRY_BEHIND_S;
    return { kind: "jump", to: near ? last.start : last.end - CUSHION_S };
  }
  const distance = last.end - now;
  if (distance > JUMP_BEHIND_S) return { kind: "jump", to: Math.max(last.start, last.end - CUSHION_S) };
  if (distance > HURRY_BEHIND_S) return toRate(rate, HURRY_RATE);
  if (distance < THIN_S) return toRate(rate, LINGER_RATE);
  if (rate > 1 && distance > CUSHION_S * 2) return { kind: "stay" };
  if (rate < 1 && distance < CUSHION_S) return { kind: "stay" };
  return toRate(rate, 1);
}

function toRate(current: number, wanted: number): EdgeMove {
  return current === wanted ? { kind: "stay" } : { kind: "rate", rate: wanted };
}

/** What may leave the buffer so that it stays short: what is older than `KEEP_BEHIND_S`, in steps of 5 s; or null. */
export function decideTrim(buffered: readonly Span[], now: number): Span | null {
  const first = buffered[0];
  if (first === undefined) return null;
  const until = now - KEEP_BEHIND_S;
  return until - first.start > 5 ? { start: 0, end: until } : null;
}

/** Plain spans of a `TimeRanges`. */
export function spansOf(ranges: TimeRanges): Span[] {
  return Array.from({ length: ranges.length }, (_, index) => ({
    start: ranges.start(index),
    end: ranges.end(index),
  }));
}
