import { describe, expect, test } from "vitest";
import type { Alarm, LogLine } from "@/api/types";
import { chooseTakeover } from "@/app/desk/takeover";
import { may } from "@/features/alarms/rules";
import { byUrgency, isWaiting, toneOf, wentBack } from "@/vocabulary/alarms";
import { anAlarm } from "./an-alarm";

const RIGHTS = [
  "alarm.acknowledge",
  "alarm.verify",
  "alarm.dispatch",
  "alarm.close",
  "alarm.confirm_closure",
  "alarm.shelve",
  "alarm.review",
] as const;
const ME = { id: "me", name: "А" };
const OTHER = { id: "other", name: "Б" };
const AT = "2026-11-22T07:44:10.000Z";
const said = (action: LogLine["action"], actor = OTHER): LogLine => ({
  at: AT,
  actor,
  action,
  note: "",
  data: {},
});
const signedBy = (by: typeof ME) => ({ by, disposition: "true" as const, note: "жазба", at: AT });

/** What a person may do, in the order of the rules. */
const allowed = (alarm: Alarm, me = ME.id): string[] =>
  Object.entries(may(alarm, RIGHTS, me))
    .filter(([, can]) => can)
    .map(([step]) => step);

describe("the queue", () => {
  test("real before drill, P1 before P2, unowned before owned, then the oldest; what is put aside last", () => {
    const shelf = { by: ME, reason: "", until: AT, confirmed_by: OTHER };
    const queue = [
      anAlarm("drill", { kind: "drill" }),
      anAlarm("p2", { level: "P2" }),
      anAlarm("aside", { shelf }),
      anAlarm("owned", { state: "owned", owner: ME }),
      anAlarm("late", { pressed_at: "2026-11-22T07:45:00.000Z" }),
      anAlarm("early"),
    ];
    expect(queue.sort(byUrgency).map(({ id }) => id)).toEqual([
      "early",
      "late",
      "owned",
      "p2",
      "aside",
      "drill",
    ]);
  });

  test("a drill is blue, whatever its level", () => {
    expect(toneOf({ level: "P1", kind: "drill" })).toBe("drill");
    expect(toneOf({ level: "P1", kind: "test" })).toBe("drill");
    expect(toneOf({ level: "P1", kind: "real" })).toBe("alarm");
  });

  test("an alarm that lost its owner waits, however far it was handled; one that two put aside does not", () => {
    const lost = anAlarm("a", { state: "dispatched", log: [said("owned"), said("lease_lost")] });
    expect([isWaiting(lost), wentBack(lost)]).toEqual([true, true]);
    const asked = { by: ME, reason: "", until: AT, confirmed_by: null };
    expect(isWaiting(anAlarm("a", { shelf: asked }))).toBe(true);
    expect(isWaiting(anAlarm("a", { shelf: { ...asked, confirmed_by: OTHER } }))).toBe(false);
  });
});

describe("what takes the centre by itself", () => {
  test("the first P1 that nobody owns", () => {
    const queue = [anAlarm("owned", { owner: ME }), anAlarm("p2", { level: "P2" }), anAlarm("p1")];
    expect(chooseTakeover(queue, new Set())?.id).toBe("p1");
  });

  test("not the one that the officer put aside, but the next", () => {
    expect(chooseTakeover([anAlarm("a"), anAlarm("b")], new Set(["a"]))?.id).toBe("b");
    expect(chooseTakeover([anAlarm("a")], new Set(["a"]))).toBeUndefined();
  });
});

describe("what may be done now", () => {
  test.each([
    ["stored", null, ["acknowledge", "shelve", "claim"]],
    ["presented", null, ["acknowledge", "shelve", "claim"]],
    ["owned", ME, ["release", "verify", "shelve", "claim"]],
    ["confirmed", ME, ["release", "verify", "dispatch", "close", "shelve", "claim"]],
    ["unverified", OTHER, ["verify", "dispatch", "close", "shelve", "claim"]],
    ["refuted", OTHER, ["verify", "close", "shelve", "claim"]],
    ["on_scene", null, ["acknowledge", "verify", "dispatch", "close", "shelve", "claim"]],
  ] as const)("%s", (state, owner, steps) => {
    expect(allowed(anAlarm("a", { state, owner }))).toEqual([...steps]);
  });

  test("a closed alarm takes a review, and no word from the telephone; a reviewed one takes nothing", () => {
    expect(allowed(anAlarm("a", { state: "closed", owner: ME, closed_at: AT }))).toEqual(["review"]);
    expect(allowed(anAlarm("a", { state: "reviewed", owner: ME, closed_at: AT }))).toEqual([]);
  });

  test("nothing without the right", () => {
    expect(Object.values(may(anAlarm("a"), [], ME.id)).some(Boolean)).toBe(false);
  });

  test("whoever signed first may only withdraw; another person signs", () => {
    const signed = anAlarm("a", { state: "confirmed", owner: ME, closing: signedBy(ME) });
    expect(allowed(signed)).toContain("withdraw");
    expect(allowed(signed)).not.toContain("sign");
    expect(allowed(signed, OTHER.id)).toContain("sign");
    expect(allowed(signed, OTHER.id)).not.toContain("withdraw");
    expect(allowed(signed)).not.toContain("close");
  });

  test("a cancel that nobody verified lets nobody close it, first or second", () => {
    expect(allowed(anAlarm("a", { state: "confirmed", owner: ME, claimed: true }))).not.toContain("close");
    const signed = anAlarm("a", { state: "confirmed", owner: ME, closing: signedBy(ME), claimed: true });
    expect(allowed(signed, OTHER.id)).not.toContain("sign");
  });

  test("a shelf is agreed to by another person than the one who asks", () => {
    const asked = anAlarm("a", { shelf: { by: ME, reason: "", until: AT, confirmed_by: null } });
    expect(allowed(asked)).not.toContain("confirm_shelf");
    expect(allowed(asked, OTHER.id)).toContain("confirm_shelf");
  });
});
