import { CalendarDays, ChevronLeft, ChevronRight } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/ui/button";
import { clock, day, fromLocal, isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { IconButton } from "./Transport";

/** Day and time, typed or picked, in the users' own zone. */
export function Calendar({
  at,
  now,
  onGo,
  onDay,
}: {
  at: number;
  now: number;
  onGo: (at: number) => void;
  onDay: (days: number) => void;
}) {
  const { t } = useWords();
  const [editing, setEditing] = useState<{ date: string; time: string } | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const shown = editing ?? { date: day(at), time: clock(at) };
  const chosen = fromLocal(shown.date, shown.time);
  const field = `h-8 rounded-md border bg-ground px-2 text-ink ${chosen === null ? "border-caution" : "border-line-2"}`;
  const go = (to: number | null) => {
    if (to !== null) onGo(Math.min(to, now));
    setEditing(null);
  };
  return (
    <form
      className="flex flex-wrap items-center gap-y-1 sm:gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        go(chosen);
      }}
    >
      <IconButton
        label={t("archive.day_back")}
        onClick={() => onDay(-1)}
        icon={<ChevronLeft size={16} aria-hidden />}
      />
      <input
        value={shown.date}
        aria-label={t("archive.date")}
        aria-invalid={chosen === null}
        inputMode="numeric"
        onChange={(event) => setEditing({ ...shown, date: event.target.value })}
        className={`${field} w-27 sm:w-29`}
        data-testid="date"
      />
      <span className="relative inline-flex">
        <IconButton
          label={t("archive.pick_day")}
          onClick={() => picker.current?.showPicker()}
          icon={<CalendarDays size={16} aria-hidden />}
        />
        <input
          ref={picker}
          type="date"
          tabIndex={-1}
          aria-hidden
          max={isoDay(now)}
          value={isoDay(at)}
          onChange={(event) => go(fromLocal(event.target.value.split("-").reverse().join("."), shown.time))}
          className="pointer-events-none absolute inset-0 opacity-0"
        />
      </span>
      <IconButton
        label={t("archive.day_on")}
        onClick={() => onDay(1)}
        icon={<ChevronRight size={16} aria-hidden />}
      />
      <input
        value={shown.time}
        aria-label={t("archive.time")}
        aria-invalid={chosen === null}
        inputMode="numeric"
        onChange={(event) => setEditing({ ...shown, time: event.target.value })}
        className={`${field} w-22 sm:w-25`}
        data-testid="time"
      />
      <Button small type="submit" disabled={editing === null || chosen === null} data-testid="go">
        {t("archive.go")}
      </Button>
    </form>
  );
}
