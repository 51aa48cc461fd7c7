/** What the school says by telephone: a mistake, or help again. Written down as a claim; it never ends an alarm. */
import { PhoneIncoming } from "lucide-react";
import { useState } from "react";
import type { Alarm } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { useKeys } from "@/ui/keys";
import { Dialog } from "@/ui/overlays";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { type PhoneClaim as Said, useAlarmAct } from "./actions";

const CLAIMS = ["cancel", "again"] as const;

export function PhoneClaim({ alarm, allowed }: { alarm: Alarm; allowed: boolean }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  useKeys({ KeyX: () => allowed && setOpen(true) });
  if (alarm.closed_at !== null) return null;
  return (
    <>
      <Button small look="quiet" disabled={!allowed} onClick={() => setOpen(true)} data-testid="phone-claim">
        <PhoneIncoming size={15} aria-hidden />
        {t("phone.open")}
        <Kbd>X</Kbd>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t("phone.title")}>
        <WriteDown alarm={alarm} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function WriteDown({ alarm, onDone }: { alarm: Alarm; onDone: () => void }) {
  const { t } = useWords();
  const act = useAlarmAct(alarm.id);
  const [said, setSaid] = useState<Said>({ claim: "cancel", by: "", duress: false, note: "" });
  const change = (part: Partial<Said>) => setSaid((before) => ({ ...before, ...part }));
  const named = said.by.trim() !== "";
  return (
    <form
      className="flex flex-col gap-3 p-4"
      data-testid="phone-claim-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!named || act.isPending) return;
        act.mutate(
          { step: "claim", ...said, by: said.by.trim(), note: said.note.trim() },
          { onSuccess: onDone },
        );
      }}
    >
      <p className="font-medium text-caution">{t("phone.explain")}</p>
      <div role="radiogroup" aria-label={t("phone.title")} className="rounded-md border">
        {CLAIMS.map((claim) => (
          <label
            key={claim}
            className="flex cursor-pointer items-center gap-2 border-b px-2 py-1.5 last:border-b-0 has-checked:bg-raised"
          >
            <input
              type="radio"
              name="phone-claim"
              className="accent-(--q-accent)"
              checked={said.claim === claim}
              onChange={() => change({ claim })}
              data-testid={`phone-${claim}`}
            />
            {t(`phone.${claim}`)}
          </label>
        ))}
      </div>
      <TextField
        focus
        label={t("phone.by")}
        value={said.by}
        onChange={(by) => change({ by })}
        maxLength={200}
        testId="phone-by"
      />
      <TextField
        label={t("phone.note")}
        value={said.note}
        onChange={(note) => change({ note })}
        maxLength={2000}
        testId="phone-note"
      />
      <label className="flex cursor-pointer items-start gap-2 rounded-md border border-caution px-2 py-1.5">
        <input
          type="checkbox"
          className="mt-1 accent-(--q-accent)"
          checked={said.duress}
          onChange={(event) => change({ duress: event.target.checked })}
          data-testid="phone-duress"
        />
        <span>
          <strong className="block font-medium">{t("phone.duress")}</strong>
          <span className="text-sm text-ink-2">{t("phone.duress_detail")}</span>
        </span>
      </label>
      <Problem error={act.error} testId="phone-problem" />
      <Button type="submit" disabled={!named || act.isPending} data-testid="phone-write">
        {t("phone.write")}
        <Kbd>↵</Kbd>
      </Button>
    </form>
  );
}
