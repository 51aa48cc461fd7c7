/** The alarm's log as the centre keeps it: append-only, with times; and what the presser has been told. */
import { useEffect, useRef, useState } from "react";
import type { Alarm, LogLine } from "@/api/types";
import { Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { wordFor } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

export function AlarmLog({ alarm, onNote }: { alarm: Alarm; onNote: (text: string) => void }) {
  const { t } = useWords();
  const box = useRef<HTMLOListElement>(null);
  const lines = alarm.log.length;
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);
  return (
    <footer className="shrink-0 border-t bg-surface text-sm" data-testid="alarm-log">
      <ol
        ref={box}
        tabIndex={0}
        className="flex max-h-24 flex-wrap gap-x-5 gap-y-0.5 overflow-y-auto px-3 py-1.5"
        aria-label={t("alarm.log")}
      >
        {alarm.log.map((line, index) => (
          <Line key={index} at={line.at} what={words(wordFor(t, "action", line.action), line)} />
        ))}
      </ol>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t px-3 py-1">
        <NoteField onNote={onNote} />
        <Presser alarm={alarm} />
      </div>
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

/** A line of one's own. Enter writes it; it can never be taken back. */
function NoteField({ onNote }: { onNote: (text: string) => void }) {
  const { t } = useWords();
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useKeys({ KeyL: () => field.current?.focus() });
  return (
    <form
      className="flex min-w-48 flex-1 items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "") return;
        onNote(text.trim());
        setText("");
        field.current?.blur();
      }}
    >
      <Kbd>L</Kbd>
      <input
        ref={field}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          field.current?.blur();
        }}
        maxLength={2000}
        placeholder={t("alarm.write_line")}
        aria-label={t("alarm.write_line")}
        className="h-7 min-w-0 flex-1 rounded-sm border border-line-2 bg-ground px-2 placeholder:text-ink-3"
        data-testid="log-note"
      />
    </form>
  );
}

/** What the one who pressed sees on the button, silently. */
function Presser({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  if (alarm.presser === null) return null;
  return (
    <p className="text-ink-3" data-testid="presser">
      {t("presser.sees")}{" "}
      <span className="font-medium text-ink-2">{wordFor(t, "presser", alarm.presser)}</span>
    </p>
  );
}
