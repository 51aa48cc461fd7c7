/** A version of a plan as it was drawn, to look at: the picture, its signs, and what a remark or a difference points at. */
import { useState } from "react";
import { useWords } from "./use-words";

/** A place on a plan: 0…1 from its left and upper edge. */
export interface Spot {
  x: number;
  y: number;
}

/** As much of a plan, or of one of its versions, as is drawn here. */
export interface Sheet {
  image: string;
  kind: string;
  revision: number;
  width_px: number;
  height_px: number;
  points: readonly (Spot & { key: string })[];
}

export type Change = "added" | "removed" | "changed";

/** Something that differs between two versions. */
export interface Difference {
  key: string;
  of: "point" | "zone" | "wall";
  /** The kind of point or zone. */
  kind: string;
  label: string;
  change: Change;
  /** Where it stood, and where it stands: a point's place, a zone's outline, a wall's ends. */
  before: Spot[] | null;
  after: Spot[] | null;
}

/** Signs are as large as this share of the drawing's longer side. */
const SIGN = 0.009;

const TONES: Record<Change, string> = {
  added: "text-accent",
  removed: "text-caution",
  changed: "text-drill",
};

export function PlanPicture({
  layout,
  pointed = [],
  changes = [],
  label,
}: {
  layout: Sheet;
  /** Outlines and places that are spoken of. */
  pointed?: readonly (readonly Spot[])[];
  changes?: readonly Difference[];
  label: string;
}) {
  const { t } = useWords();
  const [broken, setBroken] = useState(false);
  const { width_px: width, height_px: height } = layout;
  const unit = Math.max(width, height) * SIGN;
  return (
    <figure
      className="relative overflow-hidden bg-ground"
      data-testid="plan-picture"
      data-revision={layout.revision}
    >
      <img
        src={layout.image}
        width={width}
        height={height}
        alt={label}
        onError={() => setBroken(true)}
        className="plan-picture h-auto w-full"
        data-kind={layout.kind}
      />
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        className="absolute inset-0 size-full"
        aria-hidden
      >
        {layout.points.map((point) => (
          <circle
            key={point.key}
            cx={point.x * width}
            cy={point.y * height}
            r={unit * 0.6}
            className="fill-surface stroke-current text-ink-2"
            strokeWidth={unit * 0.25}
          />
        ))}
        {changes.map((one) => (
          <Changed key={`${one.of} ${one.key}`} one={one} width={width} height={height} unit={unit} />
        ))}
        {pointed.map((outline, index) => (
          <Pointed key={index} outline={outline} width={width} height={height} unit={unit} />
        ))}
      </svg>
      {broken && <figcaption className="p-3 text-caution">{t("plan.no_picture")}</figcaption>}
    </figure>
  );
}

interface Drawn {
  width: number;
  height: number;
  unit: number;
}

const inPixels = (outline: readonly Spot[], { width, height }: Drawn): string =>
  outline.map(({ x, y }) => `${x * width},${y * height}`).join(" ");

/** The place that is spoken of: rings around a point, a thick line around a zone. */
function Pointed({ outline, ...drawn }: Drawn & { outline: readonly Spot[] }) {
  const [first] = outline;
  const { width, height, unit } = drawn;
  if (first === undefined) return null;
  return (
    <g className="text-caution" data-testid="plan-pointed">
      {outline.length === 1 ? (
        <>
          <circle
            cx={first.x * width}
            cy={first.y * height}
            r={unit * 2.6}
            fill="none"
            stroke="currentColor"
            strokeWidth={unit * 0.5}
          />
          <circle cx={first.x * width} cy={first.y * height} r={unit * 0.9} fill="currentColor" />
        </>
      ) : (
        <polygon
          points={inPixels(outline, drawn)}
          fill="currentColor"
          fillOpacity={0.18}
          stroke="currentColor"
          strokeWidth={unit * 0.5}
        />
      )}
    </g>
  );
}

/** What was: dashed; what is: solid; from the one to the other a line. Colour is not the only sign. */
function Changed({ one, ...drawn }: Drawn & { one: Difference }) {
  const { unit } = drawn;
  const [from, to] = [one.before?.[0], one.after?.[0]];
  const moved =
    one.of === "point" && from !== undefined && to !== undefined && (from.x !== to.x || from.y !== to.y);
  return (
    <g
      className={TONES[one.change]}
      data-testid="difference-drawn"
      data-change={one.change}
      data-key={one.key}
    >
      {one.before !== null && <Shape outline={one.before} of={one.of} dashed drawn={drawn} />}
      {moved && (
        <line
          x1={from.x * drawn.width}
          y1={from.y * drawn.height}
          x2={to.x * drawn.width}
          y2={to.y * drawn.height}
          stroke="currentColor"
          strokeWidth={unit * 0.3}
          strokeDasharray={`${unit} ${unit * 0.6}`}
        />
      )}
      {one.after !== null && <Shape outline={one.after} of={one.of} drawn={drawn} />}
    </g>
  );
}

function Shape({
  outline,
  of,
  dashed = false,
  drawn,
}: {
  outline: readonly Spot[];
  of: Difference["of"];
  dashed?: boolean;
  drawn: Drawn;
}) {
  const { width, height, unit } = drawn;
  const [first] = outline;
  const line = {
    stroke: "currentColor",
    strokeWidth: unit * 0.4,
    strokeDasharray: dashed ? `${unit * 0.9} ${unit * 0.7}` : undefined,
  };
  if (first === undefined) return null;
  if (of === "point") {
    return (
      <circle
        cx={first.x * width}
        cy={first.y * height}
        r={unit * 1.2}
        fill={dashed ? "none" : "currentColor"}
        {...line}
      />
    );
  }
  if (of === "wall") return <polyline points={inPixels(outline, drawn)} fill="none" {...line} />;
  return (
    <polygon
      points={inPixels(outline, drawn)}
      fill="currentColor"
      fillOpacity={dashed ? 0 : 0.14}
      {...line}
    />
  );
}
