import { describe, expect, it } from "vitest";
import { cleanShare, sortedDistricts } from "@/features/quality/Districts";
import { runsOf } from "@/features/quality/Plot";
import {
  type ApprovedView,
  type DistrictQuality,
  type HourOfPicture,
  type Spell,
  viewOf,
} from "@/features/quality/quality";
import { told } from "@/features/quality/Streams";
import { readQuality } from "@/app/places";

const hour = (at: string, mean: number): HourOfPicture => ({
  at,
  looks: 1,
  mean,
  sharpness: 1,
  contrast: 1,
  noise: 1,
});

const district = (code: string, clean: number, schools: number, bad: number): DistrictQuality => ({
  district: { code, name: { kk: code, ru: code, en: code } },
  region: "KZ39",
  schools,
  clean,
  unseen: 0,
  cameras: 10,
  counts: { bad, suspect: 0, unknown: 0, ok: 10 - bad },
  approved: 0,
  faults: [],
});

describe("the plot of a camera's measures", () => {
  it("draws no line over hours in which nobody looked", () => {
    const start = Date.parse("2026-11-22T00:00:00Z");
    const hours = [
      hour("2026-11-22T00:00:00Z", 0),
      hour("2026-11-22T01:00:00Z", 255),
      hour("2026-11-22T05:00:00Z", 400),
    ];
    expect(runsOf(hours, "mean", start, start + 10 * 3_600_000, 255)).toEqual([
      "M0.0 96.0h1L60.0 0.0",
      "M300.0 0.0h1",
    ]);
  });
});

describe("how districts stand", () => {
  it("is sorted by what was pressed, both ways, and a district without schools divides by nothing", () => {
    const items = [district("a", 9, 10, 1), district("b", 1, 2, 5), district("c", 0, 0, 0)];
    const codes = (by: "clean" | "bad" | "name", down: boolean) =>
      sortedDistricts(items, by, down, (one) => one.district.code).map((one) => one.district.code);
    expect(codes("clean", false)).toEqual(["c", "b", "a"]);
    expect(codes("bad", true)).toEqual(["b", "a", "c"]);
    expect(codes("name", true)).toEqual(["c", "b", "a"]);
    expect(items.map(cleanShare)).toEqual([0.9, 0.5, 0]);
  });
});

describe("a view that moved", () => {
  const view = (period: "day" | "night", taken_at: string, state = "approved") =>
    ({ id: `${period} ${taken_at}`, period, taken_at, state }) as ApprovedView;
  const spell = (period: "day" | "night" | null) =>
    ({ opened_at: "2026-11-20T00:00:00Z", still: { period }, latest: null, before: {} }) as unknown as Spell;
  const views = [
    view("day", "2026-11-22T00:00:00Z"),
    view("night", "2026-11-01T00:00:00Z"),
    view("day", "2026-11-02T00:00:00Z", "superseded"),
    view("day", "2026-11-03T00:00:00Z"),
  ];

  it("stands beside what was approved for that light before it moved, not for the other", () => {
    expect(viewOf(spell("night"), views)?.id).toBe("night 2026-11-01T00:00:00Z");
    expect(viewOf(spell("day"), views)?.id).toBe("day 2026-11-03T00:00:00Z");
    expect(viewOf(spell(null), views)?.period).toBe("day");
    expect(viewOf(spell("night"), views.slice(2))).toBeUndefined();
    expect(viewOf({ ...spell("night"), before: null }, views.slice(2))?.period).toBe("day");
  });
});

describe("how a stream comes", () => {
  const known = {
    stream: "main",
    live: true,
    codec: "avc1.640028",
    width: 1920,
    height: 1080,
    frames_per_s: 24.96,
    bits_per_s: 4_123_456,
    keyframe_every_s: 2,
    loss: 0.0123,
    jitter_s: null,
    clock_offset_s: -3600,
  } as const;

  it("is told in the units of people, and what is not known is left out", () => {
    expect(Object.fromEntries(told(known))).toEqual({
      size: "1920×1080",
      rate: "25",
      bits: "4,1",
      keyframes: "2",
      codec: "avc1.640028",
      loss: "1,2",
      clock: "-3\u2009600",
    });
  });
});

it("reads its address with suspicion", () => {
  expect(readQuality({ view: "x", verdict: "worse", fault: 7, district: "KZ391" })).toEqual({
    view: undefined,
    fault: undefined,
    verdict: undefined,
    district: "KZ391",
  });
});
