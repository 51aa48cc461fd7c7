import { describe, expect, test } from "vitest";
import type { Alarm, Camera, School, Snapshot, Unit, WorldEvent } from "@/api/types";
import { applyEvents, fromSnapshot, type World } from "@/world/world";
import { anAlarm as anyAlarm } from "./an-alarm";

const name = { kk: "а", ru: "а", en: "a" };

function aSchool(id: string, change: Partial<School> = {}): School {
  return {
    id,
    site: id,
    kind: "school",
    name,
    address: name,
    head: "",
    phone: "",
    region: "KZ39",
    district: "KZ391000",
    lat: 53.2,
    lon: 63.6,
    node: { state: "online", last_pulse_at: null, faults: [], clock_offset_s: null },
    cameras_total: 1,
    cameras_live: 1,
    alarm_level: null,
    ...change,
  };
}

function aCamera(id: string, change: Partial<Camera> = {}): Camera {
  return {
    id,
    school: "s1",
    key: id,
    name,
    zone: "other",
    has_sub: true,
    present: true,
    onvif: "",
    clock_offset_s: null,
    picture: null,
    streams: [],
    ...change,
  };
}

const anAlarm = (id: string, version: number, state: Alarm["state"] = "stored"): Alarm =>
  anyAlarm(id, { school: "s1", site: "s1", version, state });

const aUnit = (id: string, state: Unit["state"]): Unit => ({ id, name, state, since: null, reason: "" });

function aSnapshot(change: Partial<Snapshot> = {}): Snapshot {
  return {
    type: "snapshot",
    at: "2026-11-22T07:44:00.000Z",
    schools: [],
    cameras: [],
    alarms: [],
    units: [],
    ...change,
  };
}

const at = "2026-11-22T07:44:01.000Z";
const told = (alarm: Alarm): WorldEvent => ({ type: "event", topic: "alarm", data: alarm, at });

/** What a screen shows of a world, so that two can be compared. */
function shown({ schools, cameras, alarms, units }: World) {
  const sorted = <T extends { id: string }>(map: ReadonlyMap<string, T>) =>
    [...map.values()].sort((a, b) => a.id.localeCompare(b.id));
  return { schools: sorted(schools), cameras: sorted(cameras), alarms: sorted(alarms), units: sorted(units) };
}

describe("old snapshot, events applied, equals fresh snapshot", () => {
  const before = fromSnapshot(
    aSnapshot({
      schools: [aSchool("s1")],
      cameras: [aCamera("c1")],
      alarms: [anAlarm("a1", 3)],
      units: [aUnit("u1", "free")],
    }),
  );
  const silent = aSchool("s1", {
    node: { state: "silent", last_pulse_at: at, faults: [], clock_offset_s: null },
    cameras_live: 0,
  });
  const stories: [string, WorldEvent, Snapshot][] = [
    [
      "a school falls silent",
      { type: "event", topic: "school", data: silent, at },
      aSnapshot({
        schools: [silent],
        cameras: [aCamera("c1")],
        alarms: [anAlarm("a1", 3)],
        units: [aUnit("u1", "free")],
      }),
    ],
    [
      "a camera appears",
      { type: "event", topic: "camera", data: aCamera("c2"), at },
      aSnapshot({
        schools: [aSchool("s1")],
        cameras: [aCamera("c1"), aCamera("c2")],
        alarms: [anAlarm("a1", 3)],
        units: [aUnit("u1", "free")],
      }),
    ],
    [
      "a camera is taken down",
      { type: "event", topic: "camera", data: aCamera("c1", { present: false }), at },
      aSnapshot({ schools: [aSchool("s1")], alarms: [anAlarm("a1", 3)], units: [aUnit("u1", "free")] }),
    ],
    [
      "a unit is sent",
      { type: "event", topic: "unit", data: aUnit("u1", "dispatched"), at },
      aSnapshot({
        schools: [aSchool("s1")],
        cameras: [aCamera("c1")],
        alarms: [anAlarm("a1", 3)],
        units: [aUnit("u1", "dispatched")],
      }),
    ],
    [
      "an alarm comes",
      told(anAlarm("a2", 1)),
      aSnapshot({
        schools: [aSchool("s1")],
        cameras: [aCamera("c1")],
        alarms: [anAlarm("a1", 3), anAlarm("a2", 1)],
        units: [aUnit("u1", "free")],
      }),
    ],
    [
      "an alarm is owned",
      told(anAlarm("a1", 4, "owned")),
      aSnapshot({
        schools: [aSchool("s1")],
        cameras: [aCamera("c1")],
        alarms: [anAlarm("a1", 4, "owned")],
        units: [aUnit("u1", "free")],
      }),
    ],
    [
      "an alarm is closed",
      told(anAlarm("a1", 7, "closed")),
      aSnapshot({ schools: [aSchool("s1")], cameras: [aCamera("c1")], units: [aUnit("u1", "free")] }),
    ],
  ];

  test.each(stories)("%s", (_, event, fresh) => {
    expect(shown(applyEvents(before, [event]))).toEqual(shown(fromSnapshot(fresh)));
  });

  test.each(stories)("%s, told twice", (_, event, fresh) => {
    expect(shown(applyEvents(applyEvents(before, [event]), [event]))).toEqual(shown(fromSnapshot(fresh)));
  });
});

describe("alarms that are told out of order", () => {
  const empty = fromSnapshot(aSnapshot());

  test("an older version does not undo a newer one", () => {
    const world = applyEvents(empty, [told(anAlarm("a1", 5, "owned")), told(anAlarm("a1", 2, "presented"))]);
    expect(world.alarms.get("a1")?.state).toBe("owned");
  });

  test("a late event does not raise a closed alarm again", () => {
    const world = applyEvents(empty, [
      told(anAlarm("a1", 7, "closed")),
      told(anAlarm("a1", 6, "dispatched")),
    ]);
    expect(world.alarms.has("a1")).toBe(false);
  });

  test("what no event touched stays the same object, so that nothing is drawn anew", () => {
    const world = applyEvents(empty, [told(anAlarm("a1", 1))]);
    expect(world.schools).toBe(empty.schools);
    expect(world.cameras).toBe(empty.cameras);
    expect(empty.alarms.size).toBe(0);
  });
});
