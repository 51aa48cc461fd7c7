/** How verdicts, the standing of a clause and days look and read. Shape and word say it; colour only helps. */
import { wordFor } from "@/vocabulary/text";
import { dayOf, daysLeft } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import type { Status, Verdict } from "./norms";

/** The worst first. What is not known stands before what holds: it is never taken for it. */
export const VERDICTS: readonly Verdict[] = ["not", "partly", "unknown", "compliant", "not_applicable"];

const SHAPES: Record<Verdict, { path: string; hollow: boolean; colour: string }> = {
  not: { path: "M8 1.5 15 14H1Z", hollow: false, colour: "text-caution" },
  partly: { path: "M8 1.5 15 14H1Z", hollow: true, colour: "text-caution" },
  unknown: { path: "M2.5 7h11v2h-11Z", hollow: false, colour: "text-unknown" },
  compliant: { path: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z", hollow: false, colour: "text-ink-3" },
  not_applicable: { path: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z", hollow: true, colour: "text-ink-3" },
};

export function VerdictMark({ verdict, size = 12 }: { verdict: Verdict; size?: number }) {
  const { path, hollow, colour } = SHAPES[verdict];
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden className={`shrink-0 ${colour}`}>
      <path
        d={path}
        fill={hollow ? "none" : "currentColor"}
        stroke="currentColor"
        strokeWidth={hollow ? 2 : 0}
      />
    </svg>
  );
}

export function VerdictWords({ verdict }: { verdict: Verdict }) {
  const { t } = useWords();
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-verdict={verdict}>
      <VerdictMark verdict={verdict} />
      {t(`norms.verdict.${verdict}`)}
    </span>
  );
}

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
