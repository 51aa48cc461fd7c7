/** Own → verify → dispatch → close. One key for each; what may not be done now is greyed, not hidden. */
import { Check } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Alarm, Disposition, Verdict } from "@/api/types";
import { Button, HoldButton, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { isWaiting } from "@/vocabulary/alarms";
import { problemText } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession, useWorld } from "@/world/hooks";
import { type Act, useAlarmAct } from "./actions";
import { DISPOSITIONS, may, VERDICTS } from "./rules";

type Opened = "verify" | "dispatch" | "close" | null;

function useDoing(alarm: Alarm) {
  const act = useAlarmAct(alarm.id);
  const { rights } = useSession();
  const allowed = may(alarm, rights);
  const perform = (what: Act) => {
    if (!act.isPending && allowed[what.step]) act.mutate(what);
  };
  return { perform, allowed, error: act.error, busy: act.isPending };
}

export function Steps({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const { perform, allowed, error } = useDoing(alarm);
  const [wanted, setWanted] = useState<Opened>(null);
  const opened = wanted ?? nextStep(alarm);
  useKeys({
    KeyA: () => perform({ step: "acknowledge" }),
    KeyV: () => setWanted("verify"),
    KeyC: () => setWanted("close"),
    KeyD: (event) => !event.repeat && setWanted("dispatch"),
  });
  const act = (what: Act) => {
    setWanted(null);
    perform(what);
  };
  return (
    <div className="p-2" data-testid="steps">
      <Step number={1} title={t("steps.own")} shortcut="A" done={alarm.owner !== null} detail={owned(alarm)}>
        {isWaiting(alarm) && (
          <Button
            look="alarm"
            className="w-full"
            disabled={!allowed.acknowledge}
            onClick={() => act({ step: "acknowledge" })}
            data-testid="own"
          >
            {t("steps.own_this")}
            <Kbd>A</Kbd>
          </Button>
        )}
      </Step>
      <Step
        number={2}
        title={t("steps.verify")}
        shortcut="V"
        done={alarm.verdict !== null}
        detail={alarm.verdict === null ? "" : t(`verdict.${alarm.verdict}`)}
        onOpen={() => setWanted("verify")}
      >
        {opened === "verify" && <Verify enabled={allowed.verify} onAct={act} />}
      </Step>
      <Step
        number={3}
        title={t("steps.dispatch")}
        shortcut="D"
        done={alarm.unit !== null}
        detail={<UnitName alarm={alarm} />}
        onOpen={() => setWanted("dispatch")}
      >
        {opened === "dispatch" && <Dispatch enabled={allowed.dispatch} onAct={act} />}
      </Step>
      <Step
        number={4}
        title={t("steps.close")}
        shortcut="C"
        done={alarm.closed_at !== null}
        detail={alarm.disposition === null ? "" : t(`disposition.${alarm.disposition}`)}
        onOpen={() => setWanted("close")}
      >
        {opened === "close" && alarm.closed_at === null && (
          <Close alarm={alarm} enabled={allowed.close} onAct={act} />
        )}
      </Step>
      {error !== null && (
        <p role="alert" className="p-2 text-sm text-caution" data-testid="step-problem">
          {problemText(t, error)}
        </p>
      )}
    </div>
  );
}

function owned(alarm: Alarm): string {
  if (alarm.owner === null) return "";
  const line = alarm.log.find(({ action }) => action === "owned");
  return line === undefined ? alarm.owner.name : `${alarm.owner.name}, ${clock(Date.parse(line.at))}`;
}

function nextStep(alarm: Alarm): Opened {
  if (isWaiting(alarm)) return null;
  if (alarm.state === "owned") return "verify";
  if (alarm.state === "confirmed" || alarm.state === "unverified") return "dispatch";
  return "close";
}

function UnitName({ alarm }: { alarm: Alarm }) {
  const { name } = useWords();
  return alarm.unit === null ? null : <>{name(alarm.unit.name)}</>;
}

function Step({
  number,
  title,
  shortcut,
  done,
  detail,
  onOpen,
  children,
}: {
  number: number;
  title: string;
  shortcut: string;
  done: boolean;
  detail: ReactNode;
  onOpen?: () => void;
  children: ReactNode;
}) {
  const head = (
    <>
      <span
        aria-hidden
        className={`inline-flex size-6 shrink-0 items-center justify-center rounded-full border text-sm ${done ? "border-accent text-accent" : "border-line-2 text-ink-2"}`}
      >
        {done ? <Check size={14} /> : number}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{title}</span>
        {done && <span className="block text-sm text-ink-2">{detail}</span>}
      </span>
      <Kbd>{shortcut}</Kbd>
    </>
  );
  return (
    <section className="border-b py-2 last:border-b-0">
      {onOpen === undefined ? (
        <h3 className="flex items-center gap-2 px-1">{head}</h3>
      ) : (
        <button
          type="button"
          onClick={onOpen}
          className="flex w-full items-center gap-2 rounded-sm px-1 text-left"
        >
          {head}
        </button>
      )}
      <div className="mt-1.5 pl-9 empty:hidden">{children}</div>
    </section>
  );
}

function Verify({ enabled, onAct }: { enabled: boolean; onAct: (act: Act) => void }) {
  const { t } = useWords();
  const say = (verdict: Verdict) => enabled && onAct({ step: "verify", verdict, note: "" });
  useKeys({ Digit1: () => say("confirmed"), Digit2: () => say("unverified"), Digit3: () => say("false") });
  return (
    <div className="flex flex-col gap-1.5">
      {VERDICTS.map((verdict, index) => (
        <Button
          key={verdict}
          className="justify-between!"
          disabled={!enabled}
          onClick={() => say(verdict)}
          data-testid={`verdict-${verdict}`}
        >
          {t(`verdict.${verdict}`)}
          <Kbd>{index + 1}</Kbd>
        </Button>
      ))}
    </div>
  );
}

function Dispatch({ enabled, onAct }: { enabled: boolean; onAct: (act: Act) => void }) {
  const { t, name } = useWords();
  const units = useWorld((world) => world.units);
  const list = [...units.values()].sort((a, b) => Number(a.state !== "free") - Number(b.state !== "free"));
  const [picked, setPicked] = useState<string | null>(null);
  const [holding, setHolding] = useState(false);
  const unit = picked ?? list[0]?.id;
  const pick = (index: number) => () => setPicked(list[index]?.id ?? unit ?? null);
  useKeys(
    {
      ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`Digit${index + 1}`, pick(index)])),
      KeyD: (event) => !event.repeat && setHolding(true),
    },
    { KeyD: () => setHolding(false) },
  );
  if (unit === undefined) return <p className="text-sm text-ink-2">{t("steps.no_units")}</p>;
  return (
    <div className="flex flex-col gap-1.5">
      <div
        role="radiogroup"
        aria-label={t("steps.unit")}
        className="max-h-44 overflow-y-auto rounded-md border"
      >
        {list.map((candidate, index) => (
          <label
            key={candidate.id}
            className="flex cursor-pointer items-center gap-2 border-b px-2 py-1.5 last:border-b-0 has-checked:bg-raised"
          >
            <input
              type="radio"
              name="unit"
              className="accent-(--q-accent)"
              checked={candidate.id === unit}
              onChange={() => setPicked(candidate.id)}
              data-testid="unit"
            />
            <span className="min-w-0 flex-1">{name(candidate.name)}</span>
            <span className="text-sm text-ink-3">{t(`unit.${candidate.state}`)}</span>
            {index < 9 && <Kbd>{index + 1}</Kbd>}
          </label>
        ))}
      </div>
      <HoldButton
        disabled={!enabled}
        hold={holding}
        onHeld={() => {
          setHolding(false);
          onAct({ step: "dispatch", unit, note: "" });
        }}
        data-testid="dispatch"
      >
        {t("steps.hold_to_dispatch")}
        <Kbd>D</Kbd>
      </HoldButton>
    </div>
  );
}

function Close({ alarm, enabled, onAct }: { alarm: Alarm; enabled: boolean; onAct: (act: Act) => void }) {
  const { t } = useWords();
  const [disposition, setDisposition] = useState<Disposition>(alarm.kind === "real" ? "true" : alarm.kind);
  const [note, setNote] = useState("");
  const pick = (index: number) => () => setDisposition(DISPOSITIONS[index] ?? disposition);
  const close = () => enabled && onAct({ step: "close", disposition, note });
  useKeys({
    ...Object.fromEntries(DISPOSITIONS.map((_, index) => [`Digit${index + 1}`, pick(index)])),
    Enter: close,
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
        value={note}
        onChange={(event) => setNote(event.target.value)}
        rows={2}
        maxLength={2000}
        placeholder={t("steps.note")}
        aria-label={t("steps.note")}
        className="rounded-md border border-line-2 bg-ground px-2 py-1.5 placeholder:text-ink-3"
        data-testid="note"
      />
      <Button type="submit" disabled={!enabled} data-testid="close-alarm">
        {t("steps.close_this")}
        <Kbd>↵</Kbd>
      </Button>
    </form>
  );
}
