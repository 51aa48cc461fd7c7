import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, taken } from "@/api/client";
import type { StreamName, Timeline } from "@/api/types";
import { type Damaged, DAY_MS, type Stretch, type View } from "./geometry";

export interface GapStretch extends Stretch {
  cause: string;
}

export interface Coverage {
  main: Stretch[];
  sub: Stretch[];
  gaps: GapStretch[];
  damaged: Damaged[];
  alarms: { id: string; at: number; level: string }[];
  motion: MotionLane | null;
}

/** How much moved, as shares 0 … 1 of each step from `start`. */
export interface MotionLane {
  start: number;
  stepMs: number;
  basis: "events" | "sizes";
  shares: readonly number[];
}

const REFRESH_MS = 10_000;

const stretch = ({ start, end }: { start: string; end: string }): Stretch => ({
  start: Date.parse(start),
  end: Date.parse(end),
});

function coverageOf(timeline: Timeline): Coverage {
  const of = (stream: StreamName) => timeline.spans.filter((span) => span.stream === stream).map(stretch);
  const main = timeline.gaps.filter((gap) => gap.stream === "main");
  return {
    main: of("main"),
    sub: of("sub"),
    gaps: main.map((gap) => ({ ...stretch(gap), cause: gap.cause })),
    damaged: timeline.damaged
      .filter((one) => one.stream === "main")
      .map((one) => ({ ...stretch(one), pictures: one.pictures })),
    alarms: timeline.alarms.map(({ id, at, level }) => ({ id, at: Date.parse(at), level })),
    motion: timeline.motion && {
      start: Date.parse(timeline.motion.start),
      stepMs: timeline.motion.step_s * 1000,
      basis: timeline.motion.basis,
      shares: timeline.motion.density.map((value) => value / 255),
    },
  };
}

/** What is asked of the school: whole days around the view, so that moving about inside of a day asks nothing. */
export function daysAround(view: View, dayStart: (at: number) => number, now: number): View {
  const from = dayStart(view.from);
  const to = Math.min(dayStart(view.to) + DAY_MS, now);
  return { from: Math.max(from, to - 31 * DAY_MS), to };
}

export function useCoverage(camera: string, asked: View, now: number) {
  const live = now - asked.to < DAY_MS && asked.to > now - 60_000;
  const { from } = asked;
  const untilNow = live ? "now" : asked.to;
  const query = useQuery({
    queryKey: ["timeline", camera, from, untilNow],
    queryFn: () =>
      taken(
        api.GET("/api/cameras/{camera_id}/timeline", {
          params: {
            path: { camera_id: camera },
            query: { start: new Date(from).toISOString(), end: new Date(asked.to).toISOString() },
          },
        }),
      ),
    enabled: asked.to > from,
    refetchInterval: live ? REFRESH_MS : false,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const coverage = useMemo(() => (query.data === undefined ? null : coverageOf(query.data)), [query.data]);
  return { coverage, error: query.error, refetch: query.refetch };
}
