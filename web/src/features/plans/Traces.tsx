/** What is being drawn, with a line to the pointer. */
import { useEffect, useState } from "react";
import { pointsOf, Sheet } from "./Ground";
import { endsOf, snapped } from "./shapes";
import type { Draft } from "./drafts";
import type { Tracing } from "./tracing";
import type { Frame } from "./Viewport";
import { inside, type Spot } from "./view";
import { SNAP_PX } from "./ZoneHandles";

/** The place under the pointer, while it is over the plan. */
function useHover({ box, spotAt }: Frame): Spot | null {
  const [at, setAt] = useState<{ clientX: number; clientY: number } | null>(null);
  useEffect(() => {
    if (box === null) return;
    const move = ({ clientX, clientY }: PointerEvent) => setAt({ clientX, clientY });
    const leave = () => setAt(null);
    box.addEventListener("pointermove", move);
    box.addEventListener("pointerleave", leave);
    return () => {
      box.removeEventListener("pointermove", move);
      box.removeEventListener("pointerleave", leave);
    };
  }, [box]);
  const spot = at === null ? null : spotAt(at);
  return spot !== null && inside(spot) ? spot : null;
}

export function Trace({ tracing, draft, frame }: { tracing: Tracing; draft: Draft; frame: Frame }) {
  const hover = useHover(frame);
  const corners = tracing.what === "zone" ? tracing.corners : tracing.from === null ? [] : [tracing.from];
  const ends = endsOf(
    draft.walls,
    draft.zones.map(({ outline }) => outline),
  );
  const next =
    hover === null ? null : snapped(frame.size, hover, ends, SNAP_PX / frame.scale, corners.at(-1) ?? null);
  const line = next === null ? corners : [...corners, next];
  return (
    <Sheet testId="plan-trace">
      {tracing.what === "zone" && line.length > 2 && (
        <polygon
          points={pointsOf(frame, line)}
          className="text-accent"
          fill="currentColor"
          fillOpacity={0.15}
        />
      )}
      <polyline
        points={pointsOf(frame, line)}
        className="text-accent"
        fill="none"
        stroke="currentColor"
        strokeWidth={2}
        strokeDasharray="6 4"
      />
      {line.map((spot, index) => {
        const { left, top } = frame.place(spot);
        return (
          <circle
            key={index}
            cx={left}
            cy={top}
            r={index === 0 && tracing.what === "zone" && corners.length > 2 ? SNAP_PX : 4}
            className="text-accent"
            fill="var(--q-surface)"
            fillOpacity={0.7}
            stroke="currentColor"
            strokeWidth={2}
          />
        );
      })}
    </Sheet>
  );
}
