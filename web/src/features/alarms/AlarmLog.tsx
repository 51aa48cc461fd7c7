import type { Alarm, LogLine } from "@/api/types";
import { wordFor } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

/** The alarm's log as the centre keeps it: append-only, with times. */
export function AlarmLog({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  return (
    <footer
      className="max-h-28 shrink-0 overflow-y-auto border-t bg-surface px-3 py-1.5 text-sm"
      data-testid="alarm-log"
    >
      <ol className="flex flex-wrap gap-x-5 gap-y-0.5" aria-label={t("alarm.log")}>
        {alarm.log.map((line, index) => (
          <Line key={index} at={line.at} what={words(wordFor(t, "action", line.action), line)} />
        ))}
      </ol>
    </footer>
  );
}

function words(action: string, line: LogLine): string {
  const who = line.actor === null ? "" : ` · ${line.actor.name}`;
  return `${action}${who}${line.note === "" ? "" : ` · ${line.note}`}`;
}

function Line({ at, what }: { at: string; what: string }) {
  return (
    <li className="inline-flex gap-2">
      <time className="text-ink-3">{clock(Date.parse(at))}</time>
      <span className="text-ink-2">{what}</span>
    </li>
  );
}
