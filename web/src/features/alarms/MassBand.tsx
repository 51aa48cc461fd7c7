/**
 * Many alarms at once, as one picture over the queue: how many, at how many schools, how many nobody owns. Every P1 has
 * its own mark in it; none is replaced by the sum, and each stays in the queue.
 */
import { Siren } from "lucide-react";
import { type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { Alarm } from "@/api/types";
import { isWaiting, useAlarmWords } from "@/vocabulary/alarms";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useReportAllDrawn } from "./drawn";
import { gridFor, type Grid, markAt, placeOf } from "./marks";

/** From so many open P1 on, one cannot see them all in a list. */
export const MASS = 12;
const TALLEST_PX = 220;

/** The P1 of a mass event, oldest first, so that a mark keeps its place while more come. */
export function massOf(queue: readonly Alarm[]): Alarm[] {
  const p1 = queue.filter((alarm) => alarm.level === "P1" && alarm.kind === "real");
  const mass = p1.length >= MASS || p1.some((alarm) => alarm.parent !== null);
  return mass ? p1.sort((a, b) => (a.received_at < b.received_at ? -1 : 1)) : [];
}

export function MassBand({ queue, onChoose }: { queue: readonly Alarm[]; onChoose: (alarm: Alarm) => void }) {
  const alarms = useMemo(() => massOf(queue), [queue]);
  if (alarms.length === 0) return null;
  return <Band alarms={alarms} onChoose={onChoose} />;
}

function Band({ alarms, onChoose }: { alarms: readonly Alarm[]; onChoose: (alarm: Alarm) => void }) {
  const { t } = useWords();
  const waiting = alarms.filter(isWaiting).length;
  const schools = new Set(alarms.map((alarm) => alarm.school)).size;
  const since = alarms[0]?.received_at;
  return (
    <section
      className="shrink-0 border-b border-alarm bg-surface p-2"
      data-testid="mass"
      data-count={alarms.length}
      data-waiting={waiting}
    >
      <h3 className="flex items-start gap-2 font-semibold text-alarm">
        <Siren size={16} aria-hidden className="mt-0.5 shrink-0" />
        <span>{t("mass.title", { count: alarms.length })}</span>
      </h3>
      <p className="mb-1.5 text-sm text-ink-2">
        {t("mass.schools", { count: schools })}
        {since !== undefined && ` · ${t("mass.since", { time: clock(Date.parse(since)) })}`}
        {" · "}
        <span className={waiting > 0 ? "font-semibold text-alarm" : ""}>
          {t("mass.waiting", { count: waiting })}
        </span>
      </p>
      <Marks alarms={alarms} onChoose={onChoose} />
    </section>
  );
}

function Marks({ alarms, onChoose }: { alarms: readonly Alarm[]; onChoose: (alarm: Alarm) => void }) {
  const { t } = useWords();
  const { where } = useAlarmWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [pointed, setPointed] = useState<Alarm | null>(null);
  const grid = useMemo(() => gridFor(alarms.length, width, TALLEST_PX), [alarms.length, width]);
  const ids = useStableIds(alarms);
  useReportAllDrawn(ids);
  useEffect(() => {
    const box = canvas.current?.parentElement;
    if (box === undefined || box === null) return;
    const observer = new ResizeObserver(() => setWidth(box.clientWidth));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, alarms, grid, width);
  }, [alarms, grid, width]);
  const under = (event: MouseEvent): Alarm | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = markAt(event.clientX - box.left, event.clientY - box.top, alarms.length, grid);
    return index === null ? null : (alarms[index] ?? null);
  };
  return (
    <div className="max-h-[30vh] overflow-y-auto">
      <canvas
        ref={canvas}
        role="img"
        aria-label={t("mass.title", { count: alarms.length })}
        title={pointed === null ? undefined : where(pointed)}
        className="block cursor-pointer"
        onMouseMove={(event) => setPointed(under(event))}
        onClick={(event) => {
          const alarm = under(event);
          if (alarm !== null) onChoose(alarm);
        }}
        data-testid="mass-marks"
      />
    </div>
  );
}

/** The same array while the same alarms are shown, whatever happens to each. */
function useStableIds(alarms: readonly Alarm[]): readonly string[] {
  const key = alarms.map((alarm) => alarm.id).join(" ");
  return useMemo(() => (key === "" ? [] : key.split(" ")), [key]);
}

/** Filled while nobody owns it, hollow afterwards: the shape says it without the colour. */
function draw(canvas: HTMLCanvasElement, alarms: readonly Alarm[], grid: Grid, width: number): void {
  const scale = window.devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = grid.height * scale;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${grid.height}px`;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(scale, scale);
  const colour = getComputedStyle(canvas).getPropertyValue("--q-alarm");
  pen.fillStyle = colour;
  pen.strokeStyle = colour;
  alarms.forEach((alarm, index) => {
    const { x, y } = placeOf(index, grid);
    const half = grid.cell / 2;
    const reach = half - 0.75;
    pen.beginPath();
    pen.moveTo(x + half, y + half - reach);
    pen.lineTo(x + half + reach, y + half);
    pen.lineTo(x + half, y + half + reach);
    pen.lineTo(x + half - reach, y + half);
    pen.closePath();
    if (isWaiting(alarm)) pen.fill();
    else pen.stroke();
  });
}
