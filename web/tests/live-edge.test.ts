import { describe, expect, test } from "vitest";
import { decideEdge, decideTrim } from "@/player/live-edge";

/** A camera's timeline does not begin at zero. */
const T = 90_000;

describe("where a live picture stands in its buffer", () => {
  test("before anything is buffered it waits", () => {
    expect(decideEdge([], 0, 1)).toEqual({ kind: "stay" });
  });

  test("the first keyframe is shown at once, wherever the timeline of the camera stands", () => {
    expect(decideEdge([{ start: T, end: T + 0.04 }], 0, 1)).toEqual({ kind: "jump", to: T });
  });

  test("a long group of pictures is opened near its end, not at its start", () => {
    const move = decideEdge([{ start: T, end: T + 4 }], 0, 1);
    expect(move.kind).toBe("jump");
    expect(move.kind === "jump" && T + 4 - move.to).toBeLessThan(0.5);
  });

  test("a little behind it hurries, until the cushion is reached, and then plays on as it should", () => {
    const buffered = [{ start: T, end: T + 10 }];
    expect(decideEdge(buffered, T + 8.9, 1)).toEqual({ kind: "rate", rate: 1.1 });
    expect(decideEdge(buffered, T + 9.3, 1.1)).toEqual({ kind: "stay" });
    expect(decideEdge(buffered, T + 9.7, 1.1)).toEqual({ kind: "rate", rate: 1 });
    expect(decideEdge(buffered, T + 9.7, 1)).toEqual({ kind: "stay" });
  });

  test("more than two seconds behind it jumps", () => {
    expect(decideEdge([{ start: T, end: T + 10 }], T + 7.9, 1.1)).toEqual({ kind: "jump", to: T + 9.75 });
  });

  test("at the very end it lingers until there is a cushion again", () => {
    const buffered = [{ start: T, end: T + 10 }];
    expect(decideEdge(buffered, T + 9.98, 1)).toEqual({ kind: "rate", rate: 0.95 });
    expect(decideEdge(buffered, T + 9.85, 0.95)).toEqual({ kind: "stay" });
    expect(decideEdge(buffered, T + 9.7, 0.95)).toEqual({ kind: "rate", rate: 1 });
  });

  test("a hole is left behind: what counts is the last stretch", () => {
    const buffered = [
      { start: T, end: T + 3 },
      { start: T + 9, end: T + 9.5 },
    ];
    expect(decideEdge(buffered, T + 3, 1)).toEqual({ kind: "jump", to: T + 9 });
  });

  test("a camera that restarted with an earlier clock is followed", () => {
    expect(decideEdge([{ start: 5, end: 5.5 }], T, 1)).toEqual({ kind: "jump", to: 5 });
  });

  test("the buffer keeps ten seconds, and is cut in steps, not at every frame", () => {
    expect(decideTrim([{ start: T, end: T + 14 }], T + 14)).toBeNull();
    expect(decideTrim([{ start: T, end: T + 20 }], T + 20)).toEqual({ start: 0, end: T + 10 });
    expect(decideTrim([], 0)).toBeNull();
  });
});
