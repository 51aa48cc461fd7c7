/** The desks of the centre: who sits where since when; sit down, hand over, or end the shift. */
import { Armchair, Handshake } from "lucide-react";
import { useState } from "react";
import type { Desk, Duty } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { useKeys } from "@/ui/keys";
import { problemText } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { useDuty, useShift } from "./shift";

export function Desks({ onHandover }: { onHandover: (id: string) => void }) {
  const { t } = useWords();
  const asked = useDuty();
  if (asked.isPending) return <Skeleton className="h-24" />;
  if (asked.data === undefined) return <Notice title={problemText(t, asked.error)} />;
  return <Table duty={asked.data} onHandover={onHandover} />;
}

function Table({ duty, onHandover }: { duty: Duty; onHandover: (id: string) => void }) {
  const { t } = useWords();
  const { begin, end, open } = useShift();
  const mine = duty.desks.find((desk) => desk.id === duty.mine);
  const error = begin.error ?? end.error ?? open.error;
  const handOver = () => {
    if (mine === undefined) return;
    if (mine.handover !== null) onHandover(mine.handover);
    else open.mutate(undefined, { onSuccess: ({ id }) => onHandover(id) });
  };
  useKeys({ KeyH: handOver });
  return (
    <Panel
      title={t("duty.desks")}
      actions={
        mine !== undefined && (
          <span className="flex flex-wrap justify-end gap-2">
            <Button small onClick={handOver} data-testid="hand-over">
              <Handshake size={15} aria-hidden />
              {t("handover.open")}
              <Kbd>H</Kbd>
            </Button>
            <Button small look="quiet" onClick={() => end.mutate()} data-testid="end-shift">
              {t("duty.end")}
            </Button>
          </span>
        )
      }
      data-testid="desks"
    >
      {duty.desks.length === 0 && <p className="p-3 text-ink-2">{t("duty.no_desks")}</p>}
      <ul className="divide-y">
        {duty.desks.map((desk) => (
          <li key={desk.id}>
            <Row
              desk={desk}
              mine={desk.id === duty.mine}
              seated={mine !== undefined}
              onSit={(reason) => begin.mutate({ desk: desk.id, reason })}
              onHandover={onHandover}
            />
          </li>
        ))}
      </ul>
      {error !== null && (
        <p role="alert" className="border-t p-3 text-caution" data-testid="duty-problem">
          {problemText(t, error)}
        </p>
      )}
    </Panel>
  );
}

function Row({
  desk,
  mine,
  seated,
  onSit,
  onHandover,
}: {
  desk: Desk;
  mine: boolean;
  seated: boolean;
  onSit: (reason: string) => void;
  onHandover: (id: string) => void;
}) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const mayTake = useSession().rights.includes("duty.take") && !mine;
  const { handover } = desk;
  return (
    <div
      className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2"
      data-testid="desk-row"
      data-mine={mine}
    >
      <Armchair size={16} aria-hidden className={mine ? "text-accent" : "text-ink-3"} />
      <span className="min-w-32 flex-1">
        <span className="block font-medium">{name(desk.name)}</span>
        <span className="block text-sm text-ink-2">
          {desk.officer === null ? t("duty.empty") : mine ? t("lease.you") : desk.officer.name}
          {desk.since !== null && (
            <span className="text-ink-3">
              {" · "}
              {t("school.since", { time: clockOrDay(Date.parse(desk.since), now) })}
            </span>
          )}
        </span>
      </span>
      {handover !== null && (
        <Button small onClick={() => onHandover(handover)} data-testid="join-handover">
          {t("handover.join")}
        </Button>
      )}
      {mayTake && !seated && desk.officer === null && (
        <Button small look="primary" onClick={() => onSit("")} data-testid="sit-down">
          {t("duty.begin")}
        </Button>
      )}
      {mayTake && !seated && desk.officer !== null && handover === null && <TakeOver onSit={onSit} />}
    </div>
  );
}

/** Without the signature of whoever sat there: only with a reason, which is kept. */
function TakeOver({ onSit }: { onSit: (reason: string) => void }) {
  const { t } = useWords();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  if (!asking)
    return (
      <Button small look="quiet" onClick={() => setAsking(true)}>
        {t("duty.take_over")}
      </Button>
    );
  return (
    <form
      className="flex w-full gap-1.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() !== "") onSit(reason.trim());
      }}
    >
      <input
        autoFocus
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        maxLength={300}
        placeholder={t("duty.why")}
        aria-label={t("duty.why")}
        className="h-7 min-w-0 flex-1 rounded-sm border border-line-2 bg-ground px-2 placeholder:text-ink-3"
      />
      <Button small type="submit" disabled={reason.trim() === ""}>
        {t("duty.take_over")}
      </Button>
    </form>
  );
}
