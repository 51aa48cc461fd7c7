/** The last day: by a press for the usual ones, or typed. */
import { INPUT } from "@/ui/fields";
import { Button } from "@/ui/button";
import { inDays } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";

const USUAL = [7, 14, 30, 90] as const;

export function Deadline({
  value,
  onChange,
  label,
}: {
  value: string | null;
  onChange: (value: string | null) => void;
  label: string;
}) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  return (
    <div className="space-y-1">
      <label className="block space-y-1">
        <span className="block text-sm text-ink-2">{label}</span>
        <input
          type="date"
          value={value ?? ""}
          min={inDays(0, now)}
          onChange={(event) => onChange(event.target.value || null)}
          className={`${INPUT} max-w-48`}
          data-testid="deadline"
        />
      </label>
      <div className="flex flex-wrap gap-1">
        {USUAL.map((days) => (
          <Button
            key={days}
            small
            aria-pressed={value === inDays(days, now)}
            className="aria-pressed:border-accent"
            onClick={() => onChange(inDays(days, now))}
            data-testid={`deadline-${days}`}
          >
            {t("remark.days", { count: days })}
          </Button>
        ))}
      </div>
    </div>
  );
}
