import { describe, expect, test } from "vitest";
import {
  damagedAt,
  DAY_MS,
  MIN_VIEW_MS,
  nextRecorded,
  pan,
  ticks,
  toTime,
  toX,
  visible,
  without,
  zoomAround,
} from "@/features/archive/geometry";
import { chunkFrom } from "@/player/archive-plan";
import { counter, day, dayAndClock, dayStart, fromLocal, zoneOffsetMs } from "@/vocabulary/time";

const NOON = Date.UTC(2026, 10, 22, 7); // 12:00 in Almaty
const VIEW = { from: dayStart(NOON), to: dayStart(NOON) + DAY_MS };

describe("the timeline's geometry", () => {
  test("a place on the bar and its time are each other's inverse", () => {
    for (const x of [0, 137, 700.5, 1400]) expect(toX(VIEW, 1400, toTime(VIEW, 1400, x))).toBeCloseTo(x, 6);
  });

  test("zooming keeps the time under the pointer under the pointer", () => {
    let view = VIEW;
    const x = 400;
    const at = toTime(view, 1400, x);
    for (const factor of [0.5, 0.5, 1.35, 0.2]) {
      view = zoomAround(view, at, factor);
      expect(Math.abs(toX(view, 1400, at) - x)).toBeLessThan(0.2);
    }
  });

  test("from a month to seconds and no further", () => {
    let view = VIEW;
    for (let step = 0; step < 60; step += 1) view = zoomAround(view, NOON, 0.7);
    expect(view.to - view.from).toBe(MIN_VIEW_MS);
    for (let step = 0; step < 60; step += 1) view = zoomAround(view, NOON, 1.5);
    expect(view.to - view.from).toBe(31 * DAY_MS);
  });

  test("a gap of one second in a day can still be seen", () => {
    const [gap] = visible([{ start: NOON, end: NOON + 1_000 }], VIEW, 1000);
    expect(gap?.w).toBeGreaterThan(0.3);
    expect(visible([{ start: VIEW.from - 10, end: VIEW.from }], VIEW, 1000)).toEqual([]);
  });

  test("damaged pictures are told where their mark is seen, though they lasted a moment", () => {
    const damaged = [
      { start: NOON, end: NOON + 40, pictures: 3 },
      { start: NOON + 60_000, end: NOON + 61_000, pictures: 2 },
    ];
    expect(damagedAt(damaged, NOON + 500, 1_000)).toBe(3);
    expect(damagedAt(damaged, NOON + 30_000, 1_000)).toBe(0);
    expect(damagedAt(damaged, NOON + 30_000, 40_000)).toBe(5);
  });

  test("stretches are cut at the edges of the bar", () => {
    const [span] = visible([{ start: VIEW.from - DAY_MS, end: VIEW.to + DAY_MS }], VIEW, 1000);
    expect(span).toMatchObject({ x: 0, w: 1000 });
  });

  test("ticks stand on round local times and not too close", () => {
    const marks = ticks(VIEW, 1400, zoneOffsetMs(NOON));
    expect(marks[0]).toBe(VIEW.from);
    expect(marks.length).toBeGreaterThan(8);
    for (const at of marks) expect((at + zoneOffsetMs(NOON)) % 3_600_000).toBe(0);
    expect(toX(VIEW, 1400, marks[1] ?? 0) - toX(VIEW, 1400, marks[0] ?? 0)).toBeGreaterThanOrEqual(57);
  });

  test("moving about keeps the length", () => {
    expect(pan(VIEW, -DAY_MS)).toEqual({ from: VIEW.from - DAY_MS, to: VIEW.from });
  });

  test("sub only is what the sub stream has and the main stream has not", () => {
    const sub = [{ start: 0, end: 100 }];
    const main = [
      { start: 0, end: 20 },
      { start: 40, end: 60 },
    ];
    expect(without(sub, main)).toEqual([
      { start: 20, end: 40 },
      { start: 60, end: 100 },
    ]);
  });

  test("a gap is jumped to the next recorded instant", () => {
    const spans = [
      { start: 0, end: 10 },
      { start: 50, end: 60 },
    ];
    expect(nextRecorded(spans, 5)).toBe(5);
    expect(nextRecorded(spans, 10)).toBe(50);
    expect(nextRecorded(spans, 60)).toBeNull();
  });
});

describe("what is asked of the school next", () => {
  const now = NOON;

  test("a chunk, not an hour", () => {
    expect(chunkFrom(now - 3_600_000, { recorded: null, limit: Infinity, now })).toEqual({
      kind: "fetch",
      start: now - 3_600_000,
      end: now - 3_570_000,
    });
  });

  test("a known gap is not asked for", () => {
    const recorded = [{ start: now - 100_000, end: now - 10_000 }];
    expect(chunkFrom(now - 900_000, { recorded, limit: Infinity, now })).toMatchObject({
      start: now - 100_000,
    });
  });

  test("behind what the timeline lists, the present is asked for all the same", () => {
    const recorded = [{ start: now - 100_000, end: now - 20_000 }];
    expect(chunkFrom(now - 20_000, { recorded, limit: Infinity, now })).toMatchObject({
      kind: "fetch",
      start: now - 20_000,
    });
  });

  test("near the present it waits rather than asking for every second: each call is a line in the ledger", () => {
    expect(chunkFrom(now - 4_000, { recorded: null, limit: Infinity, now })).toEqual({ kind: "wait" });
  });

  test("a loop is fetched to its end and then no more", () => {
    const limit = now - 10_000;
    expect(chunkFrom(limit - 2_000, { recorded: null, limit, now })).toEqual({
      kind: "fetch",
      start: limit - 2_000,
      end: limit,
    });
    expect(chunkFrom(limit, { recorded: null, limit, now })).toEqual({ kind: "done" });
    expect(chunkFrom(now - 2_000, { recorded: null, limit: now + 5_000, now })).toEqual({ kind: "wait" });
  });
});

describe("instants as people in Almaty read them", () => {
  test("day, clock and midnight are of the zone, not of the machine", () => {
    expect(dayAndClock(NOON)).toBe("22.11.2026 12:00:00");
    expect(dayAndClock(dayStart(NOON))).toBe("22.11.2026 00:00:00");
    expect(day(dayStart(NOON) - 1)).toBe("21.11.2026");
  });

  test("what is typed is read, and nonsense is not", () => {
    expect(fromLocal("22.11.2026", "12:00:00")).toBe(NOON);
    expect(fromLocal("22.11.2026", "12:00")).toBe(NOON);
    expect(fromLocal("31.02.2026", "12:00")).toBeNull();
    expect(fromLocal("22.11.2026", "25:00")).toBeNull();
    expect(fromLocal("tomorrow", "12:00")).toBeNull();
  });

  test("ages count up", () => {
    expect([7_900, 764_000, 3_723_000, -5].map(counter)).toEqual(["00:07", "12:44", "1:02:03", "00:00"]);
  });
});
