/** The plan as it was when the remark was written, with its place; and whether it has changed since. */
import { type ReactNode, useState } from "react";
import type { Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { Panel, Skeleton } from "@/ui/surfaces";
import { PlanPicture, type Spot } from "@/vocabulary/plan-picture";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { Compared } from "./Compared";
import { type Layout, useLayout } from "./layouts";

interface Props {
  remark: Remark;
  link: (school: string, plan: string, words: string) => ReactNode;
}

export function PlanThen({ remark, link }: Props) {
  const { t } = useWords();
  const { plan, revision, plan_revision_now: newest, plan_name } = remark.target;
  const { data: layout, error } = useLayout({ school: remark.school, plan, revision });
  const [compared, setCompared] = useState(false);
  if (typeof plan !== "string" || typeof revision !== "number") return null;
  const changed = newest !== null && newest !== revision;
  const title = t("remark.plan_then", { name: plan_name ?? "", number: revision });
  return (
    <Panel
      title={title}
      actions={<span className="text-sm">{link(remark.school, plan, t("remark.plan_now"))}</span>}
      data-testid="plan-then"
    >
      {changed && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-2 text-sm">
          <span className="text-caution" data-testid="plan-changed-since">
            {t("remark.plan_changed", { number: newest })}
          </span>
          <Button
            small
            aria-pressed={compared}
            className="aria-pressed:border-accent"
            onClick={() => setCompared(!compared)}
            data-testid="differences-open"
          >
            {t("joint.differences")}
          </Button>
        </div>
      )}
      <Problem error={error} className="p-3" />
      {layout === undefined && error === null && <Skeleton className="m-3 h-48" />}
      {layout !== undefined && !(compared && changed) && (
        <PlanPicture layout={layout} pointed={spokenOf(layout, remark)} label={title} />
      )}
      {compared && changed && <Compared school={remark.school} plan={plan} from={revision} to={newest} />}
    </Panel>
  );
}

/** The zone's outline, or the camera's point; the plan as a whole has no place. */
function spokenOf(layout: Layout, { target }: Remark): Spot[][] {
  if (target.zone) {
    const zone = (layout.zones ?? []).find(({ key }) => key === target.zone);
    return zone === undefined ? [] : [[...zone.outline]];
  }
  if (!target.camera) return [];
  return layout.points.filter(({ camera }) => camera === target.camera).map((point) => [point]);
}
