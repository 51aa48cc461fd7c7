/** Open faults: what it is and where, since when, who must act by when, and who does. */
import { CircleAlert } from "lucide-react";
import { Button } from "@/ui/button";
import { Panel } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { Pages } from "./Pages";
import { byUrgency, type Fault, faultWord, placeOf, useFaults, useTake, wayOf } from "./supervision";

export function FaultList() {
  const { t } = useWords();
  const asked = useFaults();
  const faults = asked.data?.pages.flatMap((page) => page.items).toSorted(byUrgency) ?? [];
  return (
    <Panel title={t("supervision.faults")} data-testid="faults">
      <Pages asked={asked} none={t("supervision.no_faults")} testId="faults-none">
        {faults.map((fault) => (
          <FaultRow key={fault.id} fault={fault} />
        ))}
      </Pages>
    </Panel>
  );
}

function FaultRow({ fault }: { fault: Fault }) {
  const { t, name } = useWords();
  const now = useServerNow(30_000);
  const mayTake = useSession().rights.includes("faults.take");
  const take = useTake(fault);
  const due = Date.parse(fault.due_at);
  const late = due < now;
  const way = wayOf(fault);
  const where = fault.school?.name ?? fault.centre?.name;
  const place = where === undefined ? t("supervision.area", { count: fault.children }) : name(where);
  return (
    <li
      className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2"
      data-testid="fault"
      data-code={fault.code}
      data-stops={fault.stops_alarms}
    >
      <span className="min-w-60 flex-1">
        <span className="flex items-center gap-1.5 font-medium">
          {fault.stops_alarms && <CircleAlert size={15} className="shrink-0 text-caution" aria-hidden />}
          {faultWord(t, fault.code)}
        </span>
        <span className="block text-sm text-ink-2">
          {place}
          {way !== null && ` · ${placeOf(fault) ?? way}`}
          {fault.stops_alarms && <span className="text-caution"> · {t("supervision.stops_alarms")}</span>}
        </span>
      </span>
      <span className="text-sm text-ink-2 md:w-76">
        <span className="block">
          {t("supervision.since", { time: clockOrDay(Date.parse(fault.opened_at), now) })}
        </span>
        <span className={`block ${late && fault.taken_by === null ? "text-caution" : ""}`}>
          {t(`supervision.duty.${fault.duty}`)} ·{" "}
          {t(late ? "supervision.due_late" : "supervision.due", { time: clockOrDay(due, now) })}
        </span>
      </span>
      {fault.taken_by !== null ? (
        <span className="text-sm text-ink-2 md:w-44" data-testid="fault-taken">
          {t("supervision.taken_by", { who: fault.taken_by.name })}
        </span>
      ) : (
        mayTake && (
          <span className="md:w-44">
            <Button small disabled={take.isPending} onClick={() => take.mutate("")} data-testid="take-fault">
              {t("supervision.take")}
            </Button>
          </span>
        )
      )}
      <Problem error={take.error} className="w-full" />
    </li>
  );
}
