import { describe, expect, test } from "vitest";
import type { Alarm } from "@/api/types";
import { chooseTakeover } from "@/app/desk/takeover";
import { may } from "@/features/alarms/rules";
import { byUrgency, toneOf } from "@/vocabulary/alarms";

const RIGHTS = ["alarm.acknowledge", "alarm.verify", "alarm.dispatch", "alarm.close"] as const;

function anAlarm(id: string, change: Partial<Alarm> = {}): Alarm {
  const name = { kk: "а", ru: "а", en: "a" };
  return {
    id,
    school: "s",
    school_name: name,
    site: "s",
    button: "hall",
    place: name,
    level: "P1",
    kind: "real",
    source: "button",
    state: "presented",
    pressed_at: "2026-11-22T07:44:00.000Z",
    received_at: "2026-11-22T07:44:00.400Z",
    presented_at: null,
    owner: null,
    verdict: null,
    unit: null,
    disposition: null,
    closed_at: null,
    version: 1,
    cameras: [],
    log: [],
    ...change,
  };
}

describe("the queue", () => {
  test("real before drill, P1 before P2, unowned before owned, then the oldest; none is missing", () => {
    const queue = [
      anAlarm("drill", { kind: "drill" }),
      anAlarm("p2", { level: "P2" }),
      anAlarm("owned", { state: "owned" }),
      anAlarm("late", { pressed_at: "2026-11-22T07:45:00.000Z" }),
      anAlarm("early"),
    ];
    expect(queue.sort(byUrgency).map(({ id }) => id)).toEqual(["early", "late", "owned", "p2", "drill"]);
  });

  test("a drill is blue, whatever its level", () => {
    expect(toneOf({ level: "P1", kind: "drill" })).toBe("drill");
    expect(toneOf({ level: "P1", kind: "test" })).toBe("drill");
    expect(toneOf({ level: "P1", kind: "real" })).toBe("alarm");
  });
});

describe("what takes the centre by itself", () => {
  test("the first P1 that nobody owns", () => {
    const queue = [anAlarm("owned", { state: "owned" }), anAlarm("p2", { level: "P2" }), anAlarm("p1")];
    expect(chooseTakeover(queue, new Set())?.id).toBe("p1");
  });

  test("not the one that the officer put aside, but the next", () => {
    expect(chooseTakeover([anAlarm("a"), anAlarm("b")], new Set(["a"]))?.id).toBe("b");
    expect(chooseTakeover([anAlarm("a")], new Set(["a"]))).toBeUndefined();
  });
});

describe("what may be done now", () => {
  test.each([
    ["stored", ["acknowledge"]],
    ["presented", ["acknowledge"]],
    ["owned", ["verify"]],
    ["confirmed", ["verify", "dispatch", "close"]],
    ["unverified", ["verify", "dispatch", "close"]],
    ["refuted", ["verify", "close"]],
    ["dispatched", ["dispatch", "close"]],
    ["closed", []],
  ] as const)("%s", (state, steps) => {
    const allowed = may(anAlarm("a", { state }), RIGHTS);
    expect(
      Object.entries(allowed)
        .filter(([, can]) => can)
        .map(([step]) => step),
    ).toEqual([...steps]);
  });

  test("nothing without the right", () => {
    expect(Object.values(may(anAlarm("a"), []))).toEqual([false, false, false, false]);
  });
});
