import { describe, expect, it } from "vitest";
import { cleanShare, sortedDistricts } from "@/features/quality/Districts";
import { runsOf } from "@/features/quality/Plot";
import type { DistrictQuality, HourOfPicture } from "@/features/quality/quality";
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

it("reads its address with suspicion", () => {
  expect(readQuality({ view: "x", verdict: "worse", fault: 7, district: "KZ391" })).toEqual({
    view: undefined,
    fault: undefined,
    verdict: undefined,
    district: "KZ391",
  });
});
