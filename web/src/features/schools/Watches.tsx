/** Who watched us: the school's watch ledger. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { api, taken } from "@/api/client";
import type { Watch } from "@/api/types";
import { Button } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { clock, clockOrDay, counter, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";

const EVERY_MS = 15_000;

function useWatches(school: string) {
  return useInfiniteQuery({
    queryKey: ["watches", school],
    queryFn: ({ pageParam }) =>
      taken(
        api.GET("/api/schools/{school_id}/watches", {
          params: { path: { school_id: school }, query: { cursor: pageParam, limit: 50 } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: EVERY_MS,
  });
}

export function Watches({ school }: { school: string }) {
  const { t } = useWords();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useWatches(school);
  if (error !== null) return <p className="p-3 text-caution">{problemText(t, error)}</p>;
  if (data === undefined) return <Skeleton className="m-3 h-24" />;
  const rows = data.pages.flatMap((page) => page.items);
  if (rows.length === 0)
    return <Notice icon={<Eye size={24} />} title={t("watches.empty")} data-testid="watches-empty" />;
  return (
    <div className="max-h-[32rem] overflow-auto">
      <table className="w-full min-w-[46rem] text-left" data-testid="watches">
        <thead className="sticky top-0 bg-surface text-sm text-ink-3">
          <tr className="border-b">
            <th className="px-3 py-2 font-medium">{t("watches.when")}</th>
            <th className="px-3 py-2 font-medium">{t("watches.who")}</th>
            <th className="px-3 py-2 font-medium">{t("watches.camera")}</th>
            <th className="px-3 py-2 font-medium">{t("watches.what")}</th>
            <th className="px-3 py-2 font-medium">{t("watches.why")}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map((watch) => (
            <Row key={watch.id} watch={watch} />
          ))}
        </tbody>
      </table>
      {hasNextPage && (
        <div className="p-2 text-center">
          <Button small disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("watches.more")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Row({ watch }: { watch: Watch }) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const at = Date.parse(watch.at);
  const duration =
    watch.ended_at === null
      ? t("watches.now")
      : t("watches.for", { time: counter(Date.parse(watch.ended_at) - at) });
  return (
    <tr data-testid="watch-row" data-purpose={watch.purpose} className="align-top">
      <td className="px-3 py-2 whitespace-nowrap">
        {clockOrDay(at, now)}
        <span className="block text-sm text-ink-3">{watch.action === "live" && duration}</span>
      </td>
      <td className="px-3 py-2">
        {watch.viewer.name}
        <span className="block text-sm text-ink-3">{t(`role.${watch.viewer.role}`)}</span>
      </td>
      <td className="px-3 py-2">{name(watch.camera.name)}</td>
      <td className="px-3 py-2">
        {t(`watches.action.${watch.action}`)} · {t(`stream.${watch.stream}`)}
        {watch.range !== null && (
          <span className="block text-sm text-ink-3">
            {dayAndClock(Date.parse(watch.range.start))}–{clock(Date.parse(watch.range.end))}
          </span>
        )}
      </td>
      <td className="px-3 py-2">
        <PurposeWords purpose={watch.purpose} />
      </td>
    </tr>
  );
}

function PurposeWords({ purpose }: { purpose: string }) {
  const { t } = useWords();
  if (purpose.startsWith("alarm:")) return <>{t("purpose.alarm")}</>;
  if (
    purpose === "duty" ||
    purpose === "own_school" ||
    purpose === "inspection" ||
    purpose === "setup" ||
    purpose === "archive_check"
  )
    return <>{t(`purpose.${purpose}`)}</>;
  return <>{purpose}</>;
}
