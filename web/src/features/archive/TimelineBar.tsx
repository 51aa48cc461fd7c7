/**
 * A stretch of time as one bar: recorded is solid, sub stream only is half as high, a gap is hatched and tells its cause,
 * damaged pictures are notches from above, alarms are pins. Wheel zooms around the pointer, drag moves, click goes there.
 */
import { type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { wordFor } from "@/vocabulary/text";
import { clock, clockMinutes, clockOrDay, counter, day, zoneOffsetMs } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import {
  columns,
  damagedAt,
  DAY_MS,
  type Marks,
  pan,
  shareAt,
  ticks,
  toTime,
  toX,
  type View,
  visible,
  without,
  zoomAround,
} from "./geometry";
import { Thumbnail, type ThumbnailSource } from "./Thumbnail";
import type { Coverage, GapStretch, MotionLane } from "./use-timeline";

const HEIGHT = 56;
const TOP = 16;
const BAR = 28;
const CLICK_PX = 4;
const NOTCH_PX = 2;

interface Props {
  view: View;
  coverage: Coverage | null;
  positionMs: number | null;
  now: number;
  marks: Marks;
  onView: (view: View) => void;
  onSeek: (at: number) => void;
  thumbnail: ThumbnailSource;
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(1000);
  useLayoutEffect(() => {
    if (box.current === null) return;
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.max(100, entry?.contentRect.width ?? 100)));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return { box, width };
}

export function TimelineBar({ view, coverage, positionMs, now, marks, onView, onSeek, thumbnail }: Props) {
  const { t } = useWords();
  const { box, width } = useWidth();
  const [hover, setHover] = useState<number | null>(null);
  const drag = useRef<{ x: number; view: View; moved: boolean } | null>(null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        onView(pan(view, toTime(view, width, event.deltaX) - view.from));
      } else {
        onView(zoomAround(view, toTime(view, width, x), event.deltaY > 0 ? 1.35 : 1 / 1.35));
      }
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [box, view, width, onView]);

  const at = (event: PointerEvent<HTMLElement>) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    const x = at(event);
    setHover(toTime(view, width, x));
    const from = drag.current;
    if (from === null) return;
    if (Math.abs(x - from.x) > CLICK_PX) from.moved = true;
    if (from.moved) onView(pan(from.view, toTime(from.view, width, from.x) - toTime(from.view, width, x)));
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (drag.current?.moved === false) onSeek(Math.min(toTime(view, width, at(event)), now));
    drag.current = null;
  };
  return (
    <div
      ref={box}
      className="relative w-full cursor-crosshair touch-none select-none"
      style={{ height: HEIGHT + 16 }}
      role="slider"
      tabIndex={0}
      aria-label={t("archive.bar")}
      aria-valuemin={view.from}
      aria-valuemax={view.to}
      aria-valuenow={positionMs ?? view.from}
      aria-valuetext={positionMs === null ? "" : clock(positionMs)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: at(event), view, moved: false };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerLeave={() => setHover(null)}
      data-testid="timeline"
    >
      <Drawing view={view} width={width} coverage={coverage} now={now} />
      <Marked view={view} width={width} marks={marks} />
      {positionMs !== null && <Playhead x={toX(view, width, positionMs)} width={width} />}
      {hover !== null && (
        <Hover view={view} width={width} at={hover} coverage={coverage} now={now} thumbnail={thumbnail} />
      )}
    </div>
  );
}

function tickText(at: number, view: View): string {
  const length = view.to - view.from;
  if (length < 15 * 60_000) return clock(at);
  if (length > 4 * DAY_MS || clockMinutes(at) === "00:00") return day(at).slice(0, 5);
  return clockMinutes(at);
}

function Drawing({
  view,
  width,
  coverage,
  now,
}: {
  view: View;
  width: number;
  coverage: Coverage | null;
  now: number;
}) {
  const offset = zoneOffsetMs(view.from);
  const marks = useMemo(
    () =>
      ticks(view, width, offset).filter(
        (at) => toX(view, width, at) > 20 && toX(view, width, at) < width - 20,
      ),
    [view, width, offset],
  );
  const subOnly = useMemo(() => (coverage === null ? [] : without(coverage.sub, coverage.main)), [coverage]);
  const future = Math.max(0, toX(view, width, now));
  return (
    <svg width={width} height={HEIGHT + 16} className="block" aria-hidden>
      <defs>
        <pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" fill="var(--q-ground)" />
          <rect width="1.6" height="6" fill="var(--q-ink-3)" />
        </pattern>
      </defs>
      <rect x={0} y={TOP} width={width} height={BAR} fill="var(--q-ground)" stroke="var(--q-line)" />
      {coverage !== null && (
        <g>
          {visible(coverage.gaps, view, width).map((gap) => (
            <rect
              key={`g${gap.start}`}
              x={gap.x}
              y={TOP}
              width={gap.w}
              height={BAR}
              fill="url(#gap)"
              data-testid="gap"
            />
          ))}
          {visible(coverage.main, view, width).map((span) => (
            <rect
              key={`m${span.start}`}
              x={span.x}
              y={TOP}
              width={span.w}
              height={BAR}
              fill="var(--q-line-2)"
              data-testid="recorded"
            />
          ))}
          {visible(subOnly, view, width).map((span) => (
            <rect
              key={`s${span.start}`}
              x={span.x}
              y={TOP + BAR / 2}
              width={span.w}
              height={BAR / 2}
              fill="var(--q-line-2)"
              data-testid="sub-only"
            />
          ))}
        </g>
      )}
      {coverage !== null && coverage.motion !== null && (
        <Motion view={view} width={width} motion={coverage.motion} />
      )}
      {coverage !== null &&
        visible(coverage.damaged, view, width).map((one) => (
          <rect
            key={`d${one.start}`}
            x={one.x - Math.max(0, NOTCH_PX - one.w) / 2}
            y={TOP}
            width={Math.max(NOTCH_PX, one.w)}
            height={5}
            fill="var(--q-caution)"
            data-testid="damaged"
            data-pictures={one.pictures}
          />
        ))}
      {future < width && (
        <rect x={future} y={TOP} width={width - future} height={BAR} fill="var(--q-surface)" />
      )}
      {marks.map((at) => (
        <g key={at}>
          <line
            x1={toX(view, width, at)}
            x2={toX(view, width, at)}
            y1={TOP + BAR}
            y2={TOP + BAR + 5}
            stroke="var(--q-line-2)"
          />
          <text
            x={toX(view, width, at)}
            y={HEIGHT + 8}
            textAnchor="middle"
            fontSize={12}
            fill="var(--q-ink-3)"
          >
            {tickText(at, view)}
          </text>
        </g>
      ))}
      {(coverage?.alarms ?? []).map((alarm) => (
        <Pin key={alarm.id} x={toX(view, width, alarm.at)} level={alarm.level} />
      ))}
    </svg>
  );
}

/** How much moved, drawn upwards from the foot of the bar; over everything but pins and the playhead. */
function Motion({ view, width, motion }: { view: View; width: number; motion: MotionLane }) {
  const drawn = useMemo(() => columns(motion, view, width), [motion, view, width]);
  return (
    <g data-testid="motion" data-basis={motion.basis} data-columns={drawn.length}>
      {drawn.map(({ x, w, share }) => {
        const height = Math.max(2, share * (BAR - 6));
        return (
          <rect
            key={x}
            x={x}
            y={TOP + BAR - height}
            width={w}
            height={height}
            fill="var(--q-accent)"
            opacity={0.55}
          />
        );
      })}
    </g>
  );
}

function Pin({ x, level }: { x: number; level: string }) {
  const colour = level === "P1" ? "var(--q-alarm)" : level === "P2" ? "var(--q-caution)" : "var(--q-unknown)";
  return (
    <g data-testid="pin">
      <line x1={x} x2={x} y1={10} y2={TOP + BAR} stroke={colour} strokeWidth={1.5} />
      <path d={`M${x} 0.5 L${x + 5.5} 6 L${x} 11.5 L${x - 5.5} 6 Z`} fill={colour} />
    </g>
  );
}

function Playhead({ x, width }: { x: number; width: number }) {
  if (x < 0 || x > width) return null;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-2.5 h-9 w-0.5 -translate-x-1/2 bg-accent"
      style={{ left: x }}
    />
  );
}

/** What was marked for export: two edges, and the stretch between them. */
function Marked({ view, width, marks }: { view: View; width: number; marks: Marks }) {
  const { from, to } = marks;
  const edges = [from, to].filter((at) => at !== undefined).map((at) => toX(view, width, at));
  if (edges.length === 0) return null;
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden" data-testid="marked">
      {edges.length === 2 && (
        <div
          className="absolute top-4 h-7 bg-accent/25"
          style={{ left: edges[0], width: (edges[1] ?? 0) - (edges[0] ?? 0) }}
        />
      )}
      {edges.map((x) => (
        <div key={x} className="absolute top-3 h-9 w-px bg-accent" style={{ left: x }} />
      ))}
    </div>
  );
}

/** The time under the pointer, its picture, and why nothing was recorded there. */
function Hover({
  view,
  width,
  at,
  coverage,
  now,
  thumbnail,
}: {
  view: View;
  width: number;
  at: number;
  coverage: Coverage | null;
  now: number;
  thumbnail: ThumbnailSource;
}) {
  const { t } = useWords();
  const gap = coverage?.gaps.find(({ start, end }) => at >= start && at < end);
  const subHasIt =
    gap !== undefined && coverage?.sub.some(({ start, end }) => at >= start && at < end) === true;
  const hasPicture = at <= now && (gap === undefined || subHasIt);
  const half = Math.min(115, width / 2);
  const x = Math.min(width - half, Math.max(half, toX(view, width, at)));
  const damaged = damagedAt(coverage?.damaged ?? [], at, toTime(view, width, NOTCH_PX) - view.from);
  const moved = coverage?.motion ? shareAt(coverage.motion, at) : null;
  const why = gap === undefined ? null : wordFor(t, "reason", gap.cause);
  return (
    <div
      className="pointer-events-none absolute bottom-full z-10 -translate-x-1/2 rounded-sm border border-line-2 bg-surface px-2 py-1 text-center text-sm shadow-float"
      style={{ left: x, width: "max-content", maxWidth: Math.min(360, width) }}
      role="tooltip"
    >
      {hasPicture && <Thumbnail source={thumbnail} at={at} />}
      {view.to - view.from > 2 * DAY_MS && `${day(at)} `}
      {clock(at)}
      {at <= now && why !== null && (
        <span className="text-ink-2">
          {" · "}
          {subHasIt ? t("archive.sub_only", { why }) : <GapWords gap={gap} why={why} now={now} />}
        </span>
      )}
      {damaged > 0 && (
        <span className="block text-caution" data-testid="damaged-words">
          {t("archive.damaged", { count: damaged })}
        </span>
      )}
      {moved !== null && moved > 0 && (
        <span className="block text-ink-2" data-testid="motion-share">
          {t(`motion.${coverage?.motion?.basis ?? "events"}`)}
          {coverage?.motion?.basis === "events" &&
            `: ${t("motion.share", { percent: Math.round(moved * 100) })}`}
        </span>
      )}
    </div>
  );
}

/** Since when, until when, how long, and why nothing was recorded. */
function GapWords({ gap, why, now }: { gap: GapStretch | undefined; why: string; now: number }) {
  const { t } = useWords();
  if (gap === undefined) return null;
  return (
    <>
      {t("archive.gap_for", {
        from: clockOrDay(gap.start, now),
        to: clockOrDay(gap.end, now),
        length: counter(gap.end - gap.start),
        why,
      })}
    </>
  );
}
