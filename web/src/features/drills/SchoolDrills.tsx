/** On a school's page: by when a drill is due and whether it is planned, and the latest drills with their states. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { day, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Demand, type Drill, presses, useDrills, useDrillYear } from "./drills";

export function SchoolDrills({ school }: { school: string }) {
  const { t } = useWords();
  const year = useDrillYear(school);
  const drills = useDrills(school);
  const error = year.error ?? drills.error;
  if (year.data === undefined || drills.data === undefined) {
    if (error === null) return <Skeleton className="m-3 h-24" />;
    return (
      <Notice icon={<TriangleAlert size={24} />} title={problemText(t, error)} data-testid="drills-problem" />
    );
  }
  return (
    <div className="flex flex-col gap-2 p-3" data-testid="school-drills">
      <ul className="flex flex-col gap-1">
        {year.data.demands.map((demand) => (
          <DemandRow key={demand.demand} demand={demand} />
        ))}
      </ul>
      {drills.data.items.length === 0 ? (
        <p className="text-ink-2">{t("drills.none")}</p>
      ) : (
        <ul className="flex flex-col divide-y">
          {drills.data.items.map((drill) => (
            <DrillRow key={drill.id} drill={drill} />
          ))}
        </ul>
      )}
    </div>
  );
}

function DemandRow({ demand }: { demand: Demand }) {
  const { t } = useWords();
  const Mark = presses(demand) ? TriangleAlert : CircleCheck;
  const due = day(Date.parse(demand.due));
  return (
    <li className="flex flex-wrap items-center gap-x-2" data-testid="drill-demand" data-state={demand.state}>
      <Mark size={16} aria-hidden />
      <span className="font-medium">{t(`drills.demand.${demand.demand}`)}</span>
      <span>{t(`drills.demand_state.${demand.state}`)}</span>
      <span className="text-ink-2">
        {demand.planned === null
          ? t("drills.due", { day: due })
          : t("drills.planned_for", { day: day(Date.parse(demand.planned)) })}
      </span>
    </li>
  );
}

function DrillRow({ drill }: { drill: Drill }) {
  const { t } = useWords();
  return (
    <li className="flex flex-wrap items-center gap-x-2 py-1" data-testid="drill-row" data-state={drill.state}>
      <span>{dayAndClock(Date.parse(drill.at))}</span>
      <span className="font-medium">{t(`drills.scenario.${drill.scenario}`)}</span>
      <span className="text-ink-2">{t(`drills.state.${drill.state}`)}</span>
      {drill.pierced_by !== null && (
        <span className="inline-flex items-center gap-1 font-medium" data-testid="drill-pierced">
          <TriangleAlert size={16} aria-hidden />
          {t("drills.pierced")}
        </span>
      )}
    </li>
  );
}
