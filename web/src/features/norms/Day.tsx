/** The day one asks about, and whether by the norm of that day or of today. */
import { Button } from "@/ui/button";
import { isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";

export function Day({
  day,
  today,
  onDay,
}: {
  day: string | undefined;
  /** By the norm of today. */
  today: boolean;
  onDay: (change: { day?: string; today?: true }) => void;
}) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  return (
    <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-ink-2">
      <label className="inline-flex items-center gap-2">
        {t("norms.day")}
        <input
          type="date"
          value={day ?? isoDay(now)}
          max={isoDay(now)}
          onChange={(event) => {
            const chosen = event.target.value;
            onDay(
              chosen === "" || chosen >= isoDay(now) ? { day: undefined, today: undefined } : { day: chosen },
            );
          }}
          className="h-8 rounded-md border border-line-2 bg-ground px-2 text-ink"
          data-testid="norms-day"
        />
      </label>
      {day !== undefined && (
        <>
          <label className="inline-flex items-center gap-2">
            <input
              type="checkbox"
              checked={today}
              onChange={(event) => onDay({ day, today: event.target.checked ? true : undefined })}
              data-testid="norms-by-today"
            />
            {t("norms.by_today")}
          </label>
          <Button small look="quiet" onClick={() => onDay({ day: undefined, today: undefined })}>
            {t("norms.to_today")}
          </Button>
        </>
      )}
    </div>
  );
}
