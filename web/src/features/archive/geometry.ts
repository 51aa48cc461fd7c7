/** The timeline's geometry: a view (a stretch of wall time, ms) on a bar of so many pixels. Pure. */

export interface View {
  from: number;
  to: number;
}

export interface Stretch {
  start: number;
  end: number;
}

/** Pictures of a stretch lost packets on their way from the camera. */
export interface Damaged extends Stretch {
  pictures: number;
}

export const DAY_MS = 86_400_000;
export const MIN_VIEW_MS = 10_000;
export const MAX_VIEW_MS = 31 * DAY_MS;

export function toX(view: View, width: number, at: number): number {
  return ((at - view.from) / (view.to - view.from)) * width;
}

export function toTime(view: View, width: number, x: number): number {
  return view.from + (x / width) * (view.to - view.from);
}

/** The view after zooming by `factor` (<1 is nearer) so that the time under `anchor` stays under the pointer. */
export function zoomAround(view: View, anchor: number, factor: number): View {
  const length = view.to - view.from;
  const wanted = Math.min(MAX_VIEW_MS, Math.max(MIN_VIEW_MS, length * factor));
  const share = (anchor - view.from) / length;
  const from = anchor - share * wanted;
  return { from: Math.round(from), to: Math.round(from + wanted) };
}

export function pan(view: View, byMs: number): View {
  return { from: view.from + byMs, to: view.to + byMs };
}

/** Stretches that can be seen, cut at the view's edges; those under a third of a pixel grow to it, so none vanishes. */
export function visible<T extends Stretch>(
  stretches: readonly T[],
  view: View,
  width: number,
): (T & { x: number; w: number })[] {
  return stretches
    .filter((stretch) => stretch.end > view.from && stretch.start < view.to)
    .map((stretch) => {
      const x = Math.max(0, toX(view, width, stretch.start));
      const end = Math.min(width, toX(view, width, stretch.end));
      return { ...stretch, x, w: Math.max(0.34, end - x) };
    });
}

const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
];

/** Times of the ticks, on round local times, at least `minPx` apart. `offsetMs` is the zone's offset from UTC. */
export function ticks(view: View, width: number, offsetMs: number, minPx = 72): number[] {
  const perPx = (view.to - view.from) / width;
  const step = (STEPS_S.find((seconds) => (seconds * 1000) / perPx >= minPx) ?? 2_592_000) * 1000;
  const first = Math.ceil((view.from + offsetMs) / step) * step - offsetMs;
  const found: number[] = [];
  for (let at = first; at <= view.to; at += step) found.push(at);
  return found;
}

/** The first instant ≥ `at` that is recorded, or null when nothing is after it. */
export function nextRecorded(spans: readonly Stretch[], at: number): number | null {
  let best: number | null = null;
  for (const span of spans) {
    if (span.end <= at) continue;
    const start = Math.max(at, span.start);
    if (best === null || start < best) best = start;
  }
  return best;
}

/** Stretches of `cover` that lie outside of all `holes`' stretches: what only the sub stream has. */
export function without(cover: readonly Stretch[], holes: readonly Stretch[]): Stretch[] {
  let rest: Stretch[] = cover.map(({ start, end }) => ({ start, end }));
  for (const hole of holes) {
    rest = rest.flatMap((piece) => {
      if (hole.end <= piece.start || hole.start >= piece.end) return [piece];
      const parts: Stretch[] = [];
      if (hole.start > piece.start) parts.push({ start: piece.start, end: hole.start });
      if (hole.end < piece.end) parts.push({ start: hole.end, end: piece.end });
      return parts;
    });
  }
  return rest;
}

/** How many pictures are damaged at an instant, or as near to it as the mark of them is wide. */
export function damagedAt(stretches: readonly Damaged[], at: number, nearMs: number): number {
  return stretches
    .filter(({ start, end }) => at >= start - nearMs && at < end + nearMs)
    .reduce((sum, { pictures }) => sum + pictures, 0);
}

/** What the operator has marked with `[` and `]`. */
export interface Marks {
  from?: number;
  to?: number;
}

/** One edge set anew; the other one goes when it would stand on the wrong side. */
export function marked(marks: Marks, edge: "from" | "to", at: number): Marks {
  if (edge === "from") return marks.to !== undefined && marks.to > at ? { ...marks, from: at } : { from: at };
  return marks.from !== undefined && marks.from < at ? { ...marks, to: at } : { to: at };
}

const USUAL_EXPORT_MS = 60_000;

/** What to offer for export: what is marked; half marked or not at all, a minute at the mark or around the place. */
export function stretchOf(marks: Marks, at: number, now: number): Stretch {
  const { from, to } = marks;
  if (from !== undefined && to !== undefined) return { start: from, end: to };
  if (to !== undefined) return { start: to - USUAL_EXPORT_MS, end: to };
  const start = from ?? Math.min(at, now - 5_000) - USUAL_EXPORT_MS / 2;
  return { start, end: Math.min(start + USUAL_EXPORT_MS, now - 5_000) };
}

export interface Steps {
  start: number;
  stepMs: number;
  shares: readonly number[];
}

/** The share of the step that an instant lies in, or null outside of what is known. */
export function shareAt(steps: Steps, at: number): number | null {
  return steps.shares[Math.floor((at - steps.start) / steps.stepMs)] ?? null;
}

/**
 * Columns of `columnPx` on the bar, each as high as the most that moved within it: a short movement in a long view is
 * still seen. Columns in which nothing moved are left out.
 */
export function columns(
  steps: Steps,
  view: View,
  width: number,
  columnPx = 2,
): { x: number; w: number; share: number }[] {
  const found: { x: number; w: number; share: number }[] = [];
  for (let x = 0; x < width; x += columnPx) {
    const first = Math.floor((toTime(view, width, x) - steps.start) / steps.stepMs);
    const last = Math.ceil((toTime(view, width, x + columnPx) - steps.start) / steps.stepMs);
    let share = 0;
    for (
      let step = Math.max(0, first);
      step < Math.min(steps.shares.length, Math.max(last, first + 1));
      step++
    ) {
      share = Math.max(share, steps.shares[step] ?? 0);
    }
    if (share > 0) found.push({ x, w: columnPx, share });
  }
  return found;
}
