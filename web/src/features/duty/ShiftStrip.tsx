/** Says that the officer sits at no desk. Nothing while they do, or while the centre has no desks. */
import { Armchair } from "lucide-react";
import { Button, Kbd } from "@/ui/button";
import { useWords } from "@/vocabulary/use-words";
import { useDuty } from "./shift";

export function ShiftStrip({ onBegin }: { onBegin: () => void }) {
  const { t } = useWords();
  const duty = useDuty().data;
  if (duty === undefined || duty.mine !== null || duty.desks.length === 0) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-3 border-b bg-surface px-3 py-1 text-sm text-ink-2"
      data-testid="no-shift"
    >
      <Armchair size={15} aria-hidden className="shrink-0" />
      <span className="min-w-0 flex-1">{t("duty.not_begun")}</span>
      <Button small onClick={onBegin}>
        {t("duty.begin")}
        <Kbd>U</Kbd>
      </Button>
    </div>
  );
}
