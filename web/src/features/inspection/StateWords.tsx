/** Where an inspection is: never "sent" before the centre has all of it. */
import { CircleCheck, CloudUpload, PencilLine, Smartphone, TriangleAlert } from "lucide-react";
import { wordFor } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Inspection, where } from "./record";
import type { SyncState } from "./sync";

export function StateWords({ inspection, sync }: { inspection: Inspection; sync: SyncState }) {
  const { t } = useWords();
  const at = where(inspection);
  const line = "mt-0.5 flex items-center gap-1.5 text-sm";
  if (at === "sent" && inspection.sentAt !== null) {
    return (
      <span className={`${line} text-ink-2`} data-testid="inspection-state" data-where="sent">
        <CircleCheck size={16} aria-hidden className="shrink-0 text-accent" />
        {t("inspection.state.sent", { time: dayAndClock(Date.parse(inspection.sentAt)) })}
      </span>
    );
  }
  if (at === "refused") {
    return (
      <span className={`${line} text-caution`} data-testid="inspection-state" data-where="refused">
        <TriangleAlert size={16} aria-hidden className="shrink-0" />
        {t("inspection.state.refused", { why: wordFor(t, "problem", inspection.refused ?? "") })}
      </span>
    );
  }
  if (at === "open") {
    return (
      <span className={`${line} text-ink-2`} data-testid="inspection-state" data-where="open">
        <PencilLine size={16} aria-hidden className="shrink-0" />
        {t("inspection.state.open")}
      </span>
    );
  }
  if (sync.word === "sending" && sync.id === inspection.id) {
    return (
      <span className={`${line} text-accent`} data-testid="inspection-state" data-where="sending">
        <CloudUpload size={16} aria-hidden className="shrink-0" />
        {t("inspection.state.sending", { done: sync.done, all: sync.all })}
      </span>
    );
  }
  return (
    <span className={`${line} text-caution`} data-testid="inspection-state" data-where="waiting">
      <Smartphone size={16} aria-hidden className="shrink-0" />
      {t("inspection.state.waiting")}
    </span>
  );
}
