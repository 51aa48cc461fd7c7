/** What a camera that can turn is told. Keys and buttons hold: pressed is a move, released is a stop. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

export type Steer = components["schemas"]["Steer"];
export type Preset = components["schemas"]["Preset"];

export type Direction = "up" | "down" | "left" | "right" | "in" | "out";

/** A camera whose operator vanished stops by itself after this. */
export const MOVE_S = 5;
const SPEED = 0.5;

const SPEEDS: Record<Direction, Pick<Steer, "pan" | "tilt" | "zoom">> = {
  left: { pan: -SPEED, tilt: 0, zoom: 0 },
  right: { pan: SPEED, tilt: 0, zoom: 0 },
  up: { pan: 0, tilt: SPEED, zoom: 0 },
  down: { pan: 0, tilt: -SPEED, zoom: 0 },
  in: { pan: 0, tilt: 0, zoom: SPEED },
  out: { pan: 0, tilt: 0, zoom: -SPEED },
};

const KEYS: Record<string, Direction> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Equal: "in",
  NumpadAdd: "in",
  Minus: "out",
  NumpadSubtract: "out",
};

/** The direction that a key stands for, by its place on the keyboard. */
export const directionOf = (code: string): Direction | undefined => KEYS[code];

export const moving = (direction: Direction, purpose: string): Steer => ({
  ...STILL,
  order: "move",
  ...SPEEDS[direction],
  for_s: MOVE_S,
  purpose,
});

export const stopping = (purpose: string): Steer => ({ ...STILL, order: "stop", purpose });
export const going = (preset: string, purpose: string): Steer => ({
  ...STILL,
  order: "goto",
  preset,
  purpose,
});
export const remembering = (name: string, purpose: string): Steer => ({
  ...STILL,
  order: "set",
  preset: name,
  purpose,
});

const STILL = { pan: 0, tilt: 0, zoom: 0, for_s: MOVE_S, preset: "" };

/**
 * Holds one direction at a time. A press that repeats itself, as held keys do, is one move; only the release of what
 * is held stops.
 */
export class Helm {
  private held: Direction | null = null;

  constructor(private readonly send: (order: "stop" | Direction) => void) {}

  press(direction: Direction): void {
    if (this.held === direction) return;
    this.held = direction;
    this.send(direction);
  }

  release(direction?: Direction): void {
    if (this.held === null || (direction !== undefined && direction !== this.held)) return;
    this.held = null;
    this.send("stop");
  }
}

/**
 * One order after the other: a stop never overtakes its move. While one is under way only the newest waits, for what
 * the camera is told last is what it shall do.
 */
export function oneByOne<T>(send: (order: T) => Promise<unknown>): (order: T) => void {
  let underWay = false;
  let waiting: { order: T } | null = null;
  const next = (order: T) => {
    underWay = true;
    const done = () => {
      underWay = false;
      if (waiting === null) return;
      const { order: newest } = waiting;
      waiting = null;
      next(newest);
    };
    send(order).then(done, done);
  };
  return (order) => {
    if (underWay) waiting = { order };
    else next(order);
  };
}

export function usePresets(camera: string, purpose: string) {
  return useQuery({
    queryKey: ["ptz", camera],
    queryFn: () =>
      taken(
        api.GET("/api/cameras/{camera_id}/ptz", {
          params: { path: { camera_id: camera }, query: { purpose } },
        }),
      ),
    retry: false,
    staleTime: 0,
  });
}

export function useSteer(camera: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Steer) =>
      taken(api.POST("/api/cameras/{camera_id}/ptz", { params: { path: { camera_id: camera } }, body })),
    onSuccess: (answer, { order }) => {
      if (order === "set") queries.setQueryData(["ptz", camera], answer);
    },
  });
}
