/** Who is asked next, and when, while nobody owns the alarm. The ladder was fixed when the alarm was raised. */
import { ChevronRight } from "lucide-react";
import { Fragment } from "react";
import type { Alarm } from "@/api/types";
import { isWaiting } from "@/vocabulary/alarms";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useSecondsLeft } from "./countdown";

export function Escalation({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const left = useSecondsLeft(alarm.escalation.next_at);
  if (!isWaiting(alarm) || alarm.escalation.ladder.length === 0) return null;
  const { ladder, rung } = alarm.escalation;
  return (
    <div
      className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-caution/50 bg-surface px-4 py-1.5"
      role="status"
      data-testid="escalation"
      data-rung={rung}
    >
      <span className="font-semibold text-caution">{t("escalation.nobody")}</span>
      {ladder.map((step, index) => (
        <Fragment key={index}>
          {index > 0 && <ChevronRight size={14} aria-hidden className="text-ink-3" />}
          <span
            className={`inline-flex items-center gap-1.5 rounded-sm border px-1.5 text-sm ${index < rung ? "border-caution text-caution" : index === rung ? "border-ink-2 text-ink" : "border-line text-ink-3"}`}
          >
            {wordFor(t, "rung", step.to)}
            <span className="font-semibold">
              {index < rung
                ? t("escalation.asked")
                : index === rung && left !== null
                  ? t("escalation.in", { count: Math.max(0, left) })
                  : t("escalation.at", { count: step.after_s })}
            </span>
          </span>
        </Fragment>
      ))}
    </div>
  );
}
