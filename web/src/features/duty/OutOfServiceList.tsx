/** Ways in of alarms that are out of service: each a defect with a clock, and what they raise still comes in. */
import { Wrench } from "lucide-react";
import type { OutOfService } from "@/api/types";
import { Button } from "@/ui/button";
import { Panel, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { problemText } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useSession } from "@/world/hooks";
import { useOutOfService, usePutBack } from "./out-of-service";

export function OutOfServiceList() {
  const { t } = useWords();
  const asked = useOutOfService();
  const items = asked.data?.items ?? [];
  return (
    <Panel title={t("out.title")} data-testid="out-of-service">
      {asked.isPending && <Skeleton className="m-3 h-10" />}
      {asked.error !== null && <p className="p-3 text-caution">{problemText(t, asked.error)}</p>}
      {asked.data !== undefined && items.length === 0 && <p className="p-3 text-ink-2">{t("out.none")}</p>}
      <ul className="divide-y">
        {items.map((point) => (
          <li key={point.id}>
            <Point point={point} named />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** The same beside a chosen school; nothing while all of its ways in are in service. */
export function OutAtSchool({ school }: { school: string }) {
  const { t } = useWords();
  const asked = useOutOfService(school);
  const items = asked.data?.items ?? [];
  if (asked.error !== null)
    return <p className="px-3 pt-3 text-sm text-caution">{problemText(t, asked.error)}</p>;
  if (items.length === 0) return null;
  return (
    <section data-testid="out-at-school">
      <h3 className="flex items-center gap-1.5 px-3 pt-3 pb-1 text-sm font-medium text-caution">
        <Wrench size={14} aria-hidden />
        {t("out.title")}
      </h3>
      <ul className="divide-y">
        {items.map((point) => (
          <li key={point.id}>
            <Point point={point} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Point({ point, named = false }: { point: OutOfService; named?: boolean }) {
  const { t, name } = useWords();
  const school = useSchool(named ? point.school : undefined);
  const now = useServerNow(60_000);
  const mayEdit = useSession().rights.includes("point.out_of_service");
  const back = usePutBack(point);
  return (
    <div
      className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2"
      data-testid="out-point"
      data-key={point.key}
    >
      <span className="min-w-40 flex-1">
        <span className="block font-medium">
          {school === undefined ? point.key : `${name(school.name)} · ${point.key}`}
        </span>
        <span className="block text-sm break-words text-ink-2">{point.reason}</span>
        <span className="block text-sm text-ink-3">
          {point.by.name} · {t("out.until", { time: clockOrDay(Date.parse(point.until), now) })}
        </span>
      </span>
      {mayEdit && (
        <Button small disabled={back.isPending} onClick={() => back.mutate()} data-testid="put-back">
          {t("out.back")}
        </Button>
      )}
      <Problem error={back.error} className="w-full" testId="put-back-problem" />
    </div>
  );
}
