/** How wrong a clock is, in words. Nothing is said of one that is right enough. */
import type { TFunction } from "i18next";
import { useWords } from "./use-words";

/** From here on a clock is wrong: recordings of two cameras, or of two schools, can no longer be laid side by side. */
export const WRONG_FROM_S = 5;

export function isWrong(offset: number | null): offset is number {
  return offset !== null && Math.abs(offset) >= WRONG_FROM_S;
}

/** 40 s, 12 min, 5 h, 3 d: rounded, for a person to grasp. */
export function roughly(t: TFunction, seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 90) return t("clock.seconds", { count: Math.round(size) });
  if (size < 90 * 60) return t("clock.minutes", { count: Math.round(size / 60) });
  if (size < 36 * 3600) return t("clock.hours", { count: Math.round(size / 3600) });
  return t("clock.days", { count: Math.round(size / 86_400) });
}

export function ClockWords({ offset }: { offset: number | null }) {
  const { t } = useWords();
  if (!isWrong(offset)) return null;
  return (
    <span className="text-sm text-caution" data-testid="clock-wrong">
      {t(offset > 0 ? "clock.ahead" : "clock.behind", { time: roughly(t, offset) })}
    </span>
  );
}
