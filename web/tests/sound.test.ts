/** What is heard: which call, how often, and that each is told from the others with closed eyes. */
import { describe, expect, test } from "vitest";
import { type Called, news } from "@/features/alarms/bell";
import { type Call, callOf, render, ringing, SCORES } from "@/features/alarms/score";
import { anAlarm } from "./an-alarm";

const ME = { id: "me", name: "А" };
const RATE = 8_000;
const owned = { at: "", actor: ME, action: "owned" as const, note: "", data: {} };

describe("which call", () => {
  test.each([
    ["a real P1", {}, "p1"],
    ["a real P1 that lost its owner", { log: [owned] }, "p1_louder"],
    ["a real P2", { level: "P2" }, "p2"],
    ["a notice", { level: "P3" }, null],
    ["a P1 drill", { kind: "drill" }, "drill"],
    ["a P2 drill", { kind: "drill", level: "P2" }, "test"],
    ["a test", { kind: "test" }, "test"],
  ] as const)("%s", (_, change, call) => {
    expect(callOf(anAlarm("a", change as never))).toBe(call);
  });

  test("a P1 rings until somebody owns it, and a real one before a drill", () => {
    const drill = anAlarm("d", { kind: "drill" });
    expect(ringing([drill, anAlarm("a")])).toBe("p1");
    expect(ringing([drill, anAlarm("a", { owner: ME })])).toBe("drill");
    expect(ringing([anAlarm("a", { owner: ME }), anAlarm("b", { level: "P2" })])).toBeNull();
  });

  test("one that lost its owner is louder than a new one beside it", () => {
    expect(ringing([anAlarm("a"), anAlarm("b", { log: [owned] })])).toBe("p1_louder");
  });
});

describe("what is called out", () => {
  const called = (...ids: string[]): Called => new Map(ids.map((id) => [id, 1]));

  test("at the first look nothing, afterwards each new one once", () => {
    const first = news(null, [anAlarm("a", { level: "P2" })]);
    expect(first.news).toEqual([]);
    const next = news(first.called, [anAlarm("a", { level: "P2" }), anAlarm("b", { level: "P2" })]);
    expect(next.news.map(({ alarm }) => alarm.id)).toEqual(["b"]);
    expect(news(next.called, [anAlarm("b", { level: "P2" })]).news).toEqual([]);
  });

  test("a press repeated while somebody owns it is one soft chime", () => {
    const again = anAlarm("a", { owner: ME, state: "owned", alerts: 2, presses: 2 });
    expect(news(called("a"), [again]).news.map(({ call }) => call)).toEqual(["p2"]);
  });
});

/** Zero crossings per second in each quarter second: how high it sounds, and whether it rises. */
function pitches(call: Call): number[] {
  const samples = render(call, RATE);
  const window = RATE / 4;
  return Array.from({ length: Math.floor(samples.length / window) }, (_, index) => {
    const part = samples.subarray(index * window, (index + 1) * window);
    let crossings = 0;
    for (let at = 1; at < part.length; at += 1)
      if (Math.sign(part[at] ?? 0) !== Math.sign(part[at - 1] ?? 0)) crossings += 1;
    return crossings;
  });
}

const power = (call: Call): number =>
  Math.sqrt(render(call, RATE).reduce((sum, value) => sum + value * value, 0) / render(call, RATE).length);

describe("with closed eyes", () => {
  test("P1 rises, a drill falls", () => {
    const [low = 0, high = 0] = pitches("p1");
    expect(high).toBeGreaterThan(low * 1.2);
    const drill = pitches("drill").filter((pitch) => pitch > 0);
    expect(drill[0]).toBeGreaterThan((drill[3] ?? 0) * 1.2);
  });

  test("gone back is louder than new, new is louder than all else", () => {
    expect(power("p1_louder")).toBeGreaterThan(power("p1") * 1.3);
    for (const call of ["p2", "drill", "test"] as const) expect(power("p1")).toBeGreaterThan(power(call) * 2);
  });

  test("only P1 and its drill repeat, each in its own time; nothing is clipped", () => {
    const repeats = Object.entries(SCORES).flatMap(([call, { every }]) => (every === null ? [] : [call]));
    expect(repeats).toEqual(["p1", "p1_louder", "drill"]);
    for (const call of Object.keys(SCORES) as Call[])
      expect(
        render(call, 44_100).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      ).toBeLessThanOrEqual(1);
  });
});
