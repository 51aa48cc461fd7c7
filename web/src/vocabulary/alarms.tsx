/** How an alarm looks: level by shape and word, kind by colour. Colour never stands alone. */
import type { Alarm, Kind, Level } from "@/api/types";
import { wordFor } from "./text";
import { useWords } from "./use-words";

export type Tone = "alarm" | "caution" | "drill" | "unknown";

export function toneOf(alarm: { level: Level; kind: Kind }): Tone {
  if (alarm.kind !== "real") return "drill";
  if (alarm.level === "P1") return "alarm";
  return alarm.level === "P2" ? "caution" : "unknown";
}

export const TONE_TEXT: Record<Tone, string> = {
  alarm: "text-alarm",
  caution: "text-caution",
  drill: "text-drill",
  unknown: "text-unknown",
};

export const TONE_FILL: Record<Tone, string> = {
  alarm: "bg-alarm text-on-alarm",
  caution: "bg-caution text-on-caution",
  drill: "bg-drill text-on-drill",
  unknown: "bg-unknown text-on-unknown",
};

export const TONE_BORDER: Record<Tone, string> = {
  alarm: "border-alarm",
  caution: "border-caution",
  drill: "border-drill",
  unknown: "border-unknown",
};

const SHAPES: Record<Level, string> = {
  P1: "M8 0.8 15.2 8 8 15.2 0.8 8Z",
  P2: "M8 1.5 15 14H1Z",
  P3: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z",
};

/** Diamond, triangle, circle for P1, P2, P3; hollow for a drill or a test. */
export function LevelMark({ level, kind, size = 14 }: { level: Level; kind: Kind; size?: number }) {
  const hollow = kind !== "real";
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden className="shrink-0">
      <path
        d={SHAPES[level]}
        fill={hollow ? "none" : "currentColor"}
        stroke="currentColor"
        strokeWidth={hollow ? 2 : 0}
      />
    </svg>
  );
}

type Said = Pick<Alarm, "level" | "kind" | "meaning">;

/** P1 · panic button; a drill or a test says so first. */
export function LevelWords({ alarm }: { alarm: Said }) {
  const { what } = useAlarmWords();
  return <>{what(alarm)}</>;
}

/** An alarm in words: what it says (its level alone when the way in knew no more), and where. */
export function useAlarmWords() {
  const { t, name } = useWords();
  const what = (alarm: Said): string => {
    const level = alarm.meaning
      ? `${alarm.level} · ${wordFor(t, "meaning", alarm.meaning)}`
      : t(`level.${alarm.level}`);
    return alarm.kind === "real" ? level : `${t(`kind.${alarm.kind}`)} · ${level}`;
  };
  const where = (alarm: Pick<Alarm, "school_name" | "place">): string =>
    `${name(alarm.school_name)}, ${name(alarm.place)}`;
  return { what, where };
}

/** Put aside by two persons, until its time is up. */
export function isShelved(alarm: Alarm): boolean {
  return alarm.shelf !== null && alarm.shelf.confirmed_by !== null;
}

/** It calls for an owner: nobody has it (any more), however far it was handled, and it is not on the shelf. */
export function isWaiting(alarm: Alarm): boolean {
  return alarm.owner === null && alarm.closed_at === null && !isShelved(alarm);
}

/** Nobody owns it any more: its owner's screen fell silent, or gave it back. Louder than a new one. */
export function wentBack(alarm: Alarm): boolean {
  return isWaiting(alarm) && alarm.log.some((line) => line.action === "owned");
}

const RANK: Record<Level, number> = { P1: 0, P2: 1, P3: 2 };

/** The queue's order: real before drill, what lies on the shelf last, level, those that nobody owns first, then the oldest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    Number(a.kind !== "real") - Number(b.kind !== "real") ||
    Number(isShelved(a)) - Number(isShelved(b)) ||
    RANK[a.level] - RANK[b.level] ||
    Number(isWaiting(b)) - Number(isWaiting(a)) ||
    byInstant(a.pressed_at, b.pressed_at)
  );
}

/** The API writes instants in one form, whose texts sort as they do; parsing two thousand of them takes a frame. */
function byInstant(a: string, b: string): number {
  if (a.length !== b.length) return Date.parse(a) - Date.parse(b);
  return a < b ? -1 : a > b ? 1 : 0;
}
