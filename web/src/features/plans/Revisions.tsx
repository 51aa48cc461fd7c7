/** Who drew what when, and the way back. */
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { problemText } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Plan, useRestore, useRevisions } from "./plans";

export function Revisions({
  plan,
  mayRestore,
  onCompare,
  onDone,
}: {
  plan: Plan;
  mayRestore: boolean;
  onCompare: (revision: number) => void;
  onDone: () => void;
}) {
  const { t } = useWords();
  const { data, error } = useRevisions(plan.id);
  const restore = useRestore(plan.school);
  if (error !== null) return <p className="p-4 text-caution">{problemText(t, error)}</p>;
  if (data === undefined) return <Skeleton className="m-4 h-24" />;
  return (
    <div className="p-2">
      <Problem error={restore.error} className="p-2" testId="plan-restore-problem" />
      <ol className="divide-y" data-testid="plan-revisions">
        {data.items.map((one) => (
          <li
            key={one.number}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 p-2"
            data-testid="plan-revision"
          >
            <span className="font-medium">{t("plan.revision", { number: one.number })}</span>
            <span className="min-w-0 flex-1 text-sm text-ink-2">
              {dayAndClock(Date.parse(one.at))} · {one.by}
              <span className="block text-ink-3">
                {t(`plan.deed.${one.deed}`)} · {t("plan.points", { count: one.points })}
              </span>
            </span>
            {one.number === plan.revision && <span className="text-sm text-ink-3">{t("plan.current")}</span>}
            {one.number !== plan.revision && one.deed !== "removed" && (
              <>
                <Button
                  small
                  look="quiet"
                  onClick={() => onCompare(one.number)}
                  data-testid="plan-compare-with"
                >
                  {t("compare.with_now")}
                </Button>
                {mayRestore && (
                  <Button
                    small
                    disabled={restore.isPending}
                    onClick={() =>
                      restore.mutate(
                        { plan: plan.id, revision: plan.revision, to: one.number },
                        { onSuccess: onDone },
                      )
                    }
                    data-testid="plan-restore"
                  >
                    {t("plan.restore")}
                  </Button>
                )}
              </>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
