/** The points of a plan as they are drawn: dragged, moved by arrow keys, turned by a handle. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef } from "react";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { changed, type Difference, shifted } from "./drafts";
import { pointsOf, Sheet } from "./Ground";
import { AT, Label, type Named, placeStyle, Sign, useArrangedNames } from "./marks";
import type { PlanPoint } from "./plans";
import type { Editing } from "./use-editor";
import { ARROWS, type Frame } from "./Viewport";
import { bearing, held, type Spot } from "./view";

/** Of the plan's side, for one press of an arrow key while all of it is in sight; Shift makes it five times as much. */
const NUDGE = 0.004;
const HANDLE_PX = 46;
const TURN_DEG = 5;

/** Something on the plan that a pointer drags and arrow keys move. */
export function Movable({
  spot,
  frame,
  label,
  chosen,
  small = false,
  arrows = true,
  fine = false,
  onMove,
  onSettle,
  onChoose,
  onKey,
  children,
  ...data
}: {
  spot: Spot;
  frame: Frame;
  label: string;
  chosen: boolean;
  /** One of many that stand close together. */
  small?: boolean;
  /** Arrow keys move it. */
  arrows?: boolean;
  /** By arrow keys it moves by single pixels of what is drawn. */
  fine?: boolean;
  onMove: (spot: Spot) => void;
  onSettle: () => void;
  onChoose?: () => void;
  onKey?: (event: KeyboardEvent) => void;
  children: ReactNode;
  "data-testid"?: string;
  "data-key"?: string;
  "data-kind"?: string;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const grip = useRef<Spot | null>(null);
  useEffect(() => {
    if (chosen && document.activeElement !== button.current && !isTyping()) button.current?.focus();
  }, [chosen]);
  const drag = (event: PointerEvent) => {
    if (grip.current === null) return;
    const at = frame.spotAt(event);
    onMove({ x: at.x + grip.current.x, y: at.y + grip.current.y });
  };
  const drop = () => {
    grip.current = null;
    onSettle();
  };
  return (
    <div
      className={`${AT} ${chosen || small ? "z-20" : "z-10"}`}
      style={placeStyle(frame.place(spot))}
      data-x={spot.x}
      data-y={spot.y}
      {...data}
    >
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-pressed={chosen}
        onFocus={onChoose}
        onPointerDown={(event) => {
          event.stopPropagation();
          event.currentTarget.setPointerCapture(event.pointerId);
          const at = frame.spotAt(event);
          grip.current = { x: spot.x - at.x, y: spot.y - at.y };
          onChoose?.();
        }}
        onPointerMove={drag}
        onPointerUp={drop}
        onPointerCancel={drop}
        onKeyUp={(event) => event.key in ARROWS && onSettle()}
        onKeyDown={(event) => {
          const step = ARROWS[event.key];
          if (step === undefined || !arrows) return onKey?.(event);
          event.preventDefault();
          const by = (fine ? 1 / frame.size.width : NUDGE / frame.closeness) * (event.shiftKey ? 5 : 1);
          onMove({ x: spot.x + step.left * by, y: spot.y + step.top * by });
        }}
        className={`absolute ${small ? "size-5" : "size-9"} -translate-x-1/2 -translate-y-1/2 cursor-move touch-none rounded-full`}
      >
        <span className="pointer-events-none absolute top-1/2 left-1/2">{children}</span>
      </button>
    </div>
  );
}

function isTyping(): boolean {
  return document.activeElement instanceof HTMLInputElement;
}

export function EditLayer({
  named,
  frame,
  editing,
}: {
  named: readonly Named[];
  frame: Frame;
  editing: Editing;
}) {
  const { chosen, change, settle, choose, remove } = editing;
  const names = useArrangedNames(named, frame, chosen?.key ?? null);
  return (
    <>
      {named.map(({ point, camera, words }) => {
        const isChosen = chosen?.key === point.key;
        const offset = names.get(point.key);
        return (
          <Movable
            key={point.key}
            spot={point}
            frame={frame}
            label={words}
            chosen={isChosen}
            onChoose={() => choose(point.key)}
            onMove={(spot) => change((draft) => shifted(draft, point.key, spot), `move ${point.key}`)}
            onSettle={settle}
            onKey={(event) => {
              if (event.key !== "Delete" && event.key !== "Backspace") return;
              event.preventDefault();
              remove(point.key);
            }}
            data-testid="edit-mark"
            data-key={point.key}
            data-kind={point.kind}
          >
            <Sign point={point} camera={camera} />
            {isChosen && (
              <span className="absolute size-8 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-accent" />
            )}
            <span className={offset === undefined ? "invisible group-hover/mark:visible" : ""}>
              <Label strong={isChosen} offset={offset}>
                {words}
              </Label>
            </span>
          </Movable>
        );
      })}
      {chosen?.kind === "camera" && <Handle point={chosen} frame={frame} editing={editing} />}
    </>
  );
}

/** Turns the chosen camera: dragged around it, or by arrow keys. */
function Handle({ point, frame, editing }: { point: PlanPoint; frame: Frame; editing: Editing }) {
  const { t } = useWords();
  const held = useRef(false);
  const degrees = point.bearing_deg ?? 0;
  const turn = (to: number) =>
    editing.change(
      (draft) => changed(draft, point.key, { bearing_deg: (Math.round(to) + 360) % 360 }),
      `turn ${point.key}`,
    );
  const middle = frame.place(point);
  const radians = (degrees * Math.PI) / 180;
  const at = {
    left: middle.left + HANDLE_PX * Math.sin(radians),
    top: middle.top - HANDLE_PX * Math.cos(radians),
  };
  const drop = () => {
    held.current = false;
    editing.settle();
  };
  return (
    <div className={`${AT} z-30`} style={placeStyle(at)}>
      <button
        type="button"
        role="slider"
        aria-label={t("plan.bearing")}
        aria-valuemin={0}
        aria-valuemax={359}
        aria-valuenow={degrees}
        title={t("plan.bearing")}
        onPointerDown={(event) => {
          event.stopPropagation();
          event.currentTarget.setPointerCapture(event.pointerId);
          held.current = true;
        }}
        onPointerMove={(event) => {
          if (held.current) turn(bearing(middle, frame.place(frame.spotAt(event))));
        }}
        onPointerUp={drop}
        onPointerCancel={drop}
        onKeyDown={(event) => {
          const step = ARROWS[event.key];
          if (step === undefined) return;
          event.preventDefault();
          turn(degrees + (step.left - step.top) * TURN_DEG);
        }}
        onKeyUp={(event) => event.key in ARROWS && editing.settle()}
        className="absolute size-4 -translate-x-1/2 -translate-y-1/2 cursor-grab touch-none rounded-full border-2 border-accent bg-surface"
        data-testid="plan-bearing"
        data-deg={point.bearing_deg ?? ""}
      />
    </div>
  );
}

/** What I had drawn and what the newer plan does not have: outlined, until it is taken over or dropped. */
export function Ghosts({ waiting, frame }: { waiting: readonly Difference[]; frame: Frame }) {
  const { t } = useWords();
  const mine = waiting.filter(({ what }) => what !== "removed");
  return (
    <>
      <Sheet>
        {mine.map((one) =>
          one.of === "point" ? null : (
            <polygon
              key={one.key}
              points={pointsOf(frame, one.of === "zone" ? one.zone.outline : [one.wall.a, one.wall.b])}
              className="text-drill"
              fill="none"
              stroke="currentColor"
              strokeWidth={2}
              strokeDasharray="5 4"
            />
          ),
        )}
      </Sheet>
      {mine.map((one) =>
        one.of !== "point" ? null : (
          <div
            key={one.key}
            className={`${AT} pointer-events-none z-20`}
            style={placeStyle(frame.place(held(one.point)))}
          >
            <span className="absolute size-7 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-dashed border-drill" />
            <Label>{one.point.label || wordFor(t, "plan_point", one.point.kind)}</Label>
          </div>
        ),
      )}
    </>
  );
}
