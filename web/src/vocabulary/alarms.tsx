/** How an alarm looks: level by shape and word, kind by colour. Colour never stands alone. */
import type { Alarm, AlarmState, Kind, Level } from "@/api/types";
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

/** P1 · panic button; a drill or a test says so first. */
export function LevelWords({ alarm }: { alarm: Pick<Alarm, "level" | "kind"> }) {
  const { t } = useWords();
  const level = t(`level.${alarm.level}`);
  return <>{alarm.kind === "real" ? level : `${t(`kind.${alarm.kind}`)} · ${level}`}</>;
}

const WAITING: ReadonlySet<AlarmState> = new Set(["stored", "presented"]);

/** Nobody owns it yet. */
export function isWaiting(alarm: Alarm): boolean {
  return WAITING.has(alarm.state);
}

const RANK: Record<Level, number> = { P1: 0, P2: 1, P3: 2 };

/** The queue's order: real before drill, level, those that nobody owns first, then the oldest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    Number(a.kind !== "real") - Number(b.kind !== "real") ||
    RANK[a.level] - RANK[b.level] ||
    Number(isWaiting(b)) - Number(isWaiting(a)) ||
    Date.parse(a.pressed_at) - Date.parse(b.pressed_at)
  );
}
