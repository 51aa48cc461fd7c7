import { expect, test } from "vitest";
import { directionOf, Helm, moving, MOVE_S, oneByOne } from "@/features/steer/orders";

const helm = () => {
  const sent: string[] = [];
  return { sent, helm: new Helm((order) => sent.push(order)) };
};

test("a held key repeats itself and is one move; its release is one stop", () => {
  const { helm: one, sent } = helm();
  for (let n = 0; n < 20; n += 1) one.press("left");
  one.release("left");
  one.release("left");
  expect(sent).toEqual(["left", "stop"]);
});

test("another direction takes over, and the release of the first does not stop it", () => {
  const { helm: one, sent } = helm();
  one.press("left");
  one.press("up");
  one.release("left");
  expect(sent).toEqual(["left", "up"]);
  one.release("up");
  expect(sent).toEqual(["left", "up", "stop"]);
});

test("a window that loses the focus lets go of whatever is held, and of nothing when nothing is", () => {
  const { helm: one, sent } = helm();
  one.release();
  one.press("in");
  one.release();
  expect(sent).toEqual(["in", "stop"]);
});

test("a move ends by itself, and its speeds are within what the centre takes", () => {
  for (const direction of ["left", "right", "up", "down", "in", "out"] as const) {
    const { order, for_s, pan, tilt, zoom } = moving(direction, "duty");
    expect([order, for_s]).toEqual(["move", MOVE_S]);
    expect(MOVE_S).toBeLessThanOrEqual(10);
    const speeds = [pan, tilt, zoom].filter((speed) => speed !== 0);
    expect(speeds.map((speed) => Math.abs(speed) <= 1)).toEqual([true]);
  }
});

test("a stop never overtakes its move, and what was superseded is not sent", async () => {
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const tell = oneByOne((order: string) => {
    sent.push(order);
    return new Promise<void>((answer) => answers.push(answer));
  });
  for (const order of ["left", "stop", "up", "stop"]) tell(order);
  expect(sent).toEqual(["left"]);
  answers[0]?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(sent).toEqual(["left", "stop"]);
});

test("an order that fails does not keep the next one from being sent", async () => {
  const sent: string[] = [];
  const tell = oneByOne((order: string) => {
    sent.push(order);
    return Promise.reject(new Error("the camera is away"));
  });
  tell("left");
  tell("stop");
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(sent).toEqual(["left", "stop"]);
});

test("keys go by their place on the keyboard", () => {
  expect(directionOf("ArrowLeft")).toBe("left");
  expect(directionOf("Equal")).toBe("in");
  expect(directionOf("KeyA")).toBeUndefined();
});
