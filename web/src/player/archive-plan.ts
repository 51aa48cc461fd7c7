/** What to fetch next of an archive. Pure; times of wall in epoch ms, times of media in seconds. */
import type { Span } from "./live-edge";

export interface Recorded {
  start: number;
  end: number;
}

export type Chunk = { kind: "fetch"; start: number; end: number } | { kind: "wait" } | { kind: "done" };

/** One call of the API: well under its bound of 120 s, and short enough to be there before it is needed. */
export const CHUNK_MS = 30_000;
/** The same for keyframes alone, of which the API gives 600 s. */
export const KEYS_CHUNK_MS = 240_000;
/** Close to the present, calls are not made for less than this: each is a line in the watch ledger. */
export const LEAST_MS = 5_000;
/** The school makes a second durable before it lists it; nothing newer than this is worth asking for. */
export const NOT_YET_MS = 1_500;

export interface Known {
  recorded: readonly Recorded[] | null;
  limit: number;
  now: number;
  chunkMs?: number;
}

/**
 * The next call after everything until `from` is loaded.
 *
 * `recorded` lets gaps be left out; null means unknown, and then the school is simply asked. What it lists may be older
 * than now, so the stretch after its end is asked for and not taken for a gap.
 */
export function chunkFrom(from: number, known: Known): Chunk {
  if (from >= known.limit - 50) return { kind: "done" };
  const start = nextStart(from, known.recorded);
  if (start >= known.limit) return { kind: "done" };
  const end = Math.min(start + (known.chunkMs ?? CHUNK_MS), known.limit, known.now - NOT_YET_MS);
  const last = end >= known.limit;
  return end - start < (last ? 50 : LEAST_MS) ? { kind: "wait" } : { kind: "fetch", start, end };
}

/** The next call when everything from `until` on is loaded and time runs backwards. */
export function chunkBefore(until: number, known: Known): Chunk {
  const end = lastEnd(until, known.recorded);
  if (end === null) return { kind: "done" };
  return { kind: "fetch", start: end - (known.chunkMs ?? KEYS_CHUNK_MS), end };
}

function nextStart(from: number, recorded: readonly Recorded[] | null): number {
  const later = (recorded ?? []).filter((span) => span.end > from + 200);
  if (later.length === 0) return from;
  return Math.max(from, Math.min(...later.map((span) => span.start)));
}

/** Where the last recording before `until` ends; null when it is known that there is none. */
function lastEnd(until: number, recorded: readonly Recorded[] | null): number | null {
  if (recorded === null) return until;
  const earlier = recorded.filter((span) => span.start < until - 200);
  return earlier.length === 0 ? null : Math.min(until, Math.max(...earlier.map((span) => span.end)));
}

/** Whether it is known that nothing was recorded at this moment, though something was later. */
export function isKnownGap(recorded: readonly Recorded[] | null, at: number): boolean {
  const spans = recorded ?? [];
  return spans.some((span) => span.start > at) && !spans.some((span) => at >= span.start && at < span.end);
}

/** The nearest instant in the direction of time (`speed`) at which something is recorded, or null. */
export function nearestRecorded(
  recorded: readonly Recorded[] | null,
  at: number,
  speed: number,
): number | null {
  const spans = recorded ?? [];
  if (speed < 0) {
    const ends = spans.filter((span) => span.start < at).map((span) => Math.min(span.end - 1, at));
    return ends.length === 0 ? null : Math.max(...ends);
  }
  const starts = spans.filter((span) => span.end > at).map((span) => Math.max(span.start, at));
  return starts.length === 0 ? null : Math.min(...starts);
}

/** So many pictures the screen may be late; beyond, nobody knows where pictures begin. */
const LATE_FRAMES = 4;

/**
 * Media time of the picture `frames` on (or back, negative). `shown` is where the picture on the screen begins, `now` where
 * the clock stands. A slow machine may not have drawn the present picture yet: it begins whole pictures behind `shown`. The
 * step leads into the middle of the wanted one, whatever rounding there was.
 */
export function steppedFrom(now: number, shown: number | null, frames: number, framesPerS: number): number {
  const frame = 1 / Math.max(1, framesPerS);
  const late = shown === null ? Number.NaN : (now - shown) / frame;
  if (shown === null || !(late > -0.25 && late < LATE_FRAMES)) return now + frames * frame;
  const present = Math.max(0, Math.floor(late - 0.1)); // pictures do not come quite evenly
  return shown + (present + frames + 0.5) * frame;
}

/** The buffered span that holds `at`, or the first one after it; null when there is none. */
export function bufferedAfter(buffered: readonly Span[], at: number): Span | null {
  return buffered.find((span) => span.end > at + 0.01) ?? null;
}
