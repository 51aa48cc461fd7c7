/** The end of an alarm: what it was, a note, and for a real P1 the signatures of two persons. */
import { PenLine } from "lucide-react";
import { useRef, useState } from "react";
import type { Alarm, Disposition } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Act } from "./actions";
import { DISPOSITIONS, type StepName } from "./rules";

interface Props {
  alarm: Alarm;
  allowed: Record<StepName, boolean>;
  onAct: (act: Act) => void;
}

export function Close({ alarm, allowed, onAct }: Props) {
  return alarm.closing === null ? (
    <FirstSignature alarm={alarm} allowed={allowed} onAct={onAct} />
  ) : (
    <SecondSignature alarm={alarm} closing={alarm.closing} allowed={allowed} onAct={onAct} />
  );
}

function FirstSignature({ alarm, allowed, onAct }: Props) {
  const { t } = useWords();
  const [disposition, setDisposition] = useState<Disposition>(alarm.kind === "real" ? "true" : alarm.kind);
  const [note, setNote] = useState("");
  const pick = (index: number) => () => setDisposition(DISPOSITIONS[index] ?? disposition);
  const ready = allowed.close && (!alarm.two_persons || note.trim() !== "");
  const close = () => ready && onAct({ step: "close", disposition, note });
  const field = useRef<HTMLTextAreaElement>(null);
  useKeys({
    ...Object.fromEntries(DISPOSITIONS.map((_, index) => [`Digit${index + 1}`, pick(index)])),
    Enter: () => (ready ? close() : field.current?.focus()),
  });
  return (
    <form
      className="flex flex-col gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div role="radiogroup" aria-label={t("steps.disposition")} className="rounded-md border">
        {DISPOSITIONS.map((value, index) => (
          <label
            key={value}
            className="flex cursor-pointer items-center gap-2 border-b px-2 py-1 text-sm last:border-b-0 has-checked:bg-raised"
          >
            <input
              type="radio"
              name="disposition"
              className="accent-(--q-accent)"
              checked={value === disposition}
              onChange={() => setDisposition(value)}
              data-testid={`disposition-${value}`}
            />
            <span className="min-w-0 flex-1">{t(`disposition.${value}`)}</span>
            <Kbd>{index + 1}</Kbd>
          </label>
        ))}
      </div>
      <textarea
        ref={field}
        value={note}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            close();
          } else if (event.key === "Escape") {
            event.preventDefault();
            field.current?.blur();
          }
        }}
        onChange={(event) => setNote(event.target.value)}
        rows={2}
        maxLength={2000}
        placeholder={t("steps.note")}
        aria-label={t("steps.note")}
        className="rounded-md border border-line-2 bg-ground px-2 py-1.5 placeholder:text-ink-3"
        data-testid="note"
      />
      {alarm.two_persons && <p className="text-sm text-ink-2">{t("closing.two_persons")}</p>}
      {alarm.claimed && (
        <p className="text-sm font-medium text-caution" role="status">
          {t("closing.verify_first")}
        </p>
      )}
      <Button type="submit" disabled={!ready} data-testid="close-alarm">
        {alarm.two_persons ? t("closing.sign_first") : t("steps.close_this")}
        <Kbd>↵</Kbd>
      </Button>
    </form>
  );
}

/** What the first person signed. The second one signs the same words, or has them withdrawn. */
function SecondSignature({ closing, allowed, onAct }: Props & { closing: NonNullable<Alarm["closing"]> }) {
  const { t } = useWords();
  const sign = () => allowed.sign && onAct({ step: "sign" });
  useKeys({ Enter: sign });
  return (
    <div
      className="flex flex-col gap-1.5"
      data-testid="closing"
      data-waits={allowed.withdraw ? "other" : "me"}
    >
      <p className="text-sm">
        {t("closing.first", { who: closing.by.name, time: clock(Date.parse(closing.at)) })}
      </p>
      <p className="rounded-md border bg-ground px-2 py-1.5 text-sm">
        <strong>{t(`disposition.${closing.disposition}`)}</strong>
        {closing.note !== "" && <span className="block text-ink-2">{closing.note}</span>}
      </p>
      {allowed.sign ? (
        <Button look="primary" onClick={sign} data-testid="sign-here">
          <PenLine size={16} aria-hidden />
          {t("closing.sign_second")}
          <Kbd>↵</Kbd>
        </Button>
      ) : (
        <p className="text-sm font-medium text-caution" role="status" data-testid="waits-for-second">
          {t("closing.waits")}
        </p>
      )}
      {allowed.withdraw && (
        <Button small look="quiet" onClick={() => onAct({ step: "withdraw" })} data-testid="withdraw">
          {t("closing.withdraw")}
        </Button>
      )}
    </div>
  );
}
