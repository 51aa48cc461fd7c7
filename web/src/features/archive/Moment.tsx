/** A moment as a person types it: the day and the time of day, in the users' own zone. */
import { useWords } from "@/vocabulary/use-words";

export function Moment({
  label,
  value,
  onChange,
  wrong,
  testId,
}: {
  label: string;
  value: { date: string; time: string };
  onChange: (value: { date: string; time: string }) => void;
  wrong: boolean;
  testId: string;
}) {
  const { t } = useWords();
  const field = `h-9 rounded-md border bg-ground px-2 text-ink ${wrong ? "border-caution" : "border-line-2"}`;
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="mb-1 text-sm text-ink-2">{label}</legend>
      <input
        value={value.date}
        aria-label={`${label}: ${t("archive.date")}`}
        aria-invalid={wrong}
        inputMode="numeric"
        onChange={(event) => onChange({ ...value, date: event.target.value })}
        className={`${field} w-30`}
        data-testid={`${testId}-date`}
      />
      <input
        value={value.time}
        aria-label={`${label}: ${t("archive.time")}`}
        aria-invalid={wrong}
        inputMode="numeric"
        onChange={(event) => onChange({ ...value, time: event.target.value })}
        className={`${field} w-26`}
        data-testid={`${testId}-time`}
      />
    </fieldset>
  );
}
