/** Units sent to one alarm: what each has said so far, the next word, and who else can be sent. */
import { useRef, useState } from "react";
import type { Alarm, Candidate, Dispatch } from "@/api/types";
import { Button, HoldButton, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Skeleton } from "@/ui/surfaces";
import { number, problemText } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type Said, useCalls, useCandidates, useDispatches } from "./calls";
import { distance, isOver, since, type Verb, verbsOf } from "./verbs";

export function DispatchBoard({ alarm, allowed }: { alarm: Alarm; allowed: boolean }) {
  const { t } = useWords();
  const asked = useDispatches(alarm);
  const { offering, saying } = useCalls(alarm);
  const error = offering.error ?? saying.error ?? asked.error;
  const calls = asked.data?.items ?? [];
  const running = calls.filter((call) => !isOver(call));
  return (
    <div className="flex flex-col gap-2" data-testid="dispatch-board">
      {calls.length > 0 && (
        <ul className="divide-y rounded-md border">
          {calls.map((call) => (
            <li key={call.id}>
              <Call
                call={call}
                first={call === running[0]}
                onSay={(said) => saying.mutate({ ...said, dispatch: call.id })}
              />
            </li>
          ))}
        </ul>
      )}
      {alarm.closed_at === null && (
        <SendMore
          alarm={alarm}
          folded={running.length > 0}
          enabled={allowed && !offering.isPending}
          onSend={(units, by) => offering.mutate({ units, note: "", by })}
        />
      )}
      {error !== null && (
        <p role="alert" className="text-sm text-caution" data-testid="dispatch-problem">
          {problemText(t, error)}
        </p>
      )}
    </div>
  );
}

const STATE_LOOK: Record<Dispatch["state"], string> = {
  offered: "border-caution text-caution",
  accepted: "border-accent text-accent",
  en_route: "border-accent text-accent",
  on_scene: "border-accent bg-accent text-on-accent",
  stabilised: "border-accent bg-accent text-on-accent",
  cleared: "border-line-2 text-ink-3",
  rejected: "border-caution text-caution",
};

/** One unit. The first running one takes the key R. */
function Call({
  call,
  first,
  onSay,
}: {
  call: Dispatch;
  first: boolean;
  onSay: (said: Omit<Said, "dispatch">) => void;
}) {
  const { t, name } = useWords();
  const [refusing, setRefusing] = useState(false);
  const [words, setWords] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const verbs = verbsOf(call);
  const likely = verbs[0];
  const say = (verb: Verb) => {
    if (verb === "accept" && words.trim() === "") return field.current?.focus();
    if (verb === "reject" && !refusing) return setRefusing(true);
    if (verb === "reject" && words.trim() === "") return field.current?.focus();
    onSay({ verb, by: verb === "accept" ? words.trim() : "", reason: refusing ? words.trim() : "" });
    setWords("");
    setRefusing(false);
    field.current?.blur(); // the next key is a command again, not a letter
  };
  useKeys({ KeyR: () => first && likely !== undefined && say(likely) });
  return (
    <div className="p-2" data-testid="dispatch-call" data-state={call.state}>
      <p className="flex flex-wrap items-center gap-x-2">
        <span className="min-w-0 flex-1 font-medium">{name(call.unit.name)}</span>
        <span className={`rounded-sm border px-1.5 text-sm font-medium ${STATE_LOOK[call.state]}`}>
          {t(`dispatch_state.${call.state}`)}
        </span>
        <time className="text-sm text-ink-3">{clock(Date.parse(since(call)))}</time>
      </p>
      {(call.accepted_by !== "" || call.record !== "") && (
        <p className="text-sm text-ink-2">
          {t("calls.accepted_by", { who: [call.accepted_by, call.record].filter(Boolean).join(" · ") })}
        </p>
      )}
      {call.reason !== "" && <p className="text-sm text-ink-2">{call.reason}</p>}
      {call.state === "offered" && (
        <form
          className="mt-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            say(refusing ? "reject" : "accept");
          }}
        >
          <input
            ref={field}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            maxLength={200}
            placeholder={refusing ? t("calls.why_not") : t("calls.who_accepts")}
            aria-label={refusing ? t("calls.why_not") : t("calls.who_accepts")}
            className="h-8 w-full rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3"
            data-testid="accepter"
          />
        </form>
      )}
      {verbs.length > 0 && (
        <div className="mt-1.5 flex flex-wrap gap-1.5">
          {verbs.map((verb) => (
            <Button
              key={verb}
              small
              look={verb === likely ? "plain" : "quiet"}
              onClick={() => say(verb)}
              data-testid={`say-${verb}`}
            >
              {t(`verb.${verb}`)}
              {first && verb === likely && <Kbd>R</Kbd>}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}

interface Sending {
  alarm: Alarm;
  enabled: boolean;
  onSend: (units: readonly string[], by: string) => void;
}

/** While units are on their way, what they say comes first; sending another one is a key away. */
function SendMore({ folded, ...sending }: Sending & { folded: boolean }) {
  const { t } = useWords();
  const [wanted, setWanted] = useState(false);
  const shut = folded && !wanted;
  useKeys({ KeyD: (event) => !event.repeat && shut && setWanted(true) });
  if (!shut) {
    const send: Sending["onSend"] = (units, by) => {
      setWanted(false);
      sending.onSend(units, by);
    };
    return <SendUnits {...sending} onSend={send} />;
  }
  return (
    <Button small look="quiet" onClick={() => setWanted(true)} data-testid="send-more">
      {t("calls.send_more")}
      <Kbd>D</Kbd>
    </Button>
  );
}

/** Whom to send: free and near ones first; several may be ticked. It leaves the building, so it is held. */
function SendUnits({ alarm, enabled, onSend }: Sending) {
  const { t } = useWords();
  const asked = useCandidates(alarm);
  const [picked, setPicked] = useState<ReadonlySet<string> | null>(null);
  const [by, setBy] = useState("");
  const [holding, setHolding] = useState(false);
  const list = asked.data?.items ?? [];
  const first = list.find((candidate) => candidate.unit.state === "free")?.unit.id;
  const chosen = picked ?? new Set(first === undefined ? [] : [first]);
  const pick = (unit: string) => {
    const next = new Set(picked ?? []);
    if (!next.delete(unit)) next.add(unit);
    setPicked(next);
  };
  const pickAt = (index: number) => {
    const unit = list[index]?.unit.id;
    if (unit !== undefined) pick(unit);
  };
  useKeys(
    {
      ...Object.fromEntries(
        Array.from({ length: 9 }, (_, index) => [`Digit${index + 1}`, () => pickAt(index)]),
      ),
      KeyD: (event) => !event.repeat && setHolding(true),
    },
    { KeyD: () => setHolding(false) },
  );
  if (asked.isPending) return <Skeleton className="h-24" />;
  if (list.length === 0) return <p className="text-sm text-ink-2">{t("steps.no_units")}</p>;
  return (
    <>
      <ul aria-label={t("steps.unit")} className="max-h-44 divide-y overflow-y-auto rounded-md border">
        {list.map((candidate, index) => (
          <li key={candidate.unit.id}>
            <CandidateRow
              candidate={candidate}
              index={index}
              checked={chosen.has(candidate.unit.id)}
              onPick={() => pick(candidate.unit.id)}
            />
          </li>
        ))}
      </ul>
      <input
        value={by}
        onChange={(event) => setBy(event.target.value)}
        maxLength={200}
        placeholder={t("calls.accepted_already")}
        aria-label={t("calls.accepted_already")}
        className="h-8 rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3"
        data-testid="accepted-by"
      />
      <HoldButton
        disabled={!enabled || chosen.size === 0}
        hold={holding}
        onHeld={() => {
          setHolding(false);
          setPicked(new Set());
          setBy("");
          onSend([...chosen], by.trim());
        }}
        data-testid="dispatch"
      >
        {t("calls.hold_to_send", { count: chosen.size })}
        <Kbd>D</Kbd>
      </HoldButton>
    </>
  );
}

function CandidateRow({
  candidate,
  index,
  checked,
  onPick,
}: {
  candidate: Candidate;
  index: number;
  checked: boolean;
  onPick: () => void;
}) {
  const { t, name } = useWords();
  const { unit, distance_m } = candidate;
  const far = distance_m === null ? null : distance(distance_m);
  return (
    <label className="flex cursor-pointer items-center gap-2 px-2 py-1.5 has-checked:bg-raised">
      <input
        type="checkbox"
        className="accent-(--q-accent)"
        checked={checked}
        onChange={onPick}
        data-testid="unit"
      />
      <span className="min-w-0 flex-1">
        {name(unit.name)}
        <span className="block text-sm text-ink-3">
          {t(`unit.${unit.state}`)}
          {far !== null && ` · ${t(`distance.${far.unit}`, { value: number(far.value) })}`}
        </span>
      </span>
      {index < 9 && <Kbd>{index + 1}</Kbd>}
    </label>
  );
}

/** What stands under the step's heading: the furthest unit that is on its way, and how many there are. */
export function SentShort({ alarm }: { alarm: Alarm }) {
  const { name } = useWords();
  const asked = useDispatches(alarm);
  const running = (asked.data?.items ?? []).filter((call) => call.state !== "rejected");
  if (running.length === 0) return alarm.unit === null ? null : <>{name(alarm.unit.name)}</>;
  return <>{running.map((call) => name(call.unit.name)).join(", ")}</>;
}
