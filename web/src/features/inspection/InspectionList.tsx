/** Inspections on site as the centre has them: newest first, found by their school. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { ClipboardCheck } from "lucide-react";
import type { ReactNode } from "react";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";
import { Button } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useBodyWords } from "@/vocabulary/remarks";
import { number } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

export type InspectionRow = components["schemas"]["Inspection"];

export interface InspectionFilter {
  school?: string;
  mine?: true;
  q?: string;
}

const AGAIN_MS = 60_000;
const ROW =
  "grid items-baseline gap-x-4 gap-y-0.5 px-3 py-2 md:grid-cols-[150px_minmax(0,1.6fr)_minmax(0,1.4fr)_minmax(0,1.6fr)]";

function useInspections({ school, mine, q }: InspectionFilter) {
  return useInfiniteQuery({
    queryKey: ["inspections", school, mine, q],
    queryFn: ({ pageParam }) =>
      taken(api.GET("/api/inspections", { params: { query: { school, mine, q, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: AGAIN_MS,
    placeholderData: (before) => before,
  });
}

export function InspectionList({
  filter,
  onFilter,
  mayInspect,
  remarksOf,
}: {
  filter: InspectionFilter;
  onFilter: (change: Partial<InspectionFilter>) => void;
  /** Whoever inspects has some of their own. */
  mayInspect: boolean;
  /** The way to a school's remarks. */
  remarksOf: (school: string, words: string) => ReactNode;
}) {
  const { t } = useWords();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInspections(filter);
  const items = data?.pages.flatMap((page) => page.items);
  const narrowed = filter.school !== undefined || filter.mine === true || (filter.q ?? "") !== "";
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="inspections">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <input
          type="search"
          value={filter.q ?? ""}
          onChange={(event) => onFilter({ q: event.target.value || undefined })}
          placeholder={t("inspection.list.search")}
          aria-label={t("inspection.list.search")}
          maxLength={200}
          className="h-8 w-72 max-w-full rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3"
          data-testid="inspections-search"
        />
        {mayInspect && (
          <Button
            small
            aria-pressed={filter.mine === true}
            className="aria-pressed:border-accent"
            onClick={() => onFilter({ mine: filter.mine === true ? undefined : true })}
            data-testid="inspections-mine"
          >
            {t("inspection.list.mine")}
          </Button>
        )}
      </div>
      <Problem error={error} className="px-3 py-2" testId="inspections-problem" />
      {items === undefined && error === null && <Skeleton className="m-3 h-64" />}
      {items?.length === 0 &&
        (narrowed ? (
          <Notice
            title={t("inspection.list.none_fits")}
            action={
              <Button
                onClick={() => onFilter({ school: undefined, mine: undefined, q: undefined })}
                data-testid="inspections-widen"
              >
                {t("inspection.list.widen")}
              </Button>
            }
            data-testid="inspections-none-fits"
          />
        ) : (
          <Notice
            icon={<ClipboardCheck size={28} />}
            title={t("inspection.list.none")}
            detail={t("inspection.list.none_detail")}
            data-testid="inspections-empty"
          />
        ))}
      <ul className="min-h-0 flex-1 divide-y overflow-y-auto">
        {items?.map((row) => (
          <li key={row.id} className={ROW} data-testid="inspection-row" data-inspection={row.id}>
            <Row row={row} remarksOf={remarksOf} />
          </li>
        ))}
        {hasNextPage && (
          <li className="p-3">
            <Button small disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t("inspection.list.more")}
            </Button>
          </li>
        )}
      </ul>
    </div>
  );
}

function Row({
  row,
  remarksOf,
}: {
  row: InspectionRow;
  remarksOf: (school: string, words: string) => ReactNode;
}) {
  const { t, name } = useWords();
  const bodyWords = useBodyWords();
  const { ok, remark, not_seen } = row.counts;
  return (
    <>
      <time className="text-sm text-ink-2">{dayAndClock(Date.parse(row.started_at))}</time>
      <span className="min-w-0">
        <span className="block truncate font-medium">{name(row.school_name)}</span>
        <span className="text-sm">{remarksOf(row.school, t("inspection.list.remarks_of"))}</span>
      </span>
      <span className="min-w-0 text-sm">
        <span className="block truncate">{row.by.name}</span>
        <span className="block truncate text-ink-3">{bodyWords(row.body)}</span>
      </span>
      <span className="text-sm text-ink-2">
        <span className="block" data-testid="inspection-counts">
          {t("inspection.list.counts", {
            ok: number(ok),
            remark: number(remark),
            not_seen: number(not_seen),
          })}
        </span>
        {row.finished_at === null && (
          <span className="block text-caution">{t("inspection.list.going_on")}</span>
        )}
        {row.missing.length > 0 && (
          <span className="block text-caution" data-testid="inspection-missing">
            {t("inspection.list.missing", { count: row.missing.length })}
          </span>
        )}
      </span>
    </>
  );
}
