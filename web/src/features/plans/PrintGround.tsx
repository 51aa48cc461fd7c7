/** What lies under the marks of a printed plan. Paper may be grey: a zone's duty is told by its hatching, too. */
import { type ReactNode, useId } from "react";
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { conesOf, toneOfDuty, useZoneWords } from "./Ground";
import { widthOf } from "./marks";
import { type Coverage, type DensityScale, type Norms, ruleOf } from "./places";
import type { Plan, Zone } from "./plans";
import { middleOf, wallKey } from "./shapes";
import type { Spot } from "./view";

const DUTIES = ["must", "may", "must_not"] as const;
type Duty = (typeof DUTIES)[number];

/** Lines one way, dots, lines both ways: told apart without colours. */
const HATCHES: Record<Duty, ReactNode> = {
  must: <path d="M-2 2 L2 -2 M0 10 L10 0 M8 12 L12 8" stroke="currentColor" strokeWidth={0.9} />,
  may: <circle cx={5} cy={5} r={0.9} fill="currentColor" />,
  must_not: <path d="M0 0 L10 10 M0 10 L10 0" stroke="currentColor" strokeWidth={1.3} />,
};

/** A, B … Z, AA …: numbers are those of points. */
export function letterOf(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letterOf(Math.floor(index / 26) - 1) + last;
}

interface Props {
  plan: Plan;
  norms: Norms | undefined;
  /** With the map of densities and the blind spots. */
  coverage: Coverage | undefined;
  /** How wide the drawing is, in the units that everything on it is drawn in. */
  width: number;
}

export function PrintGround({ plan, norms, coverage, width }: Props) {
  const hatch = useId();
  const height = (width * plan.height_px) / plan.width_px;
  const map = coverage?.map ?? null;
  const points = (outline: readonly Spot[]) =>
    outline.map(({ x, y }) => `${(x * width).toFixed(1)},${(y * height).toFixed(1)}`).join(" ");
  return (
    <>
      {map !== null && (
        <img src={map} alt="" className="absolute inset-0 size-full" data-testid="print-density" />
      )}
      <svg
        aria-hidden
        viewBox={`0 0 ${width} ${height}`}
        className="absolute inset-0 size-full"
        data-testid="print-ground"
      >
        <Hatches id={hatch} />
        {plan.zones.map((zone) => {
          const duty = ruleOf(norms, zone.kind)?.cameras ?? "may";
          return (
            <polygon
              key={zone.key}
              points={points(zone.outline)}
              className={toneOfDuty(duty)}
              fill={`url(#${hatch}${duty})`}
              fillOpacity={0.55}
              stroke="currentColor"
              strokeWidth={1.2}
              data-testid="print-zone"
              data-key={zone.key}
              data-duty={duty}
            />
          );
        })}
        {conesOf(plan, plan.metres_per_px, plan.points, plan.walls).flatMap(({ key, pieces }) =>
          pieces.map((piece, index) => (
            <polygon
              key={`${key} ${index}`}
              points={points(piece)}
              className="text-accent"
              fill="currentColor"
              fillOpacity={map === null ? 0.14 : 0}
              stroke="currentColor"
              strokeWidth={0.8}
              data-testid="print-cone"
              data-key={key}
            />
          )),
        )}
        {coverage?.zones.flatMap(({ zone, blind_spots }) =>
          blind_spots.map(({ outline }, index) => (
            <polygon
              key={`${zone} ${index}`}
              points={points(outline)}
              className="text-alarm"
              fill="none"
              stroke="currentColor"
              strokeWidth={1.2}
              strokeDasharray="4 2"
              data-testid="print-blind-spot"
            />
          )),
        )}
        {plan.walls.map((wall) => (
          <line
            key={wallKey(wall)}
            x1={wall.a.x * width}
            y1={wall.a.y * height}
            x2={wall.b.x * width}
            y2={wall.b.y * height}
            className="text-ink"
            stroke="currentColor"
            strokeWidth={2}
            strokeLinecap="round"
            data-testid="print-wall"
          />
        ))}
        <ZoneNames plan={plan} norms={norms} width={width} height={height} />
      </svg>
    </>
  );
}

function Hatches({ id }: { id: string }) {
  return (
    <defs>
      {DUTIES.map((duty) => (
        <pattern key={duty} id={`${id}${duty}`} width={10} height={10} patternUnits="userSpaceOnUse">
          <g className={toneOfDuty(duty)}>{HATCHES[duty]}</g>
        </pattern>
      ))}
    </defs>
  );
}

/** Its name where there is room for it, always its letter, which the list below explains. */
function ZoneNames({
  plan,
  norms,
  width,
  height,
}: {
  plan: Plan;
  norms: Norms | undefined;
  width: number;
  height: number;
}) {
  const words = useZoneWords(norms);
  return plan.zones.map((zone, index) => {
    const at = middleOf(zone.outline);
    const across = zone.outline.map(({ x }) => x * width);
    const room = Math.max(...across) - Math.min(...across);
    const long = `${letterOf(index)}. ${words(zone)}`;
    return (
      <text
        key={zone.key}
        x={at.x * width}
        y={at.y * height}
        textAnchor="middle"
        dominantBaseline="central"
        fontSize={11}
        fill="var(--q-ink)"
        stroke="var(--q-surface)"
        strokeWidth={3}
        paintOrder="stroke"
      >
        {widthOf(long) > room ? letterOf(index) : long}
      </text>
    );
  });
}

/** What the letters, hatchings and colours of the sheet mean. */
export function PrintLegend({
  plan,
  norms,
  coverage,
  scale,
}: {
  plan: Plan;
  norms: Norms | undefined;
  coverage: Coverage | undefined;
  scale: DensityScale | undefined;
}) {
  return (
    <div className="flex flex-wrap gap-x-8 gap-y-3 px-3 pt-3 text-sm" data-testid="print-legend">
      {plan.zones.length > 0 && <ZoneList plan={plan} norms={norms} coverage={coverage} />}
      {coverage !== undefined && coverage.map !== null && scale !== undefined && (
        <Classes scale={scale} height={coverage.height_m} />
      )}
    </div>
  );
}

function ZoneList({
  plan,
  norms,
  coverage,
}: {
  plan: Plan;
  norms: Norms | undefined;
  coverage: Coverage | undefined;
}) {
  const { t } = useWords();
  const hatch = useId();
  const words = useZoneWords(norms);
  const dutyOf = (zone: Zone): Duty => ruleOf(norms, zone.kind)?.cameras ?? "may";
  const shareOf = (zone: Zone) => coverage?.zones.find((one) => one.zone === zone.key)?.with_class;
  return (
    <section>
      {DUTIES.map((duty) => {
        const zones = plan.zones
          .map((zone, index) => ({ zone, index }))
          .filter(({ zone }) => dutyOf(zone) === duty);
        if (zones.length === 0) return null;
        return (
          <div key={duty} className="mb-2 break-inside-avoid" data-testid="print-duty" data-duty={duty}>
            <h3 className="flex items-center gap-2 font-medium">
              <svg aria-hidden width={26} height={16} className={toneOfDuty(duty)}>
                <Hatches id={hatch} />
                <rect
                  x={0.5}
                  y={0.5}
                  width={25}
                  height={15}
                  fill={`url(#${hatch}${duty})`}
                  stroke="currentColor"
                />
              </svg>
              {t(`place.duty.${duty}`)}
            </h3>
            <ul>
              {zones.map(({ zone, index }) => {
                const share = shareOf(zone);
                return (
                  <li key={zone.key}>
                    <span className="font-semibold">{letterOf(index)}. </span>
                    {words(zone)}
                    {share !== undefined && ` — ${t("coverage.share", { share: Math.floor(share * 100) })}`}
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

/** Drawn as rectangles: browsers leave backgrounds out of what they print. */
function Classes({ scale, height }: { scale: DensityScale; height: number }) {
  const { t, name } = useWords();
  return (
    <section className="break-inside-avoid" data-testid="print-classes">
      <h3 className="font-medium">
        {t("coverage.legend")}: {name(scale.title)}, {t("coverage.at_height", { height: number(height) })}
      </h3>
      <ol>
        {scale.classes.map(({ key, title, px_m, colour }) => (
          <li key={key} className="flex items-center gap-2">
            <svg aria-hidden width={16} height={16}>
              <rect x={0.5} y={0.5} width={15} height={15} fill={colour} stroke="currentColor" />
            </svg>
            {name(title)}
            <span className="text-ink-3">{t("coverage.from", { density: number(px_m) })}</span>
          </li>
        ))}
        <li className="flex items-center gap-2">
          <svg aria-hidden width={16} height={16} className="text-alarm">
            <rect
              x={1}
              y={1}
              width={14}
              height={14}
              fill="none"
              stroke="currentColor"
              strokeDasharray="4 2"
            />
          </svg>
          {t("coverage.blind_spot")}
        </li>
      </ol>
      <p className="text-xs text-ink-3">{scale.standard}</p>
    </section>
  );
}
