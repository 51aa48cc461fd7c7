/** Remarks: what is urgent, what a deed asks for, and what differs between two versions of a plan. */
import { describe, expect, test } from "vitest";
import type { Remark } from "@/api/types";
import { readRemarks } from "@/app/places";
import { suggestions } from "@/features/remarks/clauses";
import { type DeedName, lacking, NEEDS, ordered } from "@/features/remarks/deeds";
import { differences, type PlanLayout, sheetDiffers } from "@/features/remarks/differences";
import { byDeadline, daysLeft, inDays } from "@/vocabulary/remarks";

/** 23.11.2026, 01:30 in Almaty; still the 22nd in Greenwich. */
const NIGHT = Date.parse("2026-11-22T20:30:00Z");
const NOTHING = { text: "", deadline: null, frame: null };

const remark = (state: Remark["state"], deadline: string | null, changed_at = "2026-11-01T00:00:00Z") =>
  ({ state, deadline, changed_at, id: `${state} ${deadline}` }) as Remark;

describe("days", () => {
  test("are counted by the calendar of Asia/Almaty", () => {
    expect(daysLeft("2026-11-23", NIGHT)).toBe(0);
    expect(daysLeft("2026-11-22", NIGHT)).toBe(-1);
    expect(daysLeft("2026-12-01", NIGHT)).toBe(8);
    expect(inDays(7, NIGHT)).toBe("2026-11-30");
  });
});

test("what is overdue comes first, then what is due soonest, then what has no running deadline", () => {
  const sorted = [
    remark("closed", "2026-01-01"),
    remark("draft", null, "2026-11-20T00:00:00Z"),
    remark("accepted", "2026-12-05"),
    remark("objected", "2026-11-01"),
    remark("issued", "2026-11-25"),
    remark("fixed", "2026-10-01"),
  ].toSorted(byDeadline);
  expect(sorted.slice(0, 4).map(({ state }) => state)).toEqual(["objected", "issued", "accepted", "draft"]);
});

describe("a deed", () => {
  test("the way forward stands in front, and nothing is offered that may not be done", () => {
    expect(ordered(["object", "accept", "fix", "comment"])).toEqual({
      next: "accept",
      others: ["fix", "object", "comment"],
    });
    expect(ordered(["comment", "undo"])).toEqual({ next: null, others: ["comment", "undo"] });
  });

  test("says what is missing before the centre has to", () => {
    const dated = { deadline: "2026-12-01" };
    expect(lacking("object", NOTHING, dated)).toBe("words");
    expect(lacking("object", { ...NOTHING, text: "  " }, dated)).toBe("words");
    expect(lacking("fix", NOTHING, dated)).toBe("evidence");
    expect(lacking("fix", { ...NOTHING, frame: "f" }, dated)).toBeNull();
    expect(lacking("extend", { ...NOTHING, text: "why" }, dated)).toBe("day");
    expect(lacking("issue", NOTHING, { deadline: null })).toBe("day");
    expect(lacking("issue", NOTHING, dated)).toBeNull();
    expect(lacking("verify", NOTHING, dated)).toBeNull();
  });

  test("that demands words also has room for them", () => {
    const mute = (Object.keys(NEEDS) as DeedName[]).filter((one) => NEEDS[one].words && !NEEDS[one].mayWords);
    expect(mute).toEqual([]);
  });
});

describe("two versions of a plan", () => {
  const point = (key: string, x: number) => ({ key, kind: "camera", x, y: 0.5, label: key });
  const square = [
    { x: 0.1, y: 0.1 },
    { x: 0.2, y: 0.1 },
    { x: 0.2, y: 0.2 },
  ];
  const zone = { key: "z", kind: "corridor", name: "", outline: square };
  const before: PlanLayout = {
    image: "/api/plans/p/image?v=1",
    scale: null,
    points: [point("stays", 0.1), point("moves", 0.2), point("goes", 0.3)],
  };
  const after: PlanLayout = {
    image: "/api/plans/p/image?v=2",
    scale: { metres: 5 },
    points: [point("stays", 0.100000001), point("moves", 0.6), point("comes", 0.4)],
    zones: [zone],
    walls: [{ a: { x: 0, y: 0 }, b: { x: 1, y: 0 } }],
  };

  test("differ in what came, what went and what was moved, and in nothing else", () => {
    const found = differences(before, after);
    expect(found.map(({ key, of, change }) => [of === "wall" ? "wall" : key, change])).toEqual([
      ["goes", "removed"],
      ["moves", "changed"],
      ["comes", "added"],
      ["z", "added"],
      ["wall", "added"],
    ]);
    const moved = found.find(({ key }) => key === "moves");
    expect([moved?.before, moved?.after]).toEqual([[{ x: 0.2, y: 0.5 }], [{ x: 0.6, y: 0.5 }]]);
  });

  test("turned round, what came has gone", () => {
    const there = differences(before, after);
    const back = differences(after, before);
    const opposite = { added: "removed", removed: "added", changed: "changed" } as const;
    const said = (all: typeof there) => all.map(({ key, change }) => `${key} ${change}`).sort();
    expect(said(back)).toEqual(there.map(({ key, change }) => `${key} ${opposite[change]}`).sort());
  });

  test("say when the drawing or its scale is another one", () => {
    expect(sheetDiffers(before, after)).toEqual({ drawing: true, scale: true });
    expect(sheetDiffers(before, before)).toEqual({ drawing: false, scale: false });
    expect(differences(after, after)).toEqual([]);
  });
});

test("clauses of the zone that is spoken of come first, each once", () => {
  const zones = [
    { kind: "corridor", clause: "п. 7", source: "Приказ 34" },
    { kind: "stairs", clause: "п. 9", source: "Приказ 34" },
    { kind: "gym", clause: "п. 7", source: "Приказ 34" },
    { kind: "yard", clause: "", source: "" },
  ];
  expect(suggestions(zones, "stairs")).toEqual(["п. 9, Приказ 34", "п. 7, Приказ 34"]);
});

test("an address says no more than it may", () => {
  const read = readRemarks({ whose: "everybody", state: "issued", overdue: "true", q: 12, body: "spies" });
  expect(read).toMatchObject({
    whose: undefined,
    state: "issued",
    overdue: undefined,
    q: "12",
    body: undefined,
  });
});
