/** Ways in of alarms that are out of service: each a defect with a clock, and what they raise still comes in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { OutOfService } from "@/api/types";
import { Button } from "@/ui/button";
import { Panel, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useSession } from "@/world/hooks";

const KEY = ["out-of-service"] as const;
const LOOK_MS = 30_000;

export function OutOfServiceList() {
  const { t } = useWords();
  const asked = useQuery({
    queryKey: KEY,
    queryFn: () => taken(api.GET("/api/out-of-service")),
    refetchInterval: LOOK_MS,
  });
  const items = asked.data?.items ?? [];
  return (
    <Panel title={t("out.title")} data-testid="out-of-service">
      {asked.isPending && <Skeleton className="m-3 h-10" />}
      {asked.error !== null && <p className="p-3 text-caution">{problemText(t, asked.error)}</p>}
      {asked.data !== undefined && items.length === 0 && <p className="p-3 text-ink-2">{t("out.none")}</p>}
      <ul className="divide-y">
        {items.map((point) => (
          <li key={point.id}>
            <Point point={point} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Point({ point }: { point: OutOfService }) {
  const { t, name } = useWords();
  const school = useSchool(point.school);
  const now = useServerNow(60_000);
  const queries = useQueryClient();
  const mayEdit = useSession().rights.includes("point.out_of_service");
  const back = useMutation({
    mutationFn: () =>
      api.DELETE("/api/schools/{school_id}/sources/{key}/out-of-service", {
        params: { path: { school_id: point.school, key: point.key } },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
      <span className="min-w-48 flex-1">
        <span className="block font-medium">
          {school === undefined ? point.key : `${name(school.name)} · ${point.key}`}
        </span>
        <span className="block text-sm text-ink-2">{point.reason}</span>
      </span>
      <span className="text-sm text-ink-3">
        {point.by.name} · {t("out.until", { time: clockOrDay(Date.parse(point.until), now) })}
      </span>
      {mayEdit && (
        <Button small disabled={back.isPending} onClick={() => back.mutate()}>
          {t("out.back")}
        </Button>
      )}
    </div>
  );
}
