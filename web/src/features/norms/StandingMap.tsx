/** The same numbers on the map: a shade, and the percentage written on each territory. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { areasOf, type Borders } from "./geo";
import type { StandingRow } from "./norms";
import { type Measure, percent, share, step } from "./standing";

const WIDTH = 960;
/** How strongly a territory is filled, from the lowest fifth to the highest: what is lowest stands out. */
const FILLS = [0.75, 0.55, 0.38, 0.22, 0.08] as const;

export type Shown = "regions" | "districts";

function useBorders(shown: Shown) {
  return useQuery({
    queryKey: ["geo", shown],
    queryFn: async (): Promise<Borders> => {
      const answer = await fetch(`/geo/${shown}.geojson`);
      if (!answer.ok) throw new Error(`borders of ${shown}: HTTP ${answer.status}`);
      return (await answer.json()) as Borders;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function StandingMap({
  rows,
  shown,
  region,
  measure,
  onOpen,
}: {
  rows: readonly StandingRow[];
  shown: Shown;
  /** Of districts: those of this region. */
  region: string | undefined;
  measure: Measure;
  onOpen: (code: string) => void;
}) {
  const { t, name } = useWords();
  const { data, error } = useBorders(shown);
  const drawn = useMemo(() => {
    const features = data?.features ?? [];
    return areasOf(
      region === undefined ? features : features.filter(({ properties }) => properties.region === region),
      WIDTH,
    );
  }, [data, region]);
  const byCode = new Map(rows.map((row) => [row.id, row]));
  if (error !== null) return <Problem error={error} className="p-3" />;
  if (data === undefined) return <Skeleton className="m-3 h-96" />;
  return (
    <figure className="p-3" data-testid="standing-map">
      <svg
        viewBox={`0 0 ${WIDTH} ${drawn.height.toFixed(0)}`}
        className="max-h-[70vh] w-full"
        role="group"
        aria-label={t(`norms.measure.${measure}`)}
      >
        {drawn.areas.map(({ code, path }) => {
          const row = byCode.get(code);
          const of = row === undefined ? null : share(row, measure);
          const fifth = step(of);
          const words = of === null ? t("norms.no_share") : `${percent(of)} %`;
          const label = row === undefined ? t("norms.no_share") : `${name(row.name)}: ${words}`;
          return (
            <g
              key={code}
              role="button"
              tabIndex={row === undefined ? -1 : 0}
              aria-label={label}
              aria-disabled={row === undefined}
              className={
                row === undefined ? "" : "cursor-pointer focus-visible:outline-2 focus-visible:outline-accent"
              }
              onClick={() => row !== undefined && onOpen(code)}
              onKeyDown={(event) => {
                if (row === undefined || (event.key !== "Enter" && event.key !== " ")) return;
                event.preventDefault();
                onOpen(code);
              }}
              data-testid="standing-area"
              data-code={code}
              data-step={fifth ?? "none"}
            >
              <title>{label}</title>
              <path d={path} className="fill-raised stroke-line-2" vectorEffect="non-scaling-stroke" />
              {fifth !== null && (
                <path
                  d={path}
                  className={measure === "unknown" ? "fill-unknown" : "fill-caution"}
                  fillOpacity={FILLS[measure === "unknown" ? 4 - fifth : fifth]}
                />
              )}
            </g>
          );
        })}
        {drawn.areas.map(({ code, at }) => {
          const row = byCode.get(code);
          const of = row === undefined ? null : share(row, measure);
          return (
            <text
              key={code}
              x={at.x}
              y={at.y}
              textAnchor="middle"
              dominantBaseline="central"
              aria-hidden
              className="pointer-events-none fill-ink text-sm font-semibold"
              style={{ paintOrder: "stroke", stroke: "var(--q-ground)", strokeWidth: 3 }}
            >
              {row === undefined ? "" : of === null ? t("norms.no_share") : `${percent(of)} %`}
            </text>
          );
        })}
      </svg>
      <figcaption className="text-sm text-ink-3">{t("norms.map_says")}</figcaption>
    </figure>
  );
}
