/** What a unit can say next, in ASAP's words (domain/dispatch has the one table; this greys what it would refuse). */
import type { Dispatch, DispatchState } from "@/api/types";

export type Verb = "accept" | "reject" | "depart" | "arrive" | "stabilise" | "clear";

const NEXT: Record<DispatchState, readonly Verb[]> = {
  offered: ["accept", "reject"],
  accepted: ["depart", "arrive", "clear"],
  en_route: ["arrive", "clear"],
  on_scene: ["stabilise", "clear"],
  stabilised: ["clear"],
  cleared: [],
  rejected: [],
};

/** The likely word first. */
export function verbsOf(dispatch: Dispatch): readonly Verb[] {
  return NEXT[dispatch.state];
}

export function isOver(dispatch: Dispatch): boolean {
  return verbsOf(dispatch).length === 0;
}

/** When it came into the state that it is in. */
export function since(dispatch: Dispatch): string {
  return (
    dispatch.ended_at ??
    dispatch.stabilised_at ??
    dispatch.arrived_at ??
    dispatch.departed_at ??
    dispatch.accepted_at ??
    dispatch.offered_at
  );
}

/** 850 m, 2,4 km: whole tens of metres, then hundreds. */
export function distance(metres: number): { value: number; unit: "m" | "km" } {
  return metres < 995
    ? { value: Math.round(metres / 10) * 10, unit: "m" }
    : { value: Math.round(metres / 100) / 10, unit: "km" };
}
