/** What changed between two versions of a plan: drawn over the newer one, and as a list to read. */
import { useMemo } from "react";
import { Skeleton } from "@/ui/surfaces";
import { type Difference, PlanPicture } from "@/vocabulary/plan-picture";
import { Problem } from "@/vocabulary/problem";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { differences, sheetDiffers } from "./differences";
import { useLayout } from "./layouts";

const MOST_LINES = 100;

export function Compared({
  school,
  plan,
  from,
  to,
}: {
  school: string;
  plan: string;
  from: number;
  to: number;
}) {
  const { t } = useWords();
  const was = useLayout({ school, plan, revision: from });
  const is = useLayout({ school, plan, revision: to });
  const found = useMemo(
    () => (was.data === undefined || is.data === undefined ? undefined : differences(was.data, is.data)),
    [was.data, is.data],
  );
  const error = was.error ?? is.error;
  if (error !== null) return <Problem error={error} className="p-3" />;
  if (found === undefined || was.data === undefined || is.data === undefined)
    return <Skeleton className="m-3 h-48" />;
  const sheet = sheetDiffers(was.data, is.data);
  return (
    <div data-testid="differences" data-count={found.length}>
      <PlanPicture layout={is.data} changes={found} label={t("joint.differences_between", { from, to })} />
      <div className="space-y-1 p-3">
        <p className="font-medium">{t("joint.differences_between", { from, to })}</p>
        {sheet.drawing && <p className="text-sm text-caution">{t("joint.another_drawing")}</p>}
        {sheet.scale && <p className="text-sm text-caution">{t("joint.another_scale")}</p>}
        {found.length === 0 && !sheet.drawing && !sheet.scale && (
          <p className="text-ink-2">{t("joint.no_differences")}</p>
        )}
        <ul className="divide-y">
          {found.slice(0, MOST_LINES).map((one) => (
            <Line key={`${one.of} ${one.key}`} one={one} />
          ))}
        </ul>
        {found.length > MOST_LINES && (
          <p className="text-sm text-ink-2">
            {t("joint.more_differences", { count: found.length - MOST_LINES })}
          </p>
        )}
      </div>
    </div>
  );
}

const MARKS: Record<Difference["change"], string> = { added: "+", removed: "−", changed: "≠" };
const TONES: Record<Difference["change"], string> = {
  added: "text-accent",
  removed: "text-caution",
  changed: "text-drill",
};

function Line({ one }: { one: Difference }) {
  const { t } = useWords();
  const kind =
    one.of === "wall" ? t("joint.wall") : wordFor(t, one.of === "zone" ? "zone" : "plan_point", one.kind);
  return (
    <li className="flex items-baseline gap-2 py-1 text-sm" data-testid="difference" data-change={one.change}>
      <span aria-hidden className={`w-4 text-center text-base font-semibold ${TONES[one.change]}`}>
        {MARKS[one.change]}
      </span>
      <span className="min-w-0 flex-1">
        {one.label === "" ? kind : t("joint.named", { kind, label: one.label })}
      </span>
      <span className="text-ink-2">{t(`plan.difference.${one.change}`)}</span>
    </li>
  );
}
