/** Brightness and sharpness of a camera over days, a point for each hour; hours without a look are gaps, not lines. */
import { day } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import type { HourOfPicture, Spell } from "./quality";

const WIDTH = 600;
const HEIGHT = 96;
const HOUR_MS = 3_600_000;
type Measure = "mean" | "sharpness";

/** Paths of an SVG: one for each run of hours that follow each other. */
export function runsOf(
  hours: readonly HourOfPicture[],
  measure: Measure,
  start: number,
  end: number,
  most: number,
): string[] {
  const runs: string[] = [];
  let before: number | null = null;
  for (const hour of hours) {
    const at = Date.parse(hour.at);
    const x = ((at - start) / Math.max(1, end - start)) * WIDTH;
    const y = HEIGHT - (Math.min(hour[measure], most) / most) * HEIGHT;
    const point = `${x.toFixed(1)} ${y.toFixed(1)}`;
    if (before !== null && at - before <= HOUR_MS) runs[runs.length - 1] += `L${point}`;
    else runs.push(`M${point}h1`);
    before = at;
  }
  return runs;
}

export function Plots({
  hours,
  spells,
  start,
  end,
}: {
  hours: readonly HourOfPicture[];
  spells: readonly Spell[];
  start: number;
  end: number;
}) {
  const { t } = useWords();
  const sharpest = Math.max(0.1, ...hours.map(({ sharpness }) => sharpness)) * 1.1;
  const place = (at: number) => Math.max(0, Math.min(WIDTH, ((at - start) / (end - start)) * WIDTH));
  return (
    <div className="space-y-3" data-testid="quality-plots">
      {(["mean", "sharpness"] as const).map((measure) => (
        <figure key={measure}>
          <figcaption className="text-sm text-ink-2">{t(`quality.measure.${measure}`)}</figcaption>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            className="h-24 w-full border-b border-line-2"
            role="img"
            aria-label={t(`quality.measure.${measure}`)}
          >
            {spells.map((spell) => {
              const from = place(Date.parse(spell.opened_at));
              const to = place(spell.closed_at === null ? end : Date.parse(spell.closed_at));
              return (
                <rect
                  key={spell.id}
                  x={from}
                  width={Math.max(1, to - from)}
                  height={HEIGHT}
                  className="fill-caution opacity-15"
                />
              );
            })}
            {runsOf(hours, measure, start, end, measure === "mean" ? 255 : sharpest).map((path) => (
              <path
                key={path}
                d={path}
                fill="none"
                stroke="currentColor"
                strokeWidth={1.5}
                vectorEffect="non-scaling-stroke"
                className="text-accent"
              />
            ))}
          </svg>
        </figure>
      ))}
      <p className="flex justify-between text-sm text-ink-3">
        <time>{day(start)}</time>
        <time>{day(end)}</time>
      </p>
    </div>
  );
}
