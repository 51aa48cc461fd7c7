/** Owns the zone or wall that is being drawn, and puts it on the plan when it is done. */
import { type RefObject, useState } from "react";
import { walled, zoned } from "./drafts";
import { newKey, type Zone, type ZoneKind } from "./plans";
import { areaPx, contains, distanceTo, wallKey } from "./shapes";
import { back, closed, pressed, roomAt, type Tracing, wallAt } from "./tracing";
import type { Editing } from "./use-editor";
import type { Frame } from "./Viewport";
import type { Spot } from "./view";
import { SNAP_PX } from "./ZoneHandles";

/** Of the part in sight, from its middle: what somebody who draws by keyboard begins with. */
const ROOM = 0.12;

export function useTracing(editing: Editing, frame: RefObject<Frame | null>) {
  const [tracing, set] = useState<Tracing | null>(null);
  const { draft, change, choose, chosenWall } = editing;

  const enclose = (kind: ZoneKind, outline: readonly Spot[]) => {
    const zone: Zone = { key: newKey(), kind, name: "", outline, required: null };
    change((draft) => zoned(draft, zone));
    choose(zone.key);
    set(null);
  };
  const close = () => {
    if (tracing?.what === "zone") {
      const outline = closed(tracing.corners);
      if (outline !== null) enclose(tracing.kind, outline);
    } else set(null);
  };
  return {
    tracing,
    set,
    close,
    /** By keyboard a room or a wall stands there at once, to be moved by arrows. */
    begin: (next: Tracing | null, byKeyboard: boolean) => {
      const seen = frame.current;
      if (!byKeyboard || next === null || seen === null) {
        if (tracing === null) choose(null);
        return set(next);
      }
      const reach = ROOM / seen.closeness;
      if (next.what === "zone") return enclose(next.kind, roomAt(seen.middle(), reach));
      const wall = wallAt(seen.middle(), reach);
      change((draft) => walled(draft, wall));
      choose(wallKey(wall));
    },
    press: (spot: Spot) => {
      const seen = frame.current;
      if (tracing === null || seen === null) return;
      const next = pressed(tracing, draft, seen.size, spot, SNAP_PX / seen.scale);
      if (next.outline !== undefined && tracing.what === "zone") return enclose(tracing.kind, next.outline);
      const { wall } = next;
      if (wall !== undefined) change((draft) => walled(draft, wall));
      set(next.tracing);
    },
    back: () => set((now) => (now === null ? null : back(now))),
    /** The wall or the smallest zone at this place. */
    under: (spot: Spot): string | null => {
      const seen = frame.current;
      if (seen === null) return null;
      const reach = SNAP_PX / seen.scale;
      const wall = draft.walls.find((one) => distanceTo(seen.size, one, spot) <= reach);
      if (wall !== undefined) return wallKey(wall);
      const zones = draft.zones.filter(({ outline }) => contains(outline, spot));
      const area = ({ outline }: Zone) => areaPx(seen.size, outline);
      return zones.sort((one, other) => area(one) - area(other))[0]?.key ?? null;
    },
    wallKey: chosenWall === null ? null : wallKey(chosenWall),
  };
}
