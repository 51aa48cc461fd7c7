/** After the end: somebody looks at how a closed alarm was handled, says so, and it is done with. */
import { BookCheck } from "lucide-react";
import { useState } from "react";
import type { Alarm } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Dialog } from "@/ui/overlays";
import { Problem } from "@/vocabulary/problem";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useAlarmAct } from "./actions";

export function Review({ alarm, allowed }: { alarm: Alarm; allowed: boolean }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  useKeys({ KeyO: () => allowed && setOpen(true) });
  if (alarm.state === "reviewed") return <Reviewed alarm={alarm} />;
  if (alarm.state !== "closed") return null;
  return (
    <>
      <Button small disabled={!allowed} onClick={() => setOpen(true)} data-testid="review">
        <BookCheck size={15} aria-hidden />
        {t("review.open")}
        <Kbd>O</Kbd>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("review.title")}>
        <Words alarm={alarm} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Reviewed({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const line = alarm.log.findLast(({ action }) => action === "reviewed");
  if (line === undefined) return null;
  const said = { who: line.actor?.name ?? "", time: dayAndClock(Date.parse(line.at)) };
  return (
    <p className="w-full px-1 text-sm text-ink-2" data-testid="reviewed">
      <BookCheck size={15} aria-hidden className="mr-1.5 inline align-text-bottom" />
      {t("review.done", said)}
      {line.note !== "" && <span className="block text-ink">{line.note}</span>}
    </p>
  );
}

function Words({ alarm, onDone }: { alarm: Alarm; onDone: () => void }) {
  const { t } = useWords();
  const act = useAlarmAct(alarm.id);
  const [note, setNote] = useState("");
  return (
    <form
      className="flex flex-col gap-3 p-4"
      data-testid="review-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!act.isPending) act.mutate({ step: "review", note: note.trim() }, { onSuccess: onDone });
      }}
    >
      <p className="text-sm text-ink-2">{t("review.explain")}</p>
      <textarea
        autoFocus
        value={note}
        onChange={(event) => setNote(event.target.value)}
        rows={4}
        maxLength={2000}
        placeholder={t("review.note")}
        aria-label={t("review.note")}
        className="rounded-md border border-line-2 bg-ground px-2 py-1.5 placeholder:text-ink-3"
        data-testid="review-note"
      />
      <Problem error={act.error} testId="review-problem" />
      <Button type="submit" disabled={act.isPending} data-testid="review-sign">
        {t("review.sign")}
      </Button>
    </form>
  );
}
