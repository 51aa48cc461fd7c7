import { describe, expect, test } from "vitest";
import type { Camera, School } from "@/api/types";
import { pageOf, wallCameras } from "@/features/live/places";
import { boundsOf, COUNTRY, pointsOf } from "@/features/map/points";
import { csv, filtered, readSort, sorted, writeSort } from "@/features/schools/table";
import { find } from "@/features/search/find";
import { schoolState } from "@/vocabulary/schools";

function aSchool(number: number, change: Partial<School> = {}): School {
  return {
    id: `s${number}`,
    site: `kst-${number}`,
    kind: "school",
    name: { kk: `№${number} мектеп`, ru: `Школа № ${number}`, en: `School ${number}` },
    address: { kk: "Қостанай", ru: "Костанай", en: "Kostanay" },
    head: "",
    phone: "",
    region: "KZ39",
    district: "KZ391000",
    lat: 53 + number / 100,
    lon: 63,
    node: { state: "online", last_pulse_at: null, faults: [], clock_offset_s: null },
    cameras_total: 2,
    cameras_live: 2,
    alarm_level: null,
    ...change,
  };
}

const aCamera = (id: string, school: string): Camera => ({
  id,
  school,
  key: id,
  name: { kk: "Асхана", ru: "Столовая", en: "Canteen" },
  zone: "other",
  has_sub: true,
  present: true,
  onvif: "",
  clock_offset_s: null,
  picture: null,
  streams: [],
});

const byId = <T extends { id: string }>(items: T[]) => new Map(items.map((item) => [item.id, item]));
const NO_FILTER = { q: "", state: undefined, kind: undefined, region: undefined };

describe("the state of a school", () => {
  test("an alarm is above all, silence above failing cameras, never is its own", () => {
    expect(
      schoolState(
        aSchool(1, {
          alarm_level: "P1",
          node: { state: "silent", last_pulse_at: null, faults: [], clock_offset_s: null },
        }),
      ),
    ).toBe("alarm");
    expect(
      schoolState(
        aSchool(1, {
          node: { state: "silent", last_pulse_at: null, faults: [], clock_offset_s: null },
          cameras_live: 0,
        }),
      ),
    ).toBe("silent");
    expect(
      schoolState(
        aSchool(1, {
          node: { state: "never", last_pulse_at: null, faults: [], clock_offset_s: null },
          cameras_live: 0,
        }),
      ),
    ).toBe("never");
    expect(schoolState(aSchool(1, { cameras_live: 1 }))).toBe("partial");
    expect(schoolState(aSchool(1))).toBe("normal");
  });
});

describe("the table of schools", () => {
  const schools = [aSchool(12), aSchool(2, { cameras_live: 0 }), aSchool(7, { alarm_level: "P1" })];

  test("stands worst first, names count as people do", () => {
    expect(sorted(schools, readSort(undefined), "ru").map(({ id }) => id)).toEqual(["s7", "s2", "s12"]);
    expect(sorted(schools, readSort("name"), "ru").map(({ id }) => id)).toEqual(["s2", "s7", "s12"]);
    expect(sorted(schools, readSort("-name"), "kk").map(({ id }) => id)).toEqual(["s12", "s7", "s2"]);
  });

  test("keeps its sort in the URL, and survives nonsense there", () => {
    for (const text of ["name", "-phone", undefined]) expect(writeSort(readSort(text))).toBe(text);
    expect(readSort("drop table")).toEqual({ column: "state", down: false });
  });

  test("is found by words of any language", () => {
    expect(filtered(schools, { ...NO_FILTER, q: "школа 12" }).map(({ id }) => id)).toEqual(["s12"]);
    expect(filtered(schools, { ...NO_FILTER, q: "ҚОСТАНАЙ №7" }).map(({ id }) => id)).toEqual(["s7"]);
    expect(filtered(schools, { ...NO_FILTER, state: "partial" }).map(({ id }) => id)).toEqual(["s2"]);
  });

  test("is written out so that a spreadsheet reads it and runs nothing of it", () => {
    expect(
      csv([
        ["a,b", 'say "hi"'],
        ["=1+1", "+7 714 2 512 106"],
      ]),
    ).toBe('\uFEFF"a,b","say ""hi"""\r\n\'=1+1,+7 714 2 512 106\r\n');
  });
});

describe("search", () => {
  const schools = byId([aSchool(1), aSchool(12)]);
  const cameras = byId([aCamera("c1", "s1"), aCamera("c2", "s12")]);

  test("finds schools first and then cameras, by all words together", () => {
    expect(find("12", schools, cameras).map((item) => item.kind)).toEqual(["school", "camera"]);
    expect(find("12 столовая", schools, cameras)).toEqual([
      { kind: "camera", camera: cameras.get("c2"), school: schools.get("s12") },
    ]);
    expect(find("нет такого", schools, cameras)).toEqual([]);
  });

  test("offers schools before anything was asked", () => {
    expect(find("", schools, cameras).map((item) => item.kind)).toEqual(["school", "school"]);
  });
});

describe("the wall", () => {
  const schools = byId([aSchool(1), aSchool(2)]);
  const cameras = byId([aCamera("b", "s2"), aCamera("a", "s2"), aCamera("z", "s1")]);

  test("keeps every camera at its place", () => {
    expect(wallCameras(cameras, schools, {}).map(({ id }) => id)).toEqual(["z", "a", "b"]);
    expect(wallCameras(cameras, schools, { school: "s2" }).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(wallCameras(cameras, schools, { cams: ["b", "gone", "z"] }).map(({ id }) => id)).toEqual([
      "b",
      "z",
    ]);
  });

  test("has pages, and one beyond the last is the last", () => {
    expect(pageOf([1, 2, 3, 4, 5], 4, 1)).toEqual({ items: [5], page: 1, pages: 2 });
    expect(pageOf([1, 2, 3, 4, 5], 4, 9)).toEqual({ items: [5], page: 1, pages: 2 });
    expect(pageOf([], 9, 0)).toEqual({ items: [], page: 0, pages: 1 });
  });
});

describe("the map", () => {
  test("never clusters a school in alarm", () => {
    const { calm, alarmed } = pointsOf([aSchool(1), aSchool(2, { alarm_level: "P1" })], "kk");
    expect(calm.features.map(({ properties }) => properties.id)).toEqual(["s1"]);
    expect(alarmed.features.map(({ properties }) => properties.id)).toEqual(["s2"]);
  });

  test("opens on the schools in sight, or on the country", () => {
    const [west, south, east, north] = boundsOf([aSchool(1), aSchool(5)]);
    expect(west).toBeLessThan(63);
    expect(east).toBeGreaterThan(63);
    expect(south).toBeLessThan(53.01);
    expect(north).toBeGreaterThan(53.05);
    expect(boundsOf([])).toEqual(COUNTRY);
  });
});
