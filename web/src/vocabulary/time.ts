/** Instants as people in Kazakhstan read them: Asia/Almaty, 24 h, 22.11.2026. Instants are epoch ms. */

export const ZONE = "Asia/Almaty";

const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

interface WallClock {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
}

function wallClock(at: number): WallClock {
  const found: Record<string, string> = {};
  for (const { type, value } of parts.formatToParts(at)) found[type] = value;
  return found as unknown as WallClock;
}

/** 12:44:07 */
export function clock(at: number): string {
  const { hour, minute, second } = wallClock(at);
  return `${hour}:${minute}:${second}`;
}

/** 12:44:07,320 */
export function clockExact(at: number): string {
  const ms = ((Math.floor(at) % 1000) + 1000) % 1000;
  return `${clock(at)},${String(ms).padStart(3, "0")}`;
}

/** 12:44 */
export function clockMinutes(at: number): string {
  return clock(at).slice(0, 5);
}

/** 22.11.2026 */
export function day(at: number): string {
  const { year, month, day: date } = wallClock(at);
  return `${date}.${month}.${year}`;
}

/** 22.11.2026 12:44:07 */
export function dayAndClock(at: number): string {
  return `${day(at)} ${clock(at)}`;
}

/** 12:44:07, with the day in front when that is not today. */
export function clockOrDay(at: number, now: number): string {
  return day(at) === day(now) ? clock(at) : dayAndClock(at);
}

/** 2026-11-22, as an `<input type="date">` wants it. */
export function isoDay(at: number): string {
  const { year, month, day: date } = wallClock(at);
  return `${year}-${month}-${date}`;
}

/** How far the zone is from UTC at an instant. */
export function zoneOffsetMs(at: number): number {
  const { year, month, day: date, hour, minute, second } = wallClock(at);
  const asUtc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(date),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return asUtc - Math.floor(at / 1000) * 1000;
}

/** Local midnight before an instant. */
export function dayStart(at: number): number {
  const offset = zoneOffsetMs(at);
  return Math.floor((at + offset) / 86_400_000) * 86_400_000 - offset;
}

/** The instant of a local day (22.11.2026) and time (12:44 or 12:44:07) as a person types them, or null when it is none. */
export function fromLocal(date: string, time: string): number | null {
  const days = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*$/.exec(date);
  const times = /^\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*$/.exec(time);
  if (days === null || times === null) return null;
  const [dayOfMonth, month, year] = days.slice(1).map(Number) as [number, number, number];
  const [hour, minute, second = 0] = times.slice(1).map((text) => Number(text ?? 0)) as [
    number,
    number,
    number,
  ];
  const guess = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second);
  const at = guess - zoneOffsetMs(guess);
  const two = (value: number) => String(value).padStart(2, "0");
  const same =
    dayAndClock(at) === `${two(dayOfMonth)}.${two(month)}.${year} ${two(hour)}:${two(minute)}:${two(second)}`;
  return same ? at : null;
}

/** An age as a counter: 00:07, 12:44, 1:02:03. Never negative. */
export function counter(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
