/** What was measured of the camera then and now; never what it claims. */
import type { Measured } from "@/api/types";
import { number, wordFor } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

const NOTHING = "–";

export function MeasuredTable({ before, after }: { before: Measured | null; after: Measured | null }) {
  const { t } = useWords();
  const rows: [string, (measured: Measured) => string][] = [
    [t("remark.measured.at"), ({ at }) => dayAndClock(Date.parse(at))],
    [
      t("remark.measured.verdict"),
      ({ verdict }) => (verdict === "" ? NOTHING : wordFor(t, "remark.measured.verdict_is", verdict)),
    ],
    [
      t("remark.measured.faults"),
      ({ faults }) => faults.map((fault) => wordFor(t, "remark.measured.fault", fault)).join(", ") || NOTHING,
    ],
    [t("remark.measured.size"), ({ width, height }) => (width === 0 ? NOTHING : `${width}×${height}`)],
    [t("remark.measured.rate"), ({ frames_per_s }) => number(Math.round(frames_per_s * 10) / 10)],
    [
      t("remark.measured.bits"),
      ({ bits_per_s }) => t("remark.measured.mbit", { mbit: number(Math.round(bits_per_s / 100_000) / 10) }),
    ],
  ];
  const say = (of: Measured | null, words: (measured: Measured) => string) =>
    of === null ? NOTHING : words(of);
  return (
    <div className="overflow-x-auto">
      <table className="w-full text-sm" data-testid="measured">
        <thead>
          <tr className="text-left text-ink-3">
            <th className="py-1 pr-3 font-medium">{t("remark.measured.title")}</th>
            <th className="py-1 pr-3 font-medium">{t("remark.before")}</th>
            {after !== null && <th className="py-1 font-medium">{t("remark.after")}</th>}
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map(([title, words]) => (
            <tr key={title}>
              <th className="py-1 pr-3 text-left font-normal text-ink-2">{title}</th>
              <td className="py-1 pr-3">{say(before, words)}</td>
              {after !== null && <td className="py-1">{say(after, words)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
