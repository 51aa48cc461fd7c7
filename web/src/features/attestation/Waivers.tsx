/** Exceptions: what is borne and until when, what waits for another person's word, and a form to ask for one. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Problem } from "@/vocabulary/problem";
import { dayOf } from "@/vocabulary/remarks";
import { isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { deedsOf, lackOfWaiver, latest, type Waiver, type WaiverDeed } from "./assessment";

const MAX_REASON = 2_000;

/** `me`: the id of the one who reads. */
export function Waivers({
  items,
  me,
  mayDecide,
  busy,
  error,
  onDeed,
}: {
  items: readonly Waiver[];
  me: string;
  mayDecide: boolean;
  busy: boolean;
  error: Error | null;
  onDeed: (id: string, deed: WaiverDeed) => void;
}) {
  const { t } = useWords();
  if (items.length === 0)
    return (
      <p className="px-3 py-2 text-ink-2" data-testid="waivers-none">
        {t("attestation.no_waivers")}
      </p>
    );
  return (
    <>
      <p className="px-3 py-2 text-sm text-ink-2">{t("attestation.waiver_means")}</p>
      <ul className="divide-y" data-testid="waivers">
        {items.map((one) => (
          <Line key={one.id} waiver={one} deeds={deedsOf(one, me, mayDecide)} busy={busy} onDeed={onDeed} />
        ))}
      </ul>
      <Problem error={error} className="px-3 py-2" testId="waiver-problem" />
    </>
  );
}

function Line({
  waiver,
  deeds,
  busy,
  onDeed,
}: {
  waiver: Waiver;
  deeds: readonly WaiverDeed[];
  busy: boolean;
  onDeed: (id: string, deed: WaiverDeed) => void;
}) {
  const { t, name } = useWords();
  const expired = waiver.state === "granted" && waiver.expired;
  return (
    <li className="space-y-1 px-3 py-2" data-testid="waiver" data-state={expired ? "expired" : waiver.state}>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="min-w-0 flex-1 basis-64 font-medium">
          {waiver.title === null ? waiver.requirement : name(waiver.title)}
        </span>
        <span className={expired ? "text-caution" : ""}>
          {t(expired ? "attestation.waiver_expired" : `attestation.waiver_state.${waiver.state}`)}
        </span>
        <span>{t("attestation.until", { day: dayOf(waiver.until) })}</span>
      </p>
      <p className="text-sm break-words whitespace-pre-line">{waiver.reason}</p>
      <p className="text-sm text-ink-2">
        {t("attestation.asked_by", { who: waiver.asked_by.name })}
        {waiver.decided_by !== null && `. ${t("attestation.decided_by", { who: waiver.decided_by.name })}`}
        {waiver.words !== "" && `: ${waiver.words}`}
      </p>
      <div className="flex flex-wrap gap-2">
        {deeds.map((deed) => (
          <Button
            key={deed}
            small
            disabled={busy}
            onClick={() => onDeed(waiver.id, deed)}
            data-testid={`waiver-${deed}`}
          >
            {t(`attestation.waiver_deed.${deed}`)}
          </Button>
        ))}
      </div>
    </li>
  );
}

export function WaiverForm({
  now,
  busy,
  error,
  onAsk,
}: {
  now: number;
  busy: boolean;
  error: Error | null;
  onAsk: (reason: string, until: string) => void;
}) {
  const { t } = useWords();
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [tried, setTried] = useState(false);
  const today = isoDay(now);
  const lack = lackOfWaiver(reason, until, today);
  return (
    <form
      className="grid gap-3 p-3 sm:grid-cols-2"
      data-testid="waiver-form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lack === null) onAsk(reason.trim(), until);
      }}
    >
      <Field label={t("attestation.reason")}>
        <textarea
          value={reason}
          rows={2}
          maxLength={MAX_REASON}
          onChange={(event) => setReason(event.target.value)}
          aria-invalid={tried && lack === "reason"}
          className={`${INPUT} h-auto py-1`}
          data-testid="waiver-reason"
        />
      </Field>
      <Field label={t("attestation.last_day")} hint={t("attestation.last_day_hint")}>
        <input
          type="date"
          value={until}
          min={today}
          max={latest(today)}
          onChange={(event) => setUntil(event.target.value)}
          aria-invalid={tried && (lack === "until" || lack === "too_long")}
          className={INPUT}
          data-testid="waiver-until"
        />
      </Field>
      <div className="flex flex-wrap items-center gap-3 sm:col-span-2">
        <Button type="submit" small disabled={busy} data-testid="waiver-ask">
          {t("attestation.ask")}
        </Button>
        <Trouble testId="waiver-lack">
          {tried && lack !== null && t(`attestation.waiver_lack.${lack}`)}
        </Trouble>
        <Problem error={error} testId="waiver-form-problem" />
      </div>
    </form>
  );
}
