/** The corners of the chosen zone and the ends of the chosen wall: dragged, moved by arrow keys, added and taken away. */
import { type KeyboardEvent, useRef } from "react";
import { useWords } from "@/vocabulary/use-words";
import { cornerInserted, cornerMoved, cornerRemoved, endMoved } from "./drafts";
import { Movable } from "./EditLayer";
import type { Wall, Zone } from "./plans";
import { between, endsOf, MOST_CORNERS, sides, snapped, wallKey } from "./shapes";
import type { Editing } from "./use-editor";
import type { Frame } from "./Viewport";
import type { Spot } from "./view";

/** How near a pointer comes, on the screen, before it snaps. */
export const SNAP_PX = 10;

const CORNER =
  "absolute size-3.5 -translate-x-1/2 -translate-y-1/2 rounded-sm border-2 border-accent bg-surface";
const MIDDLE =
  "absolute size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border border-accent bg-surface/80 group-hover/mark:bg-accent group-focus-within/mark:bg-accent";

const isDelete = (event: KeyboardEvent) => event.key === "Delete" || event.key === "Backspace";

export function ZoneHandles({ zone, frame, editing }: { zone: Zone; frame: Frame; editing: Editing }) {
  const { t } = useWords();
  const { change, settle } = editing;
  /** The corner that a drag of a side's middle has just made: it goes on moving that one. */
  const made = useRef<number | null>(null);
  const { outline, key } = zone;
  const about = (what: string) => `${what} ${key}`;
  const insert = (corner: number, spot?: Spot) =>
    change((draft) => cornerInserted(draft, key, corner, spot), about(`corner ${corner + 1}`));
  const move = (corner: number, spot: Spot) =>
    change((draft) => cornerMoved(draft, key, corner, spot), about(`corner ${corner}`));
  const done = () => {
    made.current = null;
    settle();
  };
  return (
    <>
      {outline.length < MOST_CORNERS &&
        sides(outline).map(({ a, b }, index) => (
          <Movable
            key={`middle ${index}`}
            spot={between(a, b)}
            frame={frame}
            label={t("place.insert_corner", { number: index + 1 })}
            chosen={false}
            small
            arrows={false}
            onMove={(spot) => {
              if (made.current === index) return move(index + 1, spot);
              made.current = index;
              insert(index, spot);
            }}
            onSettle={done}
            onKey={(event) => {
              if (event.key !== "Enter" && event.key !== " ") return;
              event.preventDefault();
              insert(index);
              settle();
            }}
            data-testid="zone-side"
          >
            <span className={MIDDLE} />
          </Movable>
        ))}
      {outline.map((spot, index) => (
        <Movable
          key={`corner ${index}`}
          spot={spot}
          frame={frame}
          label={t("place.corner", { number: index + 1 })}
          chosen={false}
          small
          onMove={(to) => move(index, to)}
          onSettle={done}
          onKey={(event) => {
            if (!isDelete(event)) return;
            event.preventDefault();
            change((draft) => cornerRemoved(draft, key, index));
          }}
          data-testid="zone-corner"
        >
          <span className={CORNER} />
        </Movable>
      ))}
    </>
  );
}

export function WallHandles({ wall, frame, editing }: { wall: Wall; frame: Frame; editing: Editing }) {
  const { t } = useWords();
  const { change, settle, choose, draft, remove } = editing;
  const move = (end: Spot, other: Spot, to: Spot) => {
    const ends = endsOf(draft.walls, []).filter(({ x, y }) => x !== end.x || y !== end.y);
    const place = snapped(frame.size, to, ends, SNAP_PX / frame.scale);
    if (place.x === other.x && place.y === other.y) return;
    change((draft) => endMoved(draft, end, place), "wall end");
    choose(wallKey({ a: place, b: other }));
  };
  return [
    { end: wall.a, other: wall.b },
    { end: wall.b, other: wall.a },
  ].map(({ end, other }, index) => (
    <Movable
      key={index}
      spot={end}
      frame={frame}
      label={t("plan.end", { number: index + 1 })}
      chosen={false}
      small
      onMove={(to) => move(end, other, to)}
      onSettle={settle}
      onKey={(event) => {
        if (!isDelete(event)) return;
        event.preventDefault();
        remove(wallKey(wall));
      }}
      data-testid="wall-end"
    >
      <span className={CORNER} />
    </Movable>
  ));
}
