/** What was said and done, line by line; each line is of the ledger and stays. */
import type { Remark } from "@/api/types";
import { Panel } from "@/ui/surfaces";
import { dayOf, useBodyWords } from "@/vocabulary/remarks";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { Shot } from "./BeforeAfter";

export function Thread({ remark }: { remark: Remark }) {
  const { t } = useWords();
  const bodyWords = useBodyWords();
  const evidence = new Set([remark.before.frame?.id, remark.after?.frame?.id]);
  return (
    <Panel title={t("remark.thread")}>
      <ol className="divide-y" data-testid="thread">
        {remark.thread.map((line, index) => (
          <li key={index} className="space-y-1 px-3 py-2" data-testid="thread-line" data-deed={line.deed}>
            <p className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium">{t(`remark.did.${line.deed}`)}</span>
              <span className="text-sm text-ink-2">
                {line.by.name} · {bodyWords(line.body)}
              </span>
              <time className="text-sm text-ink-3">{dayAndClock(Date.parse(line.at))}</time>
            </p>
            {line.text !== "" && <p className="whitespace-pre-line">{line.text}</p>}
            {line.deadline !== null && (
              <p className="text-sm text-ink-2">{t("remark.deadline_is", { day: dayOf(line.deadline) })}</p>
            )}
            {line.frame !== null && !evidence.has(line.frame.id) && (
              <Shot frame={line.frame} words={t("remark.frame")} />
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
