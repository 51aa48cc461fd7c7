/** Own → verify → dispatch → tell the school → close. One key for each; what may not be done now is greyed, not hidden. */
import { type ReactNode, useState } from "react";
import type { Alarm } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Problem } from "@/vocabulary/problem";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { type Act, type Doing } from "./actions";
import { Close } from "./Close";
import { useSecondsLeft } from "./countdown";
import { type StepName, VERDICTS } from "./rules";
import { Step } from "./Step";

export type Opened = "verify" | "dispatch" | "tell" | "close" | null;

/** Steps that other features bring: each is shown under its own heading when it is open. */
export interface Brought {
  dispatch: (allowed: boolean) => ReactNode;
  /** In short what was sent; nothing before that. */
  sent: ReactNode;
  tell: () => ReactNode;
  /** In short what holds at the school; nothing when it is all clear. */
  told: ReactNode;
}

interface Props {
  alarm: Alarm;
  allowed: Record<StepName, boolean>;
  doing: Doing;
  brought: Brought;
}

export function Steps({ alarm, allowed, doing, brought }: Props) {
  const { t } = useWords();
  const [wanted, setWanted] = useState<Opened>(null);
  const opened = wanted ?? nextStep(alarm);
  useKeys({
    KeyA: () => doing.perform({ step: "acknowledge" }),
    KeyV: () => setWanted("verify"),
    KeyD: (event) => !event.repeat && setWanted("dispatch"),
    KeyT: () => setWanted("tell"),
    KeyC: () => setWanted("close"),
    KeyG: () => doing.perform({ step: "release" }),
  });
  const act = (what: Act) => {
    setWanted(null);
    doing.perform(what);
  };
  const head = (step: Exclude<Opened, null>) => ({
    onOpen: () => setWanted(step),
    opened: opened === step,
  });
  return (
    <div className="p-2" data-testid="steps">
      <Step
        number={1}
        title={t("steps.own")}
        shortcut="A"
        done={alarm.owner !== null}
        detail={<Owner alarm={alarm} />}
      >
        <Own alarm={alarm} allowed={allowed} onAct={act} />
      </Step>
      <Step
        number={2}
        title={t("steps.verify")}
        shortcut="V"
        done={alarm.verdict !== null}
        detail={alarm.verdict === null ? "" : t(`verdict.${alarm.verdict}`)}
        {...head("verify")}
      >
        {opened === "verify" && <Verify enabled={allowed.verify} onAct={act} />}
      </Step>
      <Step
        number={3}
        title={t("steps.dispatch")}
        shortcut="D"
        done={WAS_SENT.has(alarm.state) || alarm.unit !== null}
        detail={brought.sent}
        {...head("dispatch")}
      >
        {opened === "dispatch" && brought.dispatch(allowed.dispatch)}
      </Step>
      <Step
        number={4}
        title={t("steps.tell")}
        shortcut="T"
        done={false}
        detail={brought.told}
        {...head("tell")}
      >
        {opened === "tell" && brought.tell()}
      </Step>
      <Step
        number={5}
        title={t("steps.close")}
        shortcut="C"
        done={alarm.closed_at !== null}
        detail={alarm.disposition === null ? "" : t(`disposition.${alarm.disposition}`)}
        {...head("close")}
      >
        {opened === "close" && alarm.closed_at === null && (
          <Close alarm={alarm} allowed={allowed} onAct={act} />
        )}
      </Step>
      <Problem error={doing.error} className="p-2" testId="step-problem" />
    </div>
  );
}

const WAS_SENT: ReadonlySet<Alarm["state"]> = new Set(["dispatched", "en_route", "on_scene", "stabilised"]);

function nextStep(alarm: Alarm): Opened {
  if (alarm.closing !== null) return "close";
  switch (alarm.state) {
    case "stored":
    case "presented":
      return null;
    case "owned":
      return "verify";
    case "refuted":
      return "close";
    default:
      return "dispatch";
  }
}

/** Close to the end of the lease the owner's own screen must have fallen silent: it renews every 20 s. */
const LEASE_THIN_S = 45;

function Owner({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const { user } = useSession();
  const left = useSecondsLeft(alarm.lease_until);
  if (alarm.owner === null) return null;
  const line = alarm.log.findLast(({ action }) => action === "owned");
  const who = alarm.owner.id === user.id ? t("lease.you") : alarm.owner.name;
  const thin = left !== null && left < LEASE_THIN_S;
  return (
    <span data-testid="owner" data-mine={alarm.owner.id === user.id}>
      {who}
      {line !== undefined && `, ${clock(Date.parse(line.at))}`}
      {left !== null && alarm.closed_at === null && (
        <span className={`block ${thin ? "text-caution" : "text-ink-3"}`} data-testid="lease">
          {thin ? t("lease.thin", { count: Math.max(0, left) }) : t("lease.left", { count: left })}
        </span>
      )}
    </span>
  );
}

function Own({ alarm, allowed, onAct }: Pick<Props, "alarm" | "allowed"> & { onAct: (act: Act) => void }) {
  const { t } = useWords();
  if (allowed.release) {
    return (
      <Button small look="quiet" onClick={() => onAct({ step: "release" })} data-testid="release">
        {t("lease.release")}
        <Kbd>G</Kbd>
      </Button>
    );
  }
  if (alarm.owner !== null || alarm.closed_at !== null) return null;
  return (
    <Button
      look="alarm"
      className="w-full"
      disabled={!allowed.acknowledge}
      onClick={() => onAct({ step: "acknowledge" })}
      data-testid="own"
    >
      {t("steps.own_this")}
      <Kbd>A</Kbd>
    </Button>
  );
}

function Verify({ enabled, onAct }: { enabled: boolean; onAct: (act: Act) => void }) {
  const { t } = useWords();
  const say = (index: number) => {
    const verdict = VERDICTS[index];
    if (enabled && verdict !== undefined) onAct({ step: "verify", verdict, note: "" });
  };
  useKeys({ Digit1: () => say(0), Digit2: () => say(1), Digit3: () => say(2) });
  return (
    <div className="flex flex-col gap-1.5">
      {VERDICTS.map((verdict, index) => (
        <Button
          key={verdict}
          className="justify-between!"
          disabled={!enabled}
          onClick={() => say(index)}
          data-testid={`verdict-${verdict}`}
        >
          {t(`verdict.${verdict}`)}
          <Kbd>{index + 1}</Kbd>
        </Button>
      ))}
    </div>
  );
}
