/** Camera places: outlines, lines, what a lens sees, names beside each other, and what an editor does to zones and walls. */
import { describe, expect, test } from "vitest";
import { ApiProblem } from "@/api/client";
import {
  alike,
  cornerInserted,
  cornerMoved,
  cornerRemoved,
  differences,
  type Draft,
  endMoved,
  namesPoint,
  namesZone,
  takenOver,
  walled,
  wallRemoved,
  zoneChanged,
  zoned,
} from "@/features/plans/drafts";
import { arranged, sized } from "@/features/plans/labels";
import { cone, focalOf, hfovOfLens, lensValue, reachOf, usualLens } from "@/features/plans/lenses";
import { told } from "@/features/plans/Compare";
import { inOrder } from "@/features/plans/Coverage";
import { letterOf } from "@/features/plans/PrintGround";
import {
  type Coverage,
  knownWidth,
  type Norms,
  otherThanMeasured,
  privatePairs,
  standingInPrivate,
} from "@/features/plans/places";
import type { Plan, Zone } from "@/features/plans/plans";
import {
  areaM2,
  contains,
  crossesItself,
  distanceTo,
  middleOf,
  outlineFault,
  rectangle,
  snapped,
  wallKey,
} from "@/features/plans/shapes";
import { back, closed, pressed, type Tracing } from "@/features/plans/tracing";
import type { Spot } from "@/features/plans/view";

const PLAN = { width: 2_000, height: 1_000 };
const at = (x: number, y: number): Spot => ({ x, y });
const ROOM = rectangle(at(0.2, 0.2), at(0.4, 0.6));

describe("an outline", () => {
  test("has an area when the plan has a scale", () => {
    expect(areaM2(PLAN, 0.05, ROOM)).toBeCloseTo(20 * 20, 6); // 400 by 400 pixels of 5 cm
    expect(areaM2(PLAN, null, ROOM)).toBeNull();
  });

  test("that crosses itself is known before it is sent", () => {
    const [a, b, c, d] = ROOM as [Spot, Spot, Spot, Spot];
    expect(crossesItself(ROOM)).toBe(false);
    expect(crossesItself([a, c, b, d])).toBe(true);
    expect(crossesItself([a, b, b, c])).toBe(true);
    expect(crossesItself([a, b, c])).toBe(false);
    expect(crossesItself([a, b, c, { x: 0.3, y: 0.2 }])).toBe(true); // a corner on another side
  });

  test("is refused for what the centre would refuse it for", () => {
    expect(outlineFault(PLAN, 0.05, ROOM)).toBeNull();
    expect(outlineFault(PLAN, 0.05, ROOM.slice(0, 2))).toBe("zone.points");
    expect(outlineFault(PLAN, 0.05, rectangle(at(0.2, 0.2), at(0.205, 0.205)))).toBe("zone.too_small");
    expect(outlineFault(PLAN, null, rectangle(at(0.2, 0.2), at(0.205, 0.205)))).toBeNull();
  });

  test("holds what is inside, and its name, also when it is bent", () => {
    const bent = [at(0, 0), at(0.9, 0), at(0.9, 0.1), at(0.1, 0.1), at(0.1, 0.9), at(0, 0.9)];
    expect(contains(bent, at(0.05, 0.5))).toBe(true);
    expect(contains(bent, at(0.5, 0.5))).toBe(false);
    expect(middleOf(ROOM).x).toBeCloseTo(0.3);
    expect(middleOf(ROOM).y).toBeCloseTo(0.4);
  });
});

describe("a wall", () => {
  test("snaps to an end that is near, and is upright or level when it nearly is", () => {
    expect(snapped(PLAN, at(0.204, 0.2), ROOM, 10)).toEqual(at(0.2, 0.2));
    expect(snapped(PLAN, at(0.3, 0.3), ROOM, 10)).toEqual(at(0.3, 0.3));
    expect(snapped(PLAN, at(0.503, 0.9), [], 10, at(0.5, 0.1))).toEqual(at(0.5, 0.9));
    expect(snapped(PLAN, at(0.9, 0.105), [], 10, at(0.5, 0.1))).toEqual(at(0.9, 0.1));
  });

  test("is near where it runs, not where it would go on", () => {
    const wall = { a: at(0.1, 0.5), b: at(0.2, 0.5) };
    expect(distanceTo(PLAN, wall, at(0.15, 0.51))).toBeCloseTo(10);
    expect(distanceTo(PLAN, wall, at(0.25, 0.5))).toBeCloseTo(100);
  });

  test("is the same from whichever end it was drawn", () => {
    const [a, b] = [at(0.1, 0.1), at(0.5, 0.1)];
    expect(wallKey({ a, b })).toBe(wallKey({ a: b, b: a }));
    const drawn = walled(walled(BARE, { a, b }), { a: b, b: a });
    expect(drawn.walls).toHaveLength(1);
    expect(walled(BARE, { a, b: a }).walls).toHaveLength(0);
  });

  test("takes along the wall that hangs on it", () => {
    const corner = at(0.5, 0.1);
    const drawn = walled(walled(BARE, { a: at(0.1, 0.1), b: corner }), { a: corner, b: at(0.5, 0.9) });
    const moved = endMoved(drawn, corner, at(0.6, 0.1));
    expect(moved.walls).toEqual([
      { a: at(0.1, 0.1), b: at(0.6, 0.1) },
      { a: at(0.6, 0.1), b: at(0.5, 0.9) },
    ]);
  });
});

describe("a lens", () => {
  const GROUND = { width: 1_000, height: 1_000, metresPerPx: 0.04 }; // 40 m by 40 m
  const LENS = { height_m: 3, tilt_deg: 30, hfov_deg: 90, width_px: 2_000, height_px: 1_000 };

  test("of so many millimetres before a sensor is an angle, and back", () => {
    expect(hfovOfLens(2.8, 5.6)).toBeCloseTo(90);
    expect(focalOf(90, 5.6)).toBeCloseTo(2.8);
  });

  test("begins with the size of the stream that was measured", () => {
    expect(usualLens({ width: 2_560, height: 1_440 })).toMatchObject({ width_px: 2_560, height_px: 1_440 });
    expect(usualLens({ width: 0, height: 0 }).width_px).toBe(1_920);
  });

  test("has values that a camera can have", () => {
    expect(lensValue("height_m", "2,8")).toBe(2.8);
    expect(lensValue("height_m", "0.1")).toBeNull();
    expect(lensValue("width_px", "1920.5")).toBeNull();
    expect(lensValue("tilt_deg", "")).toBeNull();
  });

  test("reaches as far as the density allows, worked by hand", () => {
    // f = 1000 px; 100 px/m at a depth of 10 m; the floor 3 m below: (10 − 3 · sin 30°) / cos 30°
    expect(reachOf(LENS, 100, 0)).toBeCloseTo(8.5 / Math.cos(Math.PI / 6), 6);
    expect(reachOf(LENS, 1_000, 0)).toBeNull();
    expect(reachOf({ ...LENS, tilt_deg: 90 }, 100, 0)).toBeCloseTo(3 * 0.5, 6);
  });

  test("draws on the floor what the picture shows of it", () => {
    const [outline = []] = cone(GROUND, at(0.5, 0.5), 90, LENS, [], 15);
    const ahead = outline.map(({ x }) => (x - 0.5) * 40);
    // lower edge of the picture: 30° + atan(0.5) below level
    const near = 3 / Math.tan(Math.PI / 6 + Math.atan(0.5));
    expect(Math.min(...ahead)).toBeCloseTo(near, 3);
    expect(Math.max(...ahead)).toBeCloseTo(15, 3);
    const widest = Math.max(...outline.map(({ y }) => (y - 0.5) * 40));
    expect(widest).toBeCloseTo(15 * Math.cos(Math.PI / 6) + 3 * 0.5, 3); // the depth there, at 45° to the side
  });

  test("does not see beyond a wall, nor is it blind for the wall it hangs on", () => {
    const wall = { a: at(0.6, 0), b: at(0.6, 1) };
    const own = { a: at(0.5, 0), b: at(0.5, 1) };
    const [outline = []] = cone(GROUND, at(0.5, 0.5), 90, LENS, [wall, own], 15);
    expect(Math.max(...outline.map(({ x }) => x))).toBeCloseTo(0.6, 6);
  });

  test("that looks straight down sees around its own foot", () => {
    const [outline = []] = cone(GROUND, at(0.5, 0.5), 0, { ...LENS, tilt_deg: 90 }, [], 15);
    expect(contains(outline, at(0.503, 0.51))).toBe(true);
    expect(Math.max(...outline.map(({ x }) => (x - 0.5) * 40))).toBeCloseTo(3, 1);
  });
});

describe("names", () => {
  const name = (key: string, left: number, must = false) => ({
    key,
    at: { left, top: 100 },
    width: 80,
    height: 16,
    must,
  });

  const SHEET = { width: 400, height: 200 };

  test("stay on the drawing", () => {
    const [place] = [...arranged([name("edge", 5)], SHEET).values()];
    expect(place?.left).toBeGreaterThanOrEqual(0);
  });

  test("of near points do not cover each other", () => {
    const names = [name("a", 100), name("b", 130), name("c", 160), name("d", 190)];
    const boxes = [...arranged(names, SHEET).values()];
    expect(boxes.length).toBeGreaterThan(2);
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        const apart = Math.abs(one.left - other.left) >= 80 || Math.abs(one.top - other.top) >= 16;
        expect(apart).toBe(true);
      }
    }
  });

  test("of what is chosen stand in any case, where there is no room others do not", () => {
    const crowd = Array.from({ length: 12 }, (_, index) => name(`n${index}`, 100 + index));
    const places = arranged([...crowd, name("chosen", 105, true)], SHEET);
    expect(places.has("chosen")).toBe(true);
    expect(places.size).toBeLessThan(13);
  });

  test("are wrapped to the room they have", () => {
    const widthOf = (line: string) => line.length * 6;
    expect(sized("a", widthOf, 60, 16)).toEqual({ width: 6, height: 16 });
    expect(sized("aaaa bbbb cccc", widthOf, 60, 16)).toEqual({ width: 54, height: 32 });
  });
});

const BARE: Draft = { name: "1", kind: "floor", floor: 1, scale: null, points: [], walls: [], zones: [] };
const HALL: Zone = { key: "z", kind: "hall", name: "", outline: ROOM, required: null };

describe("a zone that is drawn", () => {
  const drawn = zoned(BARE, HALL);
  const outline = (draft: Draft) => draft.zones[0]?.outline ?? [];

  test("gets, moves and loses corners, but never fewer than three", () => {
    const more = cornerInserted(drawn, "z", 3);
    expect(outline(more)).toHaveLength(5);
    expect(outline(more)[4]?.x).toBeCloseTo(0.2);
    expect(outline(more)[4]?.y).toBeCloseTo(0.4);
    expect(outline(cornerMoved(more, "z", 4, at(2, 0.4)))[4]).toEqual(at(1, 0.4));
    const fewest = [0, 0, 0, 0].reduce((draft, corner) => cornerRemoved(draft, "z", corner), more);
    expect(outline(fewest)).toHaveLength(3);
  });

  test("is a difference, and taken over like one", () => {
    const wall = { a: at(0, 0), b: at(1, 0) };
    const mine = walled(zoneChanged(drawn, "z", { kind: "corridor" }), wall);
    const found = differences(drawn, mine);
    expect(found.map(({ of, what }) => [of, what])).toEqual([
      ["zone", "changed"],
      ["wall", "added"],
    ]);
    expect(alike(found.reduce(takenOver, drawn), mine)).toBe(true);
    expect(alike(drawn, mine)).toBe(false);
    const back = differences(mine, drawn).reduce(takenOver, mine);
    expect(alike(back, drawn)).toBe(true);
    expect(wallRemoved(mine, wallKey(wall)).walls).toEqual([]);
  });
});

describe("drawing by clicks", () => {
  const press = (tracing: Tracing, x: number, y: number) => pressed(tracing, BARE, PLAN, at(x, y), 10);

  test("a zone is closed by its first corner", () => {
    let now: Tracing = { what: "zone", kind: "hall", corners: [] };
    for (const [x, y] of [
      [0.1, 0.1],
      [0.5, 0.1],
      [0.5, 0.5],
    ] as const)
      now = press(now, x, y).tracing ?? now;
    expect(press(now, 0.102, 0.101)).toEqual({
      tracing: null,
      outline: [at(0.1, 0.1), at(0.5, 0.1), at(0.5, 0.5)],
    });
  });

  test("two corners across from each other are a room, one is nothing yet", () => {
    expect(closed([at(0.2, 0.2)])).toBeNull();
    expect(closed([at(0.2, 0.2), at(0.4, 0.2)])).toBeNull();
    expect(closed([at(0.2, 0.2), at(0.4, 0.6)])).toEqual(ROOM);
  });

  test("walls go on from where the last one ended; a step back lets go", () => {
    const begun = press({ what: "wall", from: null }, 0.1, 0.1).tracing as Tracing;
    const next = press(begun, 0.5, 0.1);
    expect(next.wall).toEqual({ a: at(0.1, 0.1), b: at(0.5, 0.1) });
    expect(next.tracing).toEqual({ what: "wall", from: at(0.5, 0.1) });
    expect(back(begun)).toEqual({ what: "wall", from: null });
    expect(back({ what: "wall", from: null })).toBeNull();
  });
});

describe("two versions", () => {
  const exit = { kind: "exit", camera: null, way: null, label: "", bearing_deg: null, lens: null } as const;
  const version = (change: Partial<Draft>) => ({ ...BARE, ...change }) as Plan;

  test("tell what was moved from what was changed, with where it stood", () => {
    const then = version({
      points: [
        { ...exit, key: "a", x: 0.1, y: 0.1 },
        { ...exit, key: "b", x: 0.2, y: 0.2 },
      ],
      zones: [HALL],
    });
    const now = version({
      points: [
        { ...exit, key: "a", x: 0.5, y: 0.1 },
        { ...exit, key: "b", x: 0.2, y: 0.2, label: "East" },
      ],
      walls: [{ a: at(0, 0), b: at(1, 0) }],
    });
    const found = told(then, now);
    expect(found.map(({ of, key, deed }) => [of, of === "wall" ? "" : key, deed])).toEqual([
      ["point", "a", "moved"],
      ["point", "b", "changed"],
      ["zone", "z", "removed"],
      ["wall", "", "added"],
    ]);
    expect(found[0]?.before).toMatchObject({ point: { x: 0.1 } });
  });
});

test("a known width is told from left to right, in pixels of the lens", () => {
  const lens = { height_m: 3, tilt_deg: 30, hfov_deg: 90, width_px: 2_000, height_px: 1_000 };
  expect(knownWidth(0.9, [at(0.75, 0.5), at(0.25, 0.6)], lens)).toEqual({
    width_m: 0.9,
    left: { column: 500, row: 600 },
    right: { column: 1_500, row: 500 },
  });
});

test("a camera in a toilet is known before it is sent", () => {
  const norms = {
    zones: [
      { kind: "toilet", cameras: "must_not" },
      { kind: "hall", cameras: "must" },
    ],
  } as Norms;
  const camera = {
    key: "c",
    kind: "camera",
    x: 0.3,
    y: 0.4,
    camera: "1",
    way: null,
    label: "",
    bearing_deg: null,
    lens: null,
  } as const;
  const toilet: Zone = { ...HALL, key: "t", kind: "toilet" };
  expect(standingInPrivate([camera], [HALL, toilet], norms)).toEqual([{ point: camera, zone: toilet }]);
  expect(standingInPrivate([{ ...camera, x: 0.9 }], [HALL, toilet], norms)).toEqual([]);
});

test("of two cameras with one label that one is pointed at which sees where nobody is filmed", () => {
  const camera = { kind: "camera", y: 0.9, way: null, label: "Фойе", bearing_deg: 0, lens: null } as const;
  const points = [
    { ...camera, key: "0a", x: 0.1, camera: "1" },
    { ...camera, key: "0b", x: 0.9, camera: "2" },
  ];
  const toilet: Zone = { ...HALL, key: "0c", kind: "toilet" };
  const words = "the camera Фойе sees into 'toilet': nobody is ever filmed there (point 0b, zone 0c)";
  const refused = new ApiProblem("plan.camera_private", 422, words);
  const draft = { points, zones: [HALL, toilet] };
  expect(privatePairs(draft, undefined, refused)).toEqual([
    { point: points[1], zone: toilet, how: "looks_in" },
  ]);
  expect(privatePairs(draft, undefined, new ApiProblem("zone.points", 422, words))).toEqual([]);
});

test("a plan that counts with other pixels than are measured is told from one of which nothing is measured", () => {
  const lens = { height_m: 3, tilt_deg: 30, hfov_deg: 90, width_px: 2_560, height_px: 1_440 };
  expect(otherThanMeasured(lens, { width: 1_920, height: 1_080 })).toBe(true);
  expect(otherThanMeasured(lens, { width: 2_560, height: 1_440 })).toBe(false);
  expect(otherThanMeasured(lens, null)).toBe(false);
});

test("zones on paper have letters, however many there are", () => {
  expect([0, 25, 26, 51, 52].map(letterOf)).toEqual(["A", "Z", "AA", "AZ", "BA"]);
});

test("what the centre refuses is found on the plan by the words it uses", () => {
  const toilet: Zone = { ...HALL, key: "t", kind: "toilet" };
  const refused = new Error("the camera Фойе sees into 'toilet': nobody is ever filmed there");
  expect(namesZone(refused, toilet)).toBe(true);
  expect(namesZone(refused, HALL)).toBe(false);
  const point = {
    key: "p",
    kind: "camera",
    x: 0,
    y: 0,
    camera: "1",
    way: null,
    bearing_deg: null,
    lens: null,
  } as const;
  expect(namesPoint(refused, { ...point, label: "Фойе" })).toBe(true);
  expect(namesPoint(refused, { ...point, label: "" }, "hall")).toBe(false);
});

test("zones that lack what they must have stand first, the worst of them before all", () => {
  const report = (zone: string, with_class: number) => ({ zone, with_class });
  const coverage = {
    zones: [report("a", 0.9), report("b", 0.5), report("c", 0.1), report("d", 0)],
    lacking: ["c", "b"],
  };
  expect(inOrder(coverage as unknown as Coverage).map(({ zone }) => zone)).toEqual(["c", "b", "d", "a"]);
});
