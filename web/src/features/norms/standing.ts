/** How territories stand: shares of one and the same denominator, and the order of rows. Pure. */
import type { StandingRow } from "./norms";

/** What is counted of organisations, in the order of the table. `unknown` is no success and no failure. */
export const MEASURES = ["connected", "working", "compliant", "unknown", "drilled"] as const;
export type Measure = (typeof MEASURES)[number];
export type Column = "name" | "organisations" | Measure;
export const COLUMNS: readonly Column[] = ["name", "organisations", ...MEASURES];

type Numbers = Pick<StandingRow, "organisations" | Measure>;

/** The share of all organisations of the registry, 0 to 1; null where the registry has none. */
export function share(row: Numbers, measure: Measure): number | null {
  return row.organisations === 0 ? null : row[measure] / row.organisations;
}

/** Whole percent, rounded down: 99.9 % is not all. */
export const percent = (of: number): number => Math.floor(of * 100 + 1e-9);

/** Rows by a column; those without organisations come last, whichever way. */
export function sorted<Row extends StandingRow>(
  rows: readonly Row[],
  by: Column,
  down: boolean,
  nameOf: (row: Row) => string,
): Row[] {
  const turn = down ? -1 : 1;
  const value = (row: Row): number | null =>
    by === "organisations" ? row.organisations : by === "name" ? 0 : share(row, by);
  return rows.toSorted((one, other) => {
    if (by === "name") return turn * nameOf(one).localeCompare(nameOf(other));
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return turn * (a - b) || nameOf(one).localeCompare(nameOf(other));
  });
}

/** Five steps of a share for the map; null stays null: nothing is drawn where nothing is known. */
export function step(of: number | null): 0 | 1 | 2 | 3 | 4 | null {
  if (of === null) return null;
  return Math.min(4, Math.floor(of * 5 + 1e-9)) as 0 | 1 | 2 | 3 | 4;
}

/** Points of a line over months, in a box of `width` by `height`; a month without a snapshot breaks it. */
export function trendRuns(months: readonly (number | null)[], width: number, height: number): string[] {
  const runs: string[] = [];
  let open = false;
  months.forEach((one, at) => {
    if (one === null) {
      open = false;
      return;
    }
    const x = months.length < 2 ? 0 : (at / (months.length - 1)) * width;
    const point = `${x.toFixed(1)} ${(height - one * height).toFixed(1)}`;
    if (open) runs[runs.length - 1] += `L${point}`;
    else runs.push(`M${point}h.1`);
    open = true;
  });
  return runs;
}
