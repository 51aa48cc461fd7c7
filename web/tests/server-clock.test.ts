import { describe, expect, test } from "vitest";
import { ServerClock } from "@/player/server-clock";

const SERVER_AHEAD = 1_800_000_000_000;

/** Asks until a question is due, and has it answered after these two ways. Returns when the answer came. */
function ask(clock: ServerClock, at: number, there: number, back: number): number {
  let id = clock.question(at);
  while (id === null) id = clock.question(at);
  clock.answered(id, at + there + SERVER_AHEAD, at + there + back);
  return at + there + back;
}

/** How much later than it is the clock says that it is. */
const late = (clock: ServerClock, at: number) => (clock.now(at) ?? Number.NaN) - at - SERVER_AHEAD;

describe("the centre's clock", () => {
  test("is unknown before it was told", () => {
    const clock = new ServerClock();
    expect(clock.now(0)).toBeNull();
    expect(clock.question(0)).toBe(1);
    clock.answered(7, SERVER_AHEAD, 5);
    expect(clock.now(5)).toBeNull();
  });

  test.each([
    ["quick", 5, 5],
    ["slow on the way here", 0, 5_000],
    ["slow on the way there", 5_000, 0],
    ["slow both ways", 3_000, 3_000],
  ])("over a link that is %s no picture seems newer than it is", (_, there, back) => {
    const clock = new ServerClock();
    const at = ask(clock, 100, there, back);
    expect(late(clock, at)).toBeGreaterThanOrEqual(0);
    expect(late(clock, at)).toBeLessThanOrEqual(there);
  });

  test("a link that became slow does not move it", () => {
    const clock = new ServerClock();
    ask(clock, 0, 4, 6);
    for (let at = 1_000; at < 15_000; at += 1_000) ask(clock, at, 2_000, 4_000);
    expect(late(clock, 20_000)).toBe(4);
  });

  test("a clock of the centre that was set is followed", () => {
    const clock = new ServerClock();
    ask(clock, 0, 1, 1);
    for (let at = 60_000; at < 60_000 + 20 * 5_000; at += 5_000) {
      const id = (() => {
        let found = clock.question(at);
        while (found === null) found = clock.question(at);
        return found;
      })();
      clock.answered(id, at + SERVER_AHEAD - 3_600_000, at + 10);
    }
    expect(late(clock, 200_000)).toBe(-3_600_000);
  });

  test("is asked often in the beginning, then seldom, and anew on a new socket", () => {
    const clock = new ServerClock();
    const due = () => Array.from({ length: 80 }, () => clock.question(0) !== null).filter(Boolean).length;
    expect(due()).toBe(5 + 3);
    clock.begin();
    expect(clock.question(0)).not.toBeNull();
  });
});
