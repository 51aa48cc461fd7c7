/** What to fetch next of an archive. Pure; times of wall in epoch ms, times of media in seconds. */
import type { Span } from "./live-edge";

export interface Recorded {
  start: number;
  end: number;
}

export type Chunk = { kind: "fetch"; start: number; end: number } | { kind: "wait" } | { kind: "done" };

/** One call of the API: well under its bound of 120 s, and short enough to be there before it is needed. */
export const CHUNK_MS = 30_000;
/** Close to the present, calls are not made for less than this: each is a line in the watch ledger. */
export const LEAST_MS = 5_000;
/** The school makes a second durable before it lists it; nothing newer than this is worth asking for. */
export const NOT_YET_MS = 1_500;

/**
 * The next call after everything until `from` is loaded.
 *
 * `recorded` lets gaps be left out; null means unknown, and then the school is simply asked. What it lists may be older
 * than now, so the stretch after its end is asked for and not taken for a gap.
 */
export function chunkFrom(
  from: number,
  known: { recorded: readonly Recorded[] | null; limit: number; now: number },
): Chunk {
  if (from >= known.limit - 50) return { kind: "done" };
  const start = nextStart(from, known.recorded);
  if (start >= known.limit) return { kind: "done" };
  const end = Math.min(start + CHUNK_MS, known.limit, known.now - NOT_YET_MS);
  const last = end >= known.limit;
  return end - start < (last ? 50 : LEAST_MS) ? { kind: "wait" } : { kind: "fetch", start, end };
}

function nextStart(from: number, recorded: readonly Recorded[] | null): number {
  const later = (recorded ?? []).filter((span) => span.end > from + 200);
  if (later.length === 0) return from;
  return Math.max(from, Math.min(...later.map((span) => span.start)));
}

/** The buffered span that holds `at`, or the first one after it; null when there is none. */
export function bufferedAfter(buffered: readonly Span[], at: number): Span | null {
  return buffered.find((span) => span.end > at + 0.01) ?? null;
}
