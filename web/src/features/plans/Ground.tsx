/** What lies under the marks of a plan: walls, zones in the colour of their duty, and what cameras see of the floor. */
import { type ReactNode, useId, useMemo } from "react";
import { useWords } from "@/vocabulary/use-words";
import { widthOf } from "./marks";
import { cone, reachOf } from "./lenses";
import { type Norms, ruleOf } from "./places";
import type { Plan, PlanPoint, Zone } from "./plans";
import { middleOf, type Wall, wallKey } from "./shapes";
import type { Frame } from "./Viewport";
import type { Spot } from "./view";

/** Farther than that nobody draws: a cone shows which way a camera looks and what stands in its way. */
const FARTHEST_M = 30;
const LEAST_PX_M = 25;

/** In CSS pixels of the box, as `points` of SVG. */
export function pointsOf(frame: Frame, outline: readonly Spot[]): string {
  return outline
    .map((spot) => frame.place(spot))
    .map(({ left, top }) => `${left.toFixed(1)},${top.toFixed(1)}`)
    .join(" ");
}

export function Sheet({ children, testId }: { children: ReactNode; testId?: string }) {
  return (
    <svg aria-hidden className="pointer-events-none absolute inset-0 size-full" data-testid={testId}>
      {children}
    </svg>
  );
}

/** Which colour a zone has, by what the norm says of cameras in it. */
export function toneOfDuty(duty: string | undefined): string {
  if (duty === "must") return "text-accent";
  return duty === "must_not" ? "text-alarm" : "text-ink-3";
}

interface Props {
  frame: Frame;
  zones: readonly Zone[];
  walls: readonly Wall[];
  norms: Norms | undefined;
  /** Chosen: drawn strongly. */
  chosen?: string | null;
  /** Keys of zones that somebody has to look at: drawn in the colour of an alarm. */
  faulty?: { has: (key: string) => boolean };
  /** Zones only as outlines: something else is shown by colours. */
  bare?: boolean;
}

export function Ground({ frame, zones, walls, norms, chosen = null, faulty, bare = false }: Props) {
  const hatch = useId();
  return (
    <Sheet testId="plan-ground">
      <defs>
        <pattern id={hatch} width={7} height={7} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width={2} height={7} className="text-alarm" fill="currentColor" />
        </pattern>
      </defs>
      {zones.map((zone) => {
        const rule = ruleOf(norms, zone.kind);
        const wrong = faulty?.has(zone.key) === true;
        const isChosen = zone.key === chosen;
        const closed = rule?.cameras === "must_not";
        return (
          <polygon
            key={zone.key}
            points={pointsOf(frame, zone.outline)}
            className={wrong ? "text-alarm" : toneOfDuty(rule?.cameras)}
            fill={closed && !bare ? `url(#${hatch})` : "currentColor"}
            fillOpacity={bare ? 0 : closed ? 0.45 : isChosen ? 0.22 : 0.1}
            stroke="currentColor"
            strokeWidth={isChosen || wrong ? 2.5 : 1.25}
            strokeDasharray={wrong ? "7 4" : undefined}
            data-testid="plan-zone"
            data-key={zone.key}
            data-kind={zone.kind}
            data-faulty={wrong}
          />
        );
      })}
      <Walls frame={frame} walls={walls} chosen={chosen} />
      {zones.map((zone) => (
        <ZoneName key={zone.key} zone={zone} frame={frame} norms={norms} strong={zone.key === chosen} />
      ))}
    </Sheet>
  );
}

/** Light around dark, so that they are told from the drawing's own lines on either desk. */
export function Walls({
  frame,
  walls,
  chosen,
}: {
  frame: Frame;
  walls: readonly Wall[];
  chosen: string | null;
}) {
  return walls.map((wall) => {
    const [a, b] = [frame.place(wall.a), frame.place(wall.b)];
    const key = wallKey(wall);
    const line = { x1: a.left, y1: a.top, x2: b.left, y2: b.top, strokeLinecap: "round" as const };
    return (
      <g key={key} data-testid="plan-wall" data-key={key}>
        <line {...line} stroke="var(--q-surface)" strokeWidth={5} strokeOpacity={0.8} />
        <line
          {...line}
          className={key === chosen ? "text-accent" : "text-drill"}
          stroke="currentColor"
          strokeWidth={key === chosen ? 3.5 : 2}
        />
      </g>
    );
  });
}

/** Only where there is room for it. */
function ZoneName({
  zone,
  frame,
  norms,
  strong,
}: {
  zone: Zone;
  frame: Frame;
  norms: Norms | undefined;
  strong: boolean;
}) {
  const words = useZoneWords(norms)(zone);
  const at = frame.place(middleOf(zone.outline));
  const across = zone.outline.map((spot) => frame.place(spot).left);
  const room = Math.max(...across) - Math.min(...across);
  if (words === "" || (!strong && widthOf(words) > room)) return null;
  return (
    <text
      x={at.left}
      y={at.top}
      textAnchor="middle"
      dominantBaseline="central"
      fontSize={12}
      fontWeight={strong ? 600 : 400}
      fill="var(--q-ink-2)"
      stroke="var(--q-surface)"
      strokeWidth={3}
      paintOrder="stroke"
    >
      {words}
    </text>
  );
}

/** Its own name, else what kind of zone it is. */
export function useZoneWords(norms: Norms | undefined): (zone: Zone) => string {
  const { name } = useWords();
  return (zone) => {
    if (zone.name !== "") return zone.name;
    const rule = ruleOf(norms, zone.kind);
    return rule === undefined ? zone.kind : name(rule.title);
  };
}

const RING_PX = 17;

/** A ring around each camera that sees where nobody is filmed, and a line from it to that zone. */
export function Pointing({
  frame,
  pairs,
}: {
  frame: Frame;
  pairs: readonly { point: PlanPoint; zone: Zone }[];
}) {
  if (pairs.length === 0) return null;
  return (
    <Sheet testId="plan-pointing">
      {pairs.map(({ point, zone }) => {
        const [from, to] = [frame.place(point), frame.place(middleOf(zone.outline))];
        return (
          <g
            key={`${point.key} ${zone.key}`}
            className="text-alarm"
            stroke="currentColor"
            strokeWidth={2}
            fill="none"
            data-testid="plan-private"
            data-point={point.key}
            data-zone={zone.key}
          >
            <circle cx={from.left} cy={from.top} r={RING_PX} />
            <line x1={from.left} y1={from.top} x2={to.left} y2={to.top} strokeDasharray="6 4" />
          </g>
        );
      })}
    </Sheet>
  );
}

/** How far a cone is drawn: to where the picture gets too coarse to see a person at all. */
function farthest(point: PlanPoint): number {
  if (point.lens === null) return 0;
  return Math.min(FARTHEST_M, reachOf(point.lens, LEAST_PX_M, 0) ?? FARTHEST_M);
}

/** What each measured camera sees of the floor, walls in mind; nothing without a scale. */
export function conesOf(
  { width_px: width, height_px: height }: Pick<Plan, "width_px" | "height_px">,
  metresPerPx: number | null,
  points: readonly PlanPoint[],
  walls: readonly Wall[],
): { key: string; pieces: Spot[][] }[] {
  if (metresPerPx === null) return [];
  const ground = { width, height, metresPerPx };
  return points.flatMap((point) => {
    const { key, lens, bearing_deg } = point;
    if (lens === null || bearing_deg === null) return [];
    return [{ key, pieces: cone(ground, point, bearing_deg, lens, walls, farthest(point)) }];
  });
}

/** The same on the screen; the chosen camera's strongly. */
export function Cones({
  frame,
  metresPerPx,
  points,
  walls,
  chosen,
}: {
  frame: Frame;
  metresPerPx: number | null;
  points: readonly PlanPoint[];
  walls: readonly Wall[];
  chosen: string | null;
}) {
  const { width, height } = frame.size;
  const drawn = useMemo(
    () => conesOf({ width_px: width, height_px: height }, metresPerPx, points, walls),
    [points, walls, metresPerPx, width, height],
  );
  return (
    <Sheet testId="plan-cones">
      {drawn.flatMap(({ key, pieces }) =>
        pieces.map((piece, index) => (
          <polygon
            key={`${key} ${index}`}
            points={pointsOf(frame, piece)}
            className="text-accent"
            fill="currentColor"
            fillOpacity={key === chosen ? 0.3 : 0.12}
            stroke="currentColor"
            strokeOpacity={key === chosen ? 1 : 0.45}
            strokeWidth={key === chosen ? 1.5 : 1}
            data-testid="plan-cone"
            data-key={key}
          />
        )),
      )}
    </Sheet>
  );
}
