/** The picture of an after-action report. Pure: every part of the handling as a bar against its goal. */
import type { AfterActionPart } from "@/api/types";

export interface Bar {
  /** Of the track's width, 0…1. Null: nobody knows how long it took. */
  fill: number | null;
  /** Where the goal's line stands, 0…1; null without a goal. */
  goal: number | null;
  /** Longer than the track can show. */
  beyond: boolean;
}

/** Every goal stands at the middle of its track: over the line is over the goal, whatever the unit of time. */
const GOAL_AT = 0.5;

/** Parts without a goal share one scale, on which the longest of them fills the track. */
export function barOf(part: AfterActionPart, longestMs: number): Bar {
  const { seconds } = part;
  const known = seconds === null || seconds < 0 ? null : seconds;
  if (part.goal_s === null) {
    return {
      fill: known === null ? null : longestMs === 0 ? 0 : (known * 1000) / longestMs,
      goal: null,
      beyond: false,
    };
  }
  const share = known === null ? null : (known / part.goal_s) * GOAL_AT;
  return {
    fill: share === null ? null : Math.min(1, share),
    goal: GOAL_AT,
    beyond: share !== null && share > 1,
  };
}

export function longestMs(parts: readonly AfterActionPart[]): number {
  return Math.max(
    0,
    ...parts.filter((part) => part.goal_s === null).map((part) => (part.seconds ?? 0) * 1000),
  );
}

/** As precise as it matters: 30 ms; 0,4 s; 12 s; 04:07. */
export function lasted(seconds: number): { form: "ms" | "tenths" | "seconds" | "counter"; value: number } {
  if (seconds < 0.1) return { form: "ms", value: Math.round(seconds * 1000) };
  if (seconds < 10) return { form: "tenths", value: Math.round(seconds * 10) / 10 };
  if (seconds < 100) return { form: "seconds", value: Math.round(seconds) };
  return { form: "counter", value: seconds * 1000 };
}
