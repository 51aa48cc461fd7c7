/** The officer's list of one alarm, and ticking it. Its texts are the centre's data; its times run on the server's clock. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { Alarm, Checklist, ChecklistItem, Scenario } from "@/api/types";

export type Standing = "done" | "late" | "overdue" | "due" | "open";

/** Less than this and it wants attention. */
const SOON_MS = 15_000;

/** How an item stands at `now` (epoch ms); of a closed alarm, at its closure. */
export function standingOf(item: ChecklistItem, now: number): Standing {
  if (item.done_at !== null) return Date.parse(item.done_at) > Date.parse(item.due_at) ? "late" : "done";
  const left = Date.parse(item.due_at) - now;
  if (left < 0) return "overdue";
  return left < SOON_MS ? "due" : "open";
}

export function overdueCount(list: Checklist, now: number): number {
  return list.items.filter((item) => standingOf(item, now) === "overdue").length;
}

const key = (alarm: string) => ["checklist", alarm] as const;

export function useChecklist(alarm: Alarm) {
  const queries = useQueryClient();
  const path = { alarm_id: alarm.id };
  const asked = useQuery({
    queryKey: [...key(alarm.id), alarm.version],
    queryFn: () => taken(api.GET("/api/alarms/{alarm_id}/checklist", { params: { path } })),
    placeholderData: keepPreviousData,
  });
  const learn = (list: Checklist) =>
    queries.setQueriesData<Checklist>({ queryKey: key(alarm.id) }, () => list);
  const again = () => queries.invalidateQueries({ queryKey: key(alarm.id) });
  const ticking = useMutation({
    mutationFn: ({ item, done }: { item: string; done: boolean }) =>
      taken(
        api.PUT("/api/alarms/{alarm_id}/checklist/{item}", {
          params: { path: { ...path, item } },
          body: { done, note: "" },
        }),
      ),
    onSuccess: learn,
    onError: again,
  });
  const choosing = useMutation({
    mutationFn: (scenario: Scenario) =>
      taken(
        api.PUT("/api/alarms/{alarm_id}/checklist", {
          params: { path },
          body: { scenario },
        }),
      ),
    onSuccess: learn,
    onError: again,
  });
  return { list: asked.data, error: ticking.error ?? choosing.error ?? asked.error, ticking, choosing };
}
