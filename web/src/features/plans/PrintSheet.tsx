/**
 * A plan on paper: whole, with its zones, walls and what cameras see of it, every point named, and across it for whom it is,
 * who printed it and when.
 */
import { useEffect, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession, useWorldStore } from "@/world/hooks";
import { arrangedNames, Label, type Named, Sign } from "./marks";
import { type Coverage, type DensityScale, useNorms } from "./places";
import type { Plan } from "./plans";
import { PointList } from "./PointList";
import { PrintGround, PrintLegend } from "./PrintGround";

const WATERMARKS = [12, 38, 64, 90];
/** A page upright, in CSS pixels: names that have room on it have room on any wider one. */
const PAPER_PX = 700;

/** Light, whatever the desk is, and with the time of this very printing, while paper is made of the page. */
function usePrinting(): number {
  const { now } = useWorldStore();
  const [at, setAt] = useState(now);
  useEffect(() => {
    const root = document.documentElement;
    let before: string | undefined;
    const begin = () => {
      before = root.dataset["theme"];
      root.dataset["theme"] = "light";
      flushSync(() => setAt(now()));
    };
    const end = () => {
      if (before !== undefined) root.dataset["theme"] = before;
      before = undefined;
    };
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
    return () => {
      end();
      window.removeEventListener("beforeprint", begin);
      window.removeEventListener("afterprint", end);
    };
  }, [now]);
  return at;
}

interface Props {
  plan: Plan;
  named: readonly Named[];
  school: string;
  /** With the map of densities, as it is asked for on the screen. */
  density?: { coverage: Coverage | undefined; scale: DensityScale | undefined };
}

export function PrintSheet({ plan, named, school, density }: Props) {
  const { t } = useWords();
  const norms = useNorms().data;
  const { user } = useSession();
  const at = usePrinting();
  const names = useMemo(() => {
    const size = { width: plan.width_px, height: plan.height_px };
    return arrangedNames(named, size, PAPER_PX / plan.width_px, null);
  }, [named, plan.width_px, plan.height_px]);
  /** Points whose names have no room stand with a number, which the list explains. */
  const numbers = new Map(
    named.filter(({ point }) => !names.has(point.key)).map(({ point }, index) => [point.key, index + 1]),
  );
  const words = t("plan.watermark", { name: user.name, time: dayAndClock(at) });
  return (
    <div className="hidden bg-surface text-ink print:block" data-testid="plan-print">
      <h1 className="text-lg font-semibold">
        {school} · {plan.name}
      </h1>
      <p className="mb-2 text-sm" data-testid="plan-watermark">
        {words}
      </p>
      <div className="relative overflow-hidden border">
        <img src={plan.image} alt="" className="block w-full" />
        <PrintGround plan={plan} norms={norms} coverage={density?.coverage} width={PAPER_PX} />
        {named.map(({ point, camera, words }) => (
          <div
            key={point.key}
            className="absolute size-0"
            style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }}
          >
            <Sign point={point} camera={camera} />
            <Label offset={names.get(point.key)}>{numbers.get(point.key) ?? words}</Label>
          </div>
        ))}
        {WATERMARKS.map((top) => (
          <p
            key={top}
            aria-hidden
            className="absolute left-1/2 text-center whitespace-nowrap text-lg font-semibold text-ink opacity-20"
            style={{ top: `${top}%`, transform: "translate(-50%, -50%) rotate(-14deg)" }}
          >
            {words} · {words}
          </p>
        ))}
      </div>
      <PrintLegend plan={plan} norms={norms} coverage={density?.coverage} scale={density?.scale} />
      <PointList named={named} numbers={numbers} />
    </div>
  );
}
