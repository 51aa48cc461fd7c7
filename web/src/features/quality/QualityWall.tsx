/** Cameras whose pictures were judged, the worst first. Pictures are shown at a press: each look is a line of a ledger. */
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { FAULTS, useFaultWords, type Verdict, VERDICTS, VerdictWords } from "@/vocabulary/quality";
import { Problem } from "@/vocabulary/problem";
import { number } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { type CameraQuality, type Filter, useDistricts, useWall } from "./quality";

const SELECT = "h-8 max-w-full rounded-md border border-line-2 bg-ground px-2";

export function QualityWall({
  filter,
  onFilter,
  link,
}: {
  filter: Filter;
  onFilter: (change: Partial<Filter>) => void;
  link: (camera: string, className: string, children: ReactNode) => ReactNode;
}) {
  const { t, name } = useWords();
  const word = useFaultWords();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useWall(filter);
  const districts = useDistricts().data ?? [];
  const counts = data?.pages[0]?.counts;
  const of = new Map(data?.pages[0]?.faults.map(({ fault, cameras }) => [fault, cameras]));
  const items = data?.pages.flatMap((page) => page.items);
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="quality-wall">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        {VERDICTS.map((verdict: Verdict) => (
          <Button
            key={verdict}
            small
            aria-pressed={filter.verdict === verdict}
            className="aria-pressed:border-accent"
            onClick={() => onFilter({ verdict: filter.verdict === verdict ? undefined : verdict })}
            data-testid={`quality-${verdict}`}
          >
            <VerdictWords verdict={verdict} /> {counts === undefined ? "" : number(counts[verdict])}
          </Button>
        ))}
        <select
          className={SELECT}
          value={filter.fault ?? ""}
          aria-label={t("quality.fault")}
          onChange={(event) => onFilter({ fault: event.target.value || undefined })}
          data-testid="quality-fault"
        >
          <option value="">{t("quality.any_fault")}</option>
          {FAULTS.map((fault) => (
            <option key={fault} value={fault}>
              {`${word(fault)} (${number(of.get(fault) ?? 0)})`}
            </option>
          ))}
        </select>
        <select
          className={SELECT}
          value={filter.district ?? ""}
          aria-label={t("quality.district")}
          onChange={(event) => onFilter({ district: event.target.value || undefined })}
          data-testid="quality-district"
        >
          <option value="">{t("quality.any_district")}</option>
          {districts.map(({ district }) => (
            <option key={district.code} value={district.code}>
              {name(district.name)}
            </option>
          ))}
        </select>
      </div>
      <Problem error={error} className="px-3 py-2" testId="quality-problem" />
      {items === undefined && error === null && <Skeleton className="m-3 h-64" />}
      {items?.length === 0 && <Notice title={t("quality.none")} detail={t("quality.none_detail")} />}
      <ul className="min-h-0 flex-1 divide-y overflow-auto">
        {items?.map((line) => (
          <li key={line.camera} data-testid="quality-line" data-camera={line.camera}>
            {link(line.camera, ROW, <Line line={line} />)}
          </li>
        ))}
        {hasNextPage && (
          <li className="p-3">
            <Button small disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t("quality.more")}
            </Button>
          </li>
        )}
      </ul>
    </div>
  );
}

const ROW =
  "grid items-baseline gap-x-4 gap-y-0.5 px-3 py-2 hover:bg-raised focus-visible:bg-raised md:grid-cols-[110px_minmax(0,1.5fr)_minmax(0,1.5fr)_minmax(0,2fr)_230px]";

function Line({ line }: { line: CameraQuality }) {
  const { t, name } = useWords();
  const word = useFaultWords();
  const now = useServerNow(60_000);
  const first = line.faults.map(({ since }) => Date.parse(since)).sort((a, b) => a - b)[0];
  return (
    <>
      <VerdictWords verdict={line.verdict} />
      <span className="truncate font-medium">{name(line.name)}</span>
      <span className="truncate text-ink-2">{name(line.school_name)}</span>
      <span className="first-letter:uppercase" data-testid="quality-faults">
        {line.heard || line.faults.length > 0
          ? line.faults.map(({ fault, verdict, stream }) => word(fault, verdict, stream)).join(", ")
          : ""}
        {!line.heard && <span className="text-ink-3"> {t("quality.not_heard")}</span>}
      </span>
      <time className="text-sm text-ink-2">
        {t("quality.since", { time: clockOrDay(first ?? Date.parse(line.since), now) })}
      </time>
    </>
  );
}
