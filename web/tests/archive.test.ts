/** Decisions of archive playback: the clock, what to fetch, what to do about gaps, what to export. */
import { describe, expect, test } from "vitest";
import { nameIn } from "@/features/archive/download";
import { marked, stretchOf } from "@/features/archive/geometry";
import { ArchiveClock, decideClock, faster, keysOnly, PATIENCE_MS } from "@/player/archive-clock";
import { chunkBefore, chunkFrom, isKnownGap, nearestRecorded, steppedFrom } from "@/player/archive-plan";

describe("the clock", () => {
  test("stands, runs, runs backwards and fast, and can be set meanwhile", () => {
    let now = 0;
    const clock = new ArchiveClock(1_000, () => now);
    now = 500;
    expect(clock.position()).toBe(1_000);
    clock.run();
    now = 700;
    expect(clock.position()).toBe(1_200);
    clock.setSpeed(-16);
    now = 800;
    expect(clock.position()).toBe(1_200 - 1_600);
    clock.set(50_000);
    clock.setSpeed(0.5);
    now = 1_000;
    expect(clock.position()).toBe(50_100);
    clock.hold();
    now = 9_000;
    expect([clock.position(), clock.running]).toEqual([50_100, false]);
  });

  test("J and L go from ×1 up in their direction and turn around at ×1", () => {
    expect([1, 2, 4, 8, 16].map((speed) => faster(speed, 1))).toEqual([2, 4, 8, 16, 16]);
    expect([-1, -8, -16].map((speed) => faster(speed, -1))).toEqual([-2, -16, -16]);
    expect([faster(4, -1), faster(-16, 1), faster(0.5, 1)]).toEqual([-1, 1, 1]);
  });

  test("whole pictures up to ×4 forwards, keyframes otherwise", () => {
    expect([0.5, 1, 2, 4].some(keysOnly)).toBe(false);
    expect([8, 16, -1, -4].every(keysOnly)).toBe(true);
  });
});

describe("several cameras on one clock", () => {
  test("all wait for one that loads, but not for ever", () => {
    expect(decideClock(["ready", "loading"], 0)).toBe("hold");
    expect(decideClock(["ready", "loading"], PATIENCE_MS)).toBe("run");
    expect(decideClock(["loading", "gap"], PATIENCE_MS)).toBe("hold");
  });

  test("a gap of one is its own, a gap of all is jumped", () => {
    expect(decideClock(["ready", "gap", "failed"], 0)).toBe("run");
    expect(decideClock(["gap", "gap"], 0)).toBe("jump");
    expect(decideClock(["gap", "failed"], 0)).toBe("jump");
  });

  test("at the present it waits, and with nothing but failures it stands", () => {
    expect(decideClock(["waiting", "gap"], 0)).toBe("hold");
    expect(decideClock(["failed"], 0)).toBe("hold");
  });
});

describe("what to fetch", () => {
  const recorded = [
    { start: 0, end: 100_000 },
    { start: 500_000, end: 600_000 },
  ];

  test("backwards: what is before, over the gap, and no further than the beginning", () => {
    const known = { recorded, limit: Infinity, now: 1e9, chunkMs: 60_000 };
    expect(chunkBefore(550_000, known)).toEqual({ kind: "fetch", start: 490_000, end: 550_000 });
    expect(chunkBefore(490_000, known)).toEqual({ kind: "fetch", start: 40_000, end: 100_000 });
    expect(chunkBefore(100, known)).toEqual({ kind: "done" });
    expect(chunkBefore(100, { ...known, recorded: null })).toEqual({
      kind: "fetch",
      start: -59_900,
      end: 100,
    });
  });

  test("keyframes come in longer chunks", () => {
    const known = { recorded: null, limit: Infinity, now: 1e9, chunkMs: 240_000 };
    expect(chunkFrom(0, known)).toEqual({ kind: "fetch", start: 0, end: 240_000 });
  });

  test("a gap is one only when something is known behind it", () => {
    expect(isKnownGap(recorded, 200_000)).toBe(true);
    expect(isKnownGap(recorded, 50_000)).toBe(false);
    expect(isKnownGap(recorded, 700_000)).toBe(false);
    expect(isKnownGap(null, 200_000)).toBe(false);
  });

  test("a step leads into the middle of the picture before or behind the one on the screen", () => {
    expect(steppedFrom(10.03, 10, 1, 25)).toBeCloseTo(10.06);
    expect(steppedFrom(10.03, 10, -1, 25)).toBeCloseTo(9.98);
    expect(steppedFrom(10.02, 9.5, 1, 25)).toBeCloseTo(10.06); // the screen is behind the clock
    // One picture late, as after a step that is not drawn yet: where pictures begin is known all the same
    for (const late of [0.05, 0.0599, 0.06, 0.0601, 0.075])
      expect(steppedFrom(10 + late, 10, -1, 25)).toBeCloseTo(10.02, 3);
    for (const late of [0, 0.02, 0.041]) expect(steppedFrom(10 + late, 10, 1, 25)).toBeCloseTo(10.06, 3);
    expect(steppedFrom(10.02, null, 1, 25)).toBeCloseTo(10.06);
  });

  test("a jump goes to the nearest recording in the direction of time", () => {
    expect(nearestRecorded(recorded, 200_000, 1)).toBe(500_000);
    expect(nearestRecorded(recorded, 200_000, -8)).toBe(99_999);
    expect(nearestRecorded(recorded, 700_000, 1)).toBeNull();
    expect(nearestRecorded(recorded, -5, -1)).toBeNull();
    expect(nearestRecorded(null, 5, 1)).toBeNull();
  });
});

describe("what to export", () => {
  test("marks keep their order: an edge on the wrong side drives the other away", () => {
    expect(marked({}, "from", 10)).toEqual({ from: 10 });
    expect(marked({ from: 10 }, "to", 20)).toEqual({ from: 10, to: 20 });
    expect(marked({ from: 10, to: 20 }, "from", 30)).toEqual({ from: 30 });
    expect(marked({ from: 10 }, "to", 5)).toEqual({ to: 5 });
  });

  test("without marks it is a minute around the place, and never the future", () => {
    const now = 10_000_000;
    expect(stretchOf({ from: 1, to: 9 }, 0, now)).toEqual({ start: 1, end: 9 });
    expect(stretchOf({ from: 1_000 }, 0, now)).toEqual({ start: 1_000, end: 61_000 });
    expect(stretchOf({ to: 100_000 }, 0, now)).toEqual({ start: 40_000, end: 100_000 });
    expect(stretchOf({}, 500_000, now)).toEqual({ start: 470_000, end: 530_000 });
    expect(stretchOf({}, now, now).end).toBe(now - 5_000);
  });

  test("a file's name is taken only when it can be one", () => {
    expect(nameIn('attachment; filename="kst-012_hall_main.mp4"')).toBe("kst-012_hall_main.mp4");
    expect(nameIn('attachment; filename="../../etc/passwd"')).toBeNull();
    expect(nameIn(null)).toBeNull();
  });
});
