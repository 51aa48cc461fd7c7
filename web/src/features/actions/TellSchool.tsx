/** Hold, Secure, Lockdown, Evacuate, Shelter: held for a second, because it sets off sirens and doors at a school. */
import { Check, Hourglass, TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { ActionOrder, ActionWord, Kind, SchoolAction } from "@/api/types";
import { HoldButton, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { problemText, wordFor } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { ACTIONS, outputsOf, standing, useOrder, useOrders, useTaken } from "./tell";

/** The school answers within a second; while this is open its answers are looked for. */
const LOOK_MS = 2_000;
const RARELY_MS = 15_000;

export function TellSchool({ school, kind }: { school: string; kind: Kind }) {
  const { t } = useWords();
  const { rights } = useSession();
  const orders = useOrders(school, LOOK_MS);
  const taken = useTaken(school, LOOK_MS);
  const order = useOrder(school);
  const last = orders.data?.items[0];
  const done = taken.data?.items[0];
  const ended = standing(taken.data?.items ?? []) === null && last?.state !== "waiting";
  const [picked, setPicked] = useState<ActionWord>("lockdown");
  const [holding, setHolding] = useState(false);
  const choices: readonly ActionWord[] = ended ? ACTIONS : [...ACTIONS, "all_clear"];
  const mayOrder = rights.includes(picked === "all_clear" ? "action.all_clear" : "action.order");
  useKeys(
    {
      ...Object.fromEntries(
        choices.map((action, index) => [`Digit${index + 1}`, () => setPicked(action)] as const),
      ),
      KeyT: (event) => !event.repeat && setHolding(true),
    },
    { KeyT: () => setHolding(false) },
  );
  const error = order.error ?? orders.error ?? taken.error;
  return (
    <div className="flex flex-col gap-1.5" data-testid="tell-school">
      {last !== undefined && last.state !== "taken" && <Ordered order={last} />}
      {done !== undefined && <Told action={done} />}
      <div role="radiogroup" aria-label={t("steps.tell")} className="rounded-md border">
        {choices.map((action, index) => (
          <label
            key={action}
            className="flex cursor-pointer items-start gap-2 border-b px-2 py-1 last:border-b-0 has-checked:bg-raised"
          >
            <input
              type="radio"
              name="school-action"
              className="mt-1 accent-(--q-accent)"
              checked={action === picked}
              onChange={() => setPicked(action)}
              data-testid={`tell-${action}`}
            />
            <span className="min-w-0 flex-1">
              <span className="block font-medium">{t(`school_action_name.${action}`)}</span>
              {action === picked && (
                <span className="block text-sm text-ink-2">{t(`school_action_means.${action}`)}</span>
              )}
            </span>
            <Kbd>{index + 1}</Kbd>
          </label>
        ))}
      </div>
      {mayOrder ? (
        <HoldButton
          disabled={order.isPending}
          hold={holding}
          onHeld={() => {
            setHolding(false);
            order.mutate({ action: picked, kind });
          }}
          data-testid="tell"
        >
          {kind === "real" ? t("tell.hold") : t("tell.hold_drill")}
          <Kbd>T</Kbd>
        </HoldButton>
      ) : (
        <p className="text-sm text-ink-2">{t("tell.no_right")}</p>
      )}
      {error !== null && (
        <p role="alert" className="text-sm text-caution" data-testid="tell-problem">
          {problemText(t, error)}
        </p>
      )}
    </div>
  );
}

/** An order that the school has not taken: it is repeated until it answers. */
function Ordered({ order }: { order: ActionOrder }) {
  const { t } = useWords();
  if (order.state === "superseded") return null;
  const refused = order.state === "refused";
  return (
    <p
      role={refused ? "alert" : "status"}
      className="flex items-start gap-1.5 rounded-md border border-caution px-2 py-1.5 text-sm text-caution"
      data-testid="ordered"
      data-state={order.state}
    >
      {refused ? (
        <TriangleAlert size={14} aria-hidden className="mt-0.5 shrink-0" />
      ) : (
        <Hourglass size={14} aria-hidden className="mt-0.5 shrink-0" />
      )}
      <span>
        <strong>{t(`school_action_name.${order.action}`)}</strong> · {clock(Date.parse(order.at))}.{" "}
        {refused ? `${t("tell.refused")} ${wordFor(t, "problem", order.answer)}` : t("tell.waiting")}
      </span>
    </p>
  );
}

/** What the school did last, and what each of its outputs answered. */
function Told({ action }: { action: SchoolAction }) {
  const { t } = useWords();
  const outputs = outputsOf(action);
  return (
    <div
      className="rounded-md border bg-ground px-2 py-1.5 text-sm"
      data-testid="told"
      data-failed={outputs.filter((output) => !output.ok).length}
    >
      <p className="font-medium">
        <ActionName action={action.action} /> · {clock(Date.parse(action.at))}
        {action.by !== "" && <span className="font-normal text-ink-2"> · {action.by}</span>}
      </p>
      {outputs.length === 0 && <p className="text-ink-2">{t("tell.no_outputs")}</p>}
      <ul>
        {outputs.map((output) => (
          <li
            key={output.key}
            className={`flex items-center gap-1.5 ${output.ok ? "text-ink-2" : "text-caution"}`}
          >
            {output.ok ? <Check size={14} aria-hidden /> : <TriangleAlert size={14} aria-hidden />}
            <span className="min-w-0 flex-1">{output.key}</span>
            {output.ok
              ? output.ms !== null && t("tell.done_in", { count: Math.round(output.ms) })
              : wordFor(t, "output", output.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A newer school may know an action that we do not: then its own word stands there. */
function ActionName({ action }: { action: string }) {
  const { t } = useWords();
  return <>{wordFor(t, "school_action_name", action)}</>;
}

/** What holds at the school now, in a word; nothing when it is all clear. */
export function ToldShort({ school }: { school: string }) {
  const asked = useTaken(school, RARELY_MS);
  const now = standing(asked.data?.items ?? []);
  return now === null ? null : (
    <>
      <ActionName action={now.action} />, {clock(Date.parse(now.at))}
    </>
  );
}
