/** How country, region or district stands: everyone by the same denominator, with the registry's date on it. */
import { ArrowDown, ArrowUp, Map as MapIcon, Table } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { number } from "@/vocabulary/text";
import { day, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Standing as StandingNumbers, type StandingRow, useStanding } from "./norms";
import { type Column, COLUMNS, type Measure, MEASURES, percent, share, sorted, trendRuns } from "./standing";
import { StandingMap } from "./StandingMap";

export type Level = "country" | "region" | "district";

export interface Place {
  level: Level;
  of: string | undefined;
  pack: string | undefined;
  view: "table" | "map";
  measure: Measure;
}

interface Props {
  place: Place;
  onMove: (change: Partial<Place>) => void;
  /** A school's own page. */
  school: (id: string, className: string, children: ReactNode) => ReactNode;
}

const BELOW: Record<Level, Level | null> = { country: "region", region: "district", district: null };

export function Standing({ place, onMove, school }: Props) {
  const { t } = useWords();
  const { data, error } = useStanding({ level: place.level, of: place.of, pack: place.pack });
  if (data === undefined)
    return error === null ? (
      <Skeleton className="m-3 h-64" />
    ) : (
      <Problem error={error} className="p-3" testId="standing-problem" />
    );
  const below = BELOW[place.level];
  const open = (id: string) => below !== null && onMove({ level: below, of: id });
  const isMap = place.view === "map" && below !== null;
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="standing" data-level={place.level}>
      <Heading data={data} />
      <Problem error={error} className="px-3 py-2" />
      <div className="flex flex-wrap items-center gap-3 border-b px-3 py-2">
        {below !== null && (
          <Segmented
            label={t("norms.shown_as")}
            value={place.view}
            onChoose={(view) => onMove({ view })}
            choices={[
              {
                value: "table",
                label: (
                  <>
                    <Table size={15} aria-hidden /> {t("schools.table")}
                  </>
                ),
              },
              {
                value: "map",
                label: (
                  <>
                    <MapIcon size={15} aria-hidden /> {t("desk.map")}
                  </>
                ),
              },
            ]}
            testId="standing-view"
          />
        )}
        {isMap && (
          <Segmented
            label={t("norms.measure_label")}
            value={place.measure}
            onChoose={(measure) => onMove({ measure })}
            choices={MEASURES.map((value) => ({ value, label: t(`norms.measure.${value}`) }))}
            testId="standing-measure"
          />
        )}
      </div>
      {data.children.length === 0 ? (
        <Notice
          title={t("norms.no_children")}
          detail={t("norms.no_children_detail")}
          data-testid="standing-none"
        />
      ) : isMap ? (
        <StandingMap
          rows={data.children}
          shown={place.level === "country" ? "regions" : "districts"}
          region={place.level === "region" ? place.of : undefined}
          measure={place.measure}
          onOpen={open}
        />
      ) : (
        <Rows
          rows={data.children}
          level={place.level}
          onOpen={below === null ? null : open}
          school={school}
        />
      )}
    </div>
  );
}

/** All of it in one line: how many organisations, of which registry, and the share of each measure. */
function Heading({ data }: { data: StandingNumbers }) {
  const { t } = useWords();
  return (
    <div className="border-b px-3 py-2" data-testid="standing-all">
      <dl className="flex flex-wrap gap-x-8 gap-y-2">
        <div>
          <dt className="text-sm text-ink-2">{t("norms.organisations")}</dt>
          <dd className="text-xl font-semibold">{number(data.organisations)}</dd>
        </div>
        {MEASURES.map((measure) => (
          <div key={measure}>
            <dt className="text-sm text-ink-2">{t(`norms.measure.${measure}`)}</dt>
            <dd className="text-xl font-semibold" data-testid={`standing-${measure}`}>
              <Share row={data} measure={measure} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="mt-1 text-sm text-ink-3">
        {data.registry_as_of === null
          ? t("norms.no_registry")
          : t("norms.of_registry", { day: day(Date.parse(data.registry_as_of)) })}{" "}
        {data.as_of === null
          ? t("norms.never_judged")
          : t("norms.as_of", { time: dayAndClock(Date.parse(data.as_of)) })}
      </p>
    </div>
  );
}

/** "412 (83 %)": a share never without what it is a share of. */
function Share({ row, measure }: { row: Pick<StandingRow, "organisations" | Measure>; measure: Measure }) {
  const of = share(row, measure);
  return (
    <>
      {number(row[measure])}
      {of !== null && <span className="font-normal text-ink-2"> ({percent(of)} %)</span>}
    </>
  );
}

function Rows({
  rows,
  level,
  onOpen,
  school,
}: {
  rows: readonly StandingRow[];
  level: Level;
  onOpen: ((id: string) => void) | null;
  school: Props["school"];
}) {
  const { t, name } = useWords();
  const [by, setBy] = useState<Column>("compliant");
  const [down, setDown] = useState(false);
  const ordered = useMemo(() => sorted(rows, by, down, (row) => name(row.name)), [rows, by, down, name]);
  const press = (column: Column) => {
    setDown(column === by && !down);
    setBy(column);
  };
  return (
    <div className="min-h-0 flex-1 overflow-auto" data-testid="standing-table">
      <table className="w-full text-left">
        <thead className="sticky top-0 bg-surface text-sm text-ink-2">
          <tr>
            {COLUMNS.map((column) => (
              <th
                key={column}
                scope="col"
                className="px-3 py-2 align-bottom font-medium"
                aria-sort={column === by ? (down ? "descending" : "ascending") : "none"}
              >
                <button
                  type="button"
                  className="inline-flex items-center gap-1 text-left hover:text-ink"
                  onClick={() => press(column)}
                  data-testid={`sort-${column}`}
                >
                  {column === "name"
                    ? t(`norms.children.${level}`)
                    : column === "organisations"
                      ? t("norms.organisations")
                      : t(`norms.measure.${column}`)}
                  {column === by &&
                    (down ? <ArrowDown size={13} aria-hidden /> : <ArrowUp size={13} aria-hidden />)}
                </button>
              </th>
            ))}
            <th scope="col" className="px-3 py-2 align-bottom font-medium">
              {t("norms.trend")}
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {ordered.map((row) => (
            <tr key={row.id} className="hover:bg-raised" data-testid="standing-row" data-id={row.id}>
              <th scope="row" className="px-3 py-1.5 font-normal">
                {onOpen === null ? (
                  school(row.id, "text-accent", name(row.name))
                ) : (
                  <button type="button" className="text-left text-accent" onClick={() => onOpen(row.id)}>
                    {name(row.name)}
                  </button>
                )}
              </th>
              <td className="px-3 py-1.5">{number(row.organisations)}</td>
              {MEASURES.map((measure) => (
                <td key={measure} className="px-3 py-1.5 whitespace-nowrap">
                  <Share row={row} measure={measure} />
                </td>
              ))}
              <td className="px-3 py-1.5">
                <Trend months={row.trend} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const BOX = { width: 96, height: 20 };

/** The share that meets the musts, month by month; months without a snapshot are gaps. */
function Trend({ months }: { months: readonly (number | null)[] }) {
  const { t } = useWords();
  const known = months.filter((one) => one !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined)
    return <span className="text-sm text-ink-3">{t("norms.no_trend")}</span>;
  const words = t("norms.trend_is", { from: percent(first), to: percent(last) });
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <svg
        viewBox={`0 -2 ${BOX.width} ${BOX.height + 4}`}
        width={BOX.width}
        height={BOX.height + 4}
        aria-hidden
        className="text-ink-2"
      >
        {trendRuns(months, BOX.width, BOX.height).map((path) => (
          <path
            key={path}
            d={path}
            fill="none"
            stroke="currentColor"
            strokeWidth={1.5}
            strokeLinecap="round"
          />
        ))}
      </svg>
      <span className="text-sm text-ink-2">{words}</span>
    </span>
  );
}
