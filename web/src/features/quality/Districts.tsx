/** How districts stand: a table that is sorted by whichever column one presses. */
import { useMemo, useState } from "react";
import { Notice, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useFaultWords } from "@/vocabulary/quality";
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { type DistrictQuality, useDistricts } from "./quality";

type Column = "name" | "clean" | "schools" | "cameras" | "bad" | "suspect" | "unknown" | "approved";
const COLUMNS: readonly Column[] = [
  "name",
  "clean",
  "schools",
  "cameras",
  "bad",
  "suspect",
  "unknown",
  "approved",
];

/** The share of schools all of whose cameras were judged and none of which has a confirmed fault, 0 to 1. */
export const cleanShare = ({ clean, schools }: Pick<DistrictQuality, "clean" | "schools">): number =>
  schools === 0 ? 0 : clean / schools;

export function sortedDistricts(
  items: readonly DistrictQuality[],
  by: Column,
  down: boolean,
  nameOf: (one: DistrictQuality) => string,
): DistrictQuality[] {
  const value = (one: DistrictQuality): number =>
    by === "clean"
      ? cleanShare(one)
      : by === "schools" || by === "cameras" || by === "approved"
        ? one[by]
        : by === "name"
          ? 0
          : one.counts[by];
  const ordered = items.toSorted((one, other) =>
    by === "name" ? nameOf(one).localeCompare(nameOf(other)) : value(one) - value(other),
  );
  return down ? ordered.reverse() : ordered;
}

export function Districts({ onDistrict }: { onDistrict: (code: string) => void }) {
  const { t, name } = useWords();
  const word = useFaultWords();
  const { data, error } = useDistricts();
  const [by, setBy] = useState<Column>("clean");
  const [down, setDown] = useState(false);
  const items = useMemo(
    () => sortedDistricts(data ?? [], by, down, (one) => name(one.district.name)),
    [data, by, down, name],
  );
  if (error !== null) return <Problem error={error} className="p-3" />;
  if (data === undefined) return <Skeleton className="m-3 h-64" />;
  if (data.length === 0) return <Notice title={t("quality.none")} />;
  const press = (column: Column) => {
    setDown(column === by && !down);
    setBy(column);
  };
  return (
    <div className="min-h-0 flex-1 overflow-auto" data-testid="quality-districts">
      <table className="w-full min-w-[960px] text-left">
        <thead className="sticky top-0 bg-surface text-sm text-ink-2">
          <tr>
            {COLUMNS.map((column) => (
              <th
                key={column}
                className="px-3 py-2 font-medium"
                aria-sort={column === by ? (down ? "descending" : "ascending") : "none"}
              >
                <button type="button" onClick={() => press(column)} data-testid={`sort-${column}`}>
                  {t(`quality.column.${column}`)}
                  {column === by ? (down ? " ↓" : " ↑") : ""}
                </button>
              </th>
            ))}
            <th className="px-3 py-2 font-medium">{t("quality.column.faults")}</th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {items.map((one) => (
            <tr key={one.district.code} data-testid="district-row" data-code={one.district.code}>
              <td className="px-3 py-1.5">
                <button
                  type="button"
                  className="text-left text-accent"
                  onClick={() => onDistrict(one.district.code)}
                >
                  {name(one.district.name)}
                </button>
              </td>
              <td className="px-3 py-1.5">
                {t("quality.clean_of", {
                  percent: number(Math.floor(cleanShare(one) * 100)),
                  clean: number(one.clean),
                })}
                {one.unseen > 0 && (
                  <span className="block text-sm text-ink-3">
                    {t("quality.unseen", { schools: number(one.unseen) })}
                  </span>
                )}
              </td>
              <td className="px-3 py-1.5">{number(one.schools)}</td>
              <td className="px-3 py-1.5">{number(one.cameras)}</td>
              <td className="px-3 py-1.5">{number(one.counts.bad)}</td>
              <td className="px-3 py-1.5">{number(one.counts.suspect)}</td>
              <td className="px-3 py-1.5">{number(one.counts.unknown)}</td>
              <td className="px-3 py-1.5">{number(one.approved)}</td>
              <td className="px-3 py-1.5 text-sm text-ink-2">
                {one.faults.map(({ fault, cameras }) => `${word(fault)} ${number(cameras)}`).join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
