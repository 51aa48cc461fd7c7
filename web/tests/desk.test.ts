/** The desk's pure parts: checklist, units' verbs, hand-over, report, and the picture of a mass event. */
import { describe, expect, test } from "vitest";
import type { AfterActionPart, ChecklistItem, Dispatch, Handover } from "@/api/types";
import { gridFor, markAt, placeOf } from "@/features/alarms/marks";
import { massOf } from "@/features/alarms/MassBand";
import { standingOf } from "@/features/dispatch/checklist";
import { barOf, lasted } from "@/features/dispatch/report";
import { distance, verbsOf } from "@/features/dispatch/verbs";
import { rolesOf } from "@/features/duty/HandOver";
import { outputsOf, standing } from "@/features/actions/tell";
import { anAlarm } from "./an-alarm";

const AT = Date.parse("2026-11-22T07:44:00.000Z");
const iso = (ms: number) => new Date(AT + ms).toISOString();

describe("an item of the checklist", () => {
  const item = (done_at: string | null): ChecklistItem =>
    ({ key: "look", due_at: iso(30_000), done_at }) as ChecklistItem;

  test.each([
    [null, 0, "open"],
    [null, 20_000, "due"],
    [null, 31_000, "overdue"],
    [iso(10_000), 90_000, "done"],
    [iso(45_000), 90_000, "late"],
  ])("done at %s, seen %i ms later: %s", (done, now, expected) => {
    expect(standingOf(item(done), AT + now)).toBe(expected);
  });
});

test("a unit's next word is the likely one; after the end there is none", () => {
  const said = (state: Dispatch["state"]) => verbsOf({ state } as Dispatch);
  expect(said("offered")).toEqual(["accept", "reject"]);
  expect(said("accepted")[0]).toBe("depart");
  expect(said("en_route")[0]).toBe("arrive");
  expect(said("on_scene")[0]).toBe("stabilise");
  expect(said("cleared")).toEqual([]);
});

test("distances read as people say them", () => {
  expect(distance(848)).toEqual({ value: 850, unit: "m" });
  expect(distance(2_449)).toEqual({ value: 2.4, unit: "km" });
});

describe("a hand-over", () => {
  const A = { id: "a", name: "А" };
  const B = { id: "b", name: "Б" };
  const handover = (change: Partial<Handover>): Handover =>
    ({
      state: "open",
      outgoing: A,
      incoming: null,
      outgoing_signed_at: null,
      incoming_signed_at: null,
      unaccepted: ["alarm:1"],
      ...change,
    }) as Handover;

  test("what is not accepted blocks the one who comes, and nobody else accepts", () => {
    const open = handover({});
    expect(rolesOf(open, "b")).toMatchObject({ mayAccept: true, maySign: false });
    expect(rolesOf(open, "a")).toMatchObject({ mayAccept: false, maySign: true, mayWithdraw: true });
    expect(rolesOf(handover({ unaccepted: [] }), "b").maySign).toBe(true);
  });

  test("a third person neither accepts nor signs", () => {
    expect(rolesOf(handover({ incoming: B, unaccepted: [] }), "c")).toMatchObject({
      mayAccept: false,
      maySign: false,
    });
  });
});

describe("the report's bars", () => {
  const part = (seconds: number | null, goal_s: number | null): AfterActionPart =>
    ({
      start: "pressed",
      end: "owned",
      seconds,
      goal_s,
      goal_share: null,
      two_clocks: false,
      met: null,
    }) as AfterActionPart;

  test("every goal stands in the middle; beyond twice the goal the bar is full", () => {
    expect(barOf(part(5, 10), 0)).toEqual({ fill: 0.25, goal: 0.5, beyond: false });
    expect(barOf(part(10, 10), 0).fill).toBe(0.5);
    expect(barOf(part(50, 10), 0)).toEqual({ fill: 1, goal: 0.5, beyond: true });
  });

  test("unknown is unknown, and a clock that was wrong is too", () => {
    expect(barOf(part(null, 10), 0).fill).toBeNull();
    expect(barOf(part(-3, 10), 0).fill).toBeNull();
  });

  test("without a goal the longest part fills the track", () => {
    expect(barOf(part(30, null), 60_000)).toEqual({ fill: 0.5, goal: null, beyond: false });
  });

  test("tenths matter below ten seconds", () => {
    expect(lasted(0.03)).toEqual({ form: "ms", value: 30 });
    expect(lasted(0.44)).toEqual({ form: "tenths", value: 0.4 });
    expect(lasted(12.6)).toEqual({ form: "seconds", value: 13 });
    expect(lasted(247)).toEqual({ form: "counter", value: 247_000 });
  });
});

describe("a mass event", () => {
  test("every P1 has a place of its own in the picture, and is found again under it", () => {
    for (const count of [1, 12, 600, 2_000]) {
      const grid = gridFor(count, 300, 220);
      const places = Array.from({ length: count }, (_, index) => placeOf(index, grid));
      expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(count);
      places.forEach(({ x, y }, index) => {
        expect(x + grid.cell).toBeLessThanOrEqual(300);
        expect(markAt(x + grid.cell / 2, y + grid.cell / 2, count, grid)).toBe(index);
      });
    }
  });

  test("a few alarms are no mass event unless the centre says so; drills and P2 are not in it", () => {
    expect(massOf([anAlarm("a"), anAlarm("b")])).toEqual([]);
    const marked = [
      anAlarm("a", { parent: "p" }),
      anAlarm("b", { kind: "drill" }),
      anAlarm("c", { level: "P2" }),
    ];
    expect(massOf(marked).map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("what a school did", () => {
  const action = (word: string, outputs: Record<string, unknown>[] = []) =>
    ({ action: word, outputs }) as Parameters<typeof outputsOf>[0];

  test("the newest holds, and the all-clear ends it", () => {
    expect(standing([action("lockdown"), action("secure")])?.action).toBe("lockdown");
    expect(standing([action("all_clear"), action("lockdown")])).toBeNull();
    expect(standing([])).toBeNull();
  });

  test("an output that says less than we expect is a failed one, never an error", () => {
    expect(outputsOf(action("secure", [{ key: "door", ok: true, ms: 212 }, {}]))).toEqual([
      { key: "door", ok: true, reason: "", ms: 212 },
      { key: "", ok: false, reason: "", ms: null },
    ]);
  });
});
