/** Plans: what is in sight, and what an editor can do, undo and bring together. */
import { describe, expect, test } from "vitest";
import type { PlanPoint } from "@/features/plans/plans";
import {
  alike,
  begun,
  changed,
  differences,
  type Draft,
  placed,
  redone,
  removed,
  settled,
  shifted,
  stepped,
  takenOver,
  undone,
} from "@/features/plans/drafts";
import {
  around,
  barLength,
  bearing,
  closeness,
  fit,
  held,
  moved,
  onPlan,
  onScreen,
  pixelsBetween,
  resized,
  zoomed,
} from "@/features/plans/view";

const PLAN = { width: 2_000, height: 1_000 };
const BOX = { width: 400, height: 400 };

describe("the part in sight", () => {
  test("is the whole plan in the middle at first", () => {
    expect(fit(PLAN, BOX)).toEqual({ scale: 0.2, left: 0, top: 100 });
  });

  test("has the same place under the pointer however one zooms", () => {
    const at = { left: 130, top: 180 };
    let view = fit(PLAN, BOX);
    for (const factor of [1.7, 2.2, 0.8]) {
      const before = onPlan(view, PLAN, at);
      view = zoomed(view, PLAN, BOX, factor, at);
      expect(onPlan(view, PLAN, at).x).toBeCloseTo(before.x, 6);
    }
  });

  test("is never farther than the whole and never closer than eight times", () => {
    const middle = { left: 200, top: 200 };
    expect(zoomed(fit(PLAN, BOX), PLAN, BOX, 0.1, middle)).toEqual(fit(PLAN, BOX));
    expect(closeness(zoomed(fit(PLAN, BOX), PLAN, BOX, 1_000, middle), PLAN, BOX)).toBe(8);
  });

  test("cannot be dragged beyond the plan's edge", () => {
    const close = zoomed(fit(PLAN, BOX), PLAN, BOX, 4, { left: 200, top: 200 });
    const dragged = moved(close, PLAN, BOX, { left: 9_000, top: 9_000 });
    expect(onScreen(dragged, PLAN, { x: 0, y: 0 })).toEqual({ left: 0, top: 0 });
  });

  test.each([[{ x: 0.5, y: 0.5 }], [{ x: 0.02, y: 0.97 }], [{ x: 1, y: 0 }]])(
    "has the pressed place %o and what it needs around it",
    (spot) => {
      const near = held({ x: spot.x + 0.05, y: spot.y - 0.04 });
      const view = around(PLAN, BOX, [spot, near]);
      expect(closeness(view, PLAN, BOX)).toBeGreaterThan(1);
      for (const { left, top } of [onScreen(view, PLAN, spot), onScreen(view, PLAN, near)]) {
        expect(left).toBeGreaterThanOrEqual(-1e-6);
        expect(left).toBeLessThanOrEqual(BOX.width + 1e-6);
        expect(top).toBeGreaterThanOrEqual(-1e-6);
        expect(top).toBeLessThanOrEqual(BOX.height + 1e-6);
      }
    },
  );

  test("shows all of it when places lie far apart, and when there are none", () => {
    expect(around(PLAN, BOX, [])).toEqual(fit(PLAN, BOX));
    expect(
      around(PLAN, BOX, [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ]),
    ).toEqual(fit(PLAN, BOX));
  });

  test("keeps its middle when the box changes", () => {
    const view = zoomed(fit(PLAN, BOX), PLAN, BOX, 3, { left: 150, top: 200 });
    const wide = { width: 900, height: 500 };
    const after = resized(view, PLAN, BOX, wide);
    const middle = onPlan(view, PLAN, { left: 200, top: 200 });
    expect(onPlan(after, PLAN, { left: 450, top: 250 }).x).toBeCloseTo(middle.x, 6);
    expect(closeness(after, PLAN, wide)).toBeCloseTo(3, 6);
  });
});

test.each([
  [{ left: 0, top: -10 }, 0],
  [{ left: 10, top: 0 }, 90],
  [{ left: 0, top: 10 }, 180],
  [{ left: -10, top: 0 }, 270],
  [{ left: -0.01, top: -10 }, 0],
])("a camera turned towards %o looks at %i°", (to, degrees) => {
  expect(bearing({ left: 0, top: 0 }, to)).toBe(degrees);
});

test("lengths are measured in pixels of the plan, and the bar says a round number of metres", () => {
  expect(pixelsBetween(PLAN, { x: 0, y: 0 }, { x: 0.3, y: 0.8 })).toBe(1_000);
  expect(barLength(0.05, 100)).toEqual({ metres: 5, pixels: 100 });
  expect(barLength(0.07, 100)).toEqual({ metres: 5, pixels: 5 / 0.07 });
  expect(barLength(0.3, 100)).toEqual({ metres: 20, pixels: 20 / 0.3 });
});

const button = { kind: "button", camera: null, way: "w", label: "" } as const;
const EMPTY: Draft = { name: "1", kind: "floor", floor: 1, scale: null, points: [], walls: [], zones: [] };

describe("a draft", () => {
  test("keeps what is dropped beside the plan on its edge", () => {
    const draft = placed(EMPTY, "a", button, { x: 1.7, y: -3 });
    expect(draft.points).toEqual([{ ...button, key: "a", x: 1, y: 0, bearing_deg: null, lens: null }]);
  });

  test("is undone step by step and done again; a drag is one step", () => {
    const key = "a";
    let story = stepped(begun(EMPTY), placed(EMPTY, key, button, { x: 0.5, y: 0.5 }));
    for (const x of [0.6, 0.7, 0.8])
      story = stepped(story, shifted(story.now, key, { x, y: 0.5 }), `move ${key}`);
    story = stepped(settled(story), shifted(story.now, key, { x: 0.1, y: 0.1 }), `move ${key}`);
    const xs = [];
    for (; story.past.length > 0; story = undone(story)) xs.push(story.now.points[0]?.x);
    expect(xs).toEqual([0.1, 0.8, 0.5]);
    expect(alike(story.now, EMPTY)).toBe(true);
    expect(redone(redone(story)).now.points[0]?.x).toBe(0.8);
  });

  test("that was undone and then changed has no way forward any more", () => {
    const story = stepped(begun(EMPTY), placed(EMPTY, "a", button, { x: 0.5, y: 0.5 }));
    const other = stepped(undone(story), { ...EMPTY, name: "2" });
    expect(other.future).toEqual([]);
    expect(redone(other)).toBe(other);
  });
});

describe("two people at one plan", () => {
  const point = (key: string, x: number): PlanPoint => ({
    ...button,
    way: key,
    key,
    x,
    y: 0.5,
    bearing_deg: null,
    lens: null,
  });
  const base: Draft = { ...EMPTY, points: [point("a", 0.1), point("b", 0.2), point("c", 0.3)] };
  const mine = removed(
    {
      ...changed(base, "a", { x: 0.9 }),
      points: [...changed(base, "a", { x: 0.9 }).points, point("d", 0.4)],
    },
    "c",
  );

  test("see what mine would do to theirs", () => {
    expect(differences(base, mine).map(({ key, what }) => [key, what])).toEqual([
      ["a", "changed"],
      ["d", "added"],
      ["c", "removed"],
    ]);
  });

  test("lose nothing when all of mine is taken over", () => {
    const theirs = changed(base, "b", { x: 0.7 });
    const ours = differences(base, mine).reduce(takenOver, theirs);
    expect(
      alike(ours, {
        ...mine,
        points: mine.points.map((one) => (one.key === "b" ? { ...one, x: 0.7 } : one)),
      }),
    ).toBe(true);
  });

  test("are alike however their points are ordered", () => {
    expect(alike(base, { ...base, points: [...base.points].reverse() })).toBe(true);
    expect(alike(base, mine)).toBe(false);
  });
});
