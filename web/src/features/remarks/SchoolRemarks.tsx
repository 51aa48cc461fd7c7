/** On a school's page: what bodies remarked and is not settled, the most urgent first. */
import type { ReactNode } from "react";
import { Skeleton } from "@/ui/surfaces";
import { byDeadline, DeadlineWords, RemarkMark, useTargetWords } from "@/vocabulary/remarks";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import type { RowLink } from "./RemarkList";
import { useRemarkEvents, useRemarks } from "./remarks";

const SHOWN = 5;
const OVER = new Set(["closed", "withdrawn"]);

export function SchoolRemarks({
  school,
  link,
  all,
}: {
  school: string;
  link: RowLink;
  /** The way to all of them. */
  all: (words: string) => ReactNode;
}) {
  const { t } = useWords();
  const target = useTargetWords();
  const now = useServerNow(60_000);
  useRemarkEvents();
  const { items, error } = useRemarks({ school });
  if (error !== null && items === undefined)
    return <p className="p-3 text-caution">{problemText(t, error)}</p>;
  if (items === undefined) return <Skeleton className="m-3 h-12" />;
  const open = items.filter(({ state }) => !OVER.has(state)).toSorted(byDeadline);
  return (
    <div data-testid="school-remarks" data-open={open.length}>
      {open.length === 0 ? (
        <p className="px-3 py-2 text-ink-2">{t("remark.none_open")}</p>
      ) : (
        <ul className="divide-y">
          {open.slice(0, SHOWN).map((remark) => (
            <li key={remark.id} data-testid="school-remark">
              {link(
                remark,
                "flex flex-wrap items-baseline gap-x-3 px-3 py-2 hover:bg-raised",
                <>
                  <RemarkMark state={remark.state} />
                  <span className="font-medium">{target(remark.target)}</span>
                  <span className="min-w-0 flex-1 basis-48 truncate text-ink-2">{remark.text}</span>
                  <span className="text-sm text-ink-2">{t(`remark.state.${remark.state}`)}</span>
                  <span className="text-sm text-ink-2">
                    <DeadlineWords remark={remark} now={now} />
                  </span>
                </>,
              )}
            </li>
          ))}
        </ul>
      )}
      {items.length > 0 && <p className="px-3 py-2 text-sm">{all(t("remark.all_of_school"))}</p>}
    </div>
  );
}
