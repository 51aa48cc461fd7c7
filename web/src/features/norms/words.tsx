/** How the standing of a clause and days look and read. Shape and word say it; colour only helps. */
import { wordFor } from "@/vocabulary/text";
import { dayOf, daysLeft } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import type { Status } from "./norms";

export { VERDICTS, VerdictMark, VerdictWords } from "@/vocabulary/norms";

/** The frame tells how far the words of a clause can be trusted: whole, broken, dotted. */
const FRAMES: Record<Status, string> = {
  verified: "border-solid border-ink-3 text-ink-2",
  digest: "border-dashed border-ink-3 text-ink-2",
  statement: "border-dashed border-ink-3 text-ink-2",
  assumed: "border-dotted border-ink-2 text-ink",
};

/** Where a clause's words come from: the act itself, what others write of it, an official's word, or ourselves. */
export function StatusBadge({ status }: { status: Status }) {
  const { t } = useWords();
  return (
    <span
      className={`inline-block rounded-sm border px-1.5 text-sm ${FRAMES[status]}`}
      title={t(`norms.status_means.${status}`)}
      data-status={status}
    >
      {t(`norms.status.${status}`)}
    </span>
  );
}

/** The last day to mend, and how far it is; amber when it has passed. `due` is an ISO day. */
export function DueWords({ due, now }: { due: string; now: number }) {
  const { t } = useWords();
  const left = daysLeft(due, now);
  const day = dayOf(due);
  if (left < 0)
    return (
      <span className="font-medium text-caution" data-testid="norm-overdue">
        {t("remark.overdue_by", { count: -left, day })}
      </span>
    );
  return (
    <span>{left === 0 ? t("remark.due_today", { day }) : t("remark.due_in", { count: left, day })}</span>
  );
}

export function useOwnerWords() {
  const { t } = useWords();
  return (owner: string): string => wordFor(t, "norms.owner", owner);
}

/** Names of facts are written small, as inside a sentence; where they begin one, they begin with a capital. */
export const capital = (text: string): string => text.charAt(0).toLocaleUpperCase() + text.slice(1);
