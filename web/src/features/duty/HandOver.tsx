/**
 * The hand-over between two shifts: everything open, put aside or out of service is read back line by line. The one who
 * comes accepts each; what is not accepted blocks the signatures. Both sign the same list.
 */
import { Check, PenLine } from "lucide-react";
import { useRef } from "react";
import type { Handover, HandoverItem } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { clock, clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { useHandover } from "./shift";

/** What the signed-in person is in it, and what they may do now. */
export function rolesOf(handover: Handover, me: string) {
  const open = handover.state === "open";
  const goes = handover.outgoing.id === me;
  const comes = !goes && (handover.incoming === null || handover.incoming.id === me);
  const readBack = handover.unaccepted.length === 0;
  return {
    goes,
    comes,
    mayAccept: open && comes && handover.incoming_signed_at === null,
    maySign:
      open &&
      ((goes && handover.outgoing_signed_at === null) ||
        (comes && readBack && handover.incoming_signed_at === null)),
    mayWithdraw: open && goes,
  };
}

export function HandOver({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useWords();
  const { handover, error, act } = useHandover(id);
  if (handover === undefined && error === null) return <Skeleton className="m-4 h-64" />;
  if (handover === undefined)
    return (
      <Notice
        title={t("handover.not_found")}
        detail={problemText(t, error)}
        action={<Button onClick={onDone}>{t("action_word.back")}</Button>}
      />
    );
  return <Protocol handover={handover} act={act} onDone={onDone} />;
}

function Protocol({
  handover,
  act,
  onDone,
}: {
  handover: Handover;
  act: ReturnType<typeof useHandover>["act"];
  onDone: () => void;
}) {
  const { t, name } = useWords();
  const { user } = useSession();
  const roles = rolesOf(handover, user.id);
  const list = useRef<HTMLUListElement>(null);
  useKeys({
    Escape: onDone,
    KeyK: () =>
      (
        list.current?.querySelector<HTMLElement>("input:not(:checked)") ??
        list.current?.querySelector<HTMLElement>("input")
      )?.focus(),
    Enter: () => roles.maySign && act.mutate({ step: "sign" }),
  });
  return (
    <article
      className="mx-auto flex max-w-3xl flex-col gap-3 p-4"
      data-testid="handover"
      data-state={handover.state}
      data-unaccepted={handover.unaccepted.length}
    >
      <header>
        <h1 className="text-xl font-semibold">{t("handover.title", { desk: name(handover.desk_name) })}</h1>
        <p className="text-ink-2">
          {t("handover.opened", { time: clock(Date.parse(handover.opened_at)) })}
          {handover.unaccepted.length > 0 && (
            <span className="ml-2 font-medium text-caution">
              {t("handover.unaccepted", { count: handover.unaccepted.length })}
            </span>
          )}
        </p>
      </header>
      {handover.items.length === 0 && (
        <p className="rounded-md border bg-surface p-3">{t("handover.nothing")}</p>
      )}
      <ul ref={list} className="divide-y rounded-md border bg-surface">
        {handover.items.map((item) => (
          <li key={item.key}>
            <Line
              item={item}
              enabled={roles.mayAccept && item.gone_at === null}
              onAccept={(accepted) => act.mutate({ step: "accept", keys: [item.key], accepted })}
            />
          </li>
        ))}
      </ul>
      {roles.mayAccept && handover.unaccepted.length > 0 && (
        <p className="flex items-center gap-2 text-sm text-ink-3">
          <Kbd>K</Kbd> {t("handover.how")}
        </p>
      )}
      <div className="grid gap-2 sm:grid-cols-2">
        <Signature title={t("handover.goes")} who={handover.outgoing.name} at={handover.outgoing_signed_at} />
        <Signature
          title={t("handover.comes")}
          who={handover.incoming?.name ?? t("handover.nobody_yet")}
          at={handover.incoming_signed_at}
        />
      </div>
      {act.error !== null && (
        <p role="alert" className="text-caution" data-testid="handover-problem">
          {problemText(t, act.error)}
        </p>
      )}
      <Moves handover={handover} roles={roles} act={act} onDone={onDone} />
    </article>
  );
}

function Moves({
  handover,
  roles,
  act,
  onDone,
}: {
  handover: Handover;
  roles: ReturnType<typeof rolesOf>;
  act: ReturnType<typeof useHandover>["act"];
  onDone: () => void;
}) {
  const { t } = useWords();
  const blocked = roles.comes && handover.state === "open" && handover.unaccepted.length > 0;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {handover.state === "open" && (roles.goes || roles.comes) && (
        <Button
          look="primary"
          disabled={!roles.maySign || act.isPending}
          onClick={() => act.mutate({ step: "sign" })}
          data-testid="sign-handover"
        >
          <PenLine size={16} aria-hidden />
          {t("handover.sign")}
          <Kbd>↵</Kbd>
        </Button>
      )}
      {blocked && <p className="text-sm text-caution">{t("handover.blocked")}</p>}
      {handover.state !== "open" && (
        <p className="font-medium" data-testid="handover-over">
          {t(`handover.${handover.state}`)}
        </p>
      )}
      {roles.mayWithdraw && (
        <Button look="quiet" onClick={() => act.mutate({ step: "withdraw" })}>
          {t("handover.withdraw")}
        </Button>
      )}
      <Button look="quiet" onClick={onDone}>
        {t("action_word.back")}
        <Kbd>Esc</Kbd>
      </Button>
    </div>
  );
}

function Line({
  item,
  enabled,
  onAccept,
}: {
  item: HandoverItem;
  enabled: boolean;
  onAccept: (accepted: boolean) => void;
}) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const gone = item.gone_at !== null;
  return (
    <label
      className={`flex items-start gap-3 px-3 py-2 ${enabled ? "cursor-pointer hover:bg-raised" : ""} has-focus-visible:bg-raised`}
      data-testid="handover-item"
      data-accepted={item.accepted_at !== null}
    >
      <input
        type="checkbox"
        className="mt-1 size-4 shrink-0 accent-(--q-accent)"
        checked={item.accepted_at !== null}
        disabled={!enabled}
        onChange={(event) => onAccept(event.target.checked)}
        aria-label={t("handover.accept")}
      />
      <span className={`min-w-0 flex-1 ${gone ? "text-ink-3 line-through" : ""}`}>
        <span className="block font-medium">{name(item.title)}</span>
        <span className="block text-sm text-ink-2">{name(item.detail)}</span>
      </span>
      <span className="shrink-0 text-right text-sm text-ink-3">
        <span className="block">{t(`matter.${item.matter}`)}</span>
        {gone
          ? t("handover.gone")
          : item.since !== null && t("school.since", { time: clockOrDay(Date.parse(item.since), now) })}
      </span>
    </label>
  );
}

function Signature({ title, who, at }: { title: string; who: string; at: string | null }) {
  const { t } = useWords();
  return (
    <div
      className={`rounded-md border px-3 py-2 ${at === null ? "border-dashed border-line-2" : "border-accent"}`}
      data-testid="signature"
      data-signed={at !== null}
    >
      <p className="text-sm text-ink-3">{title}</p>
      <p className="font-medium">{who}</p>
      <p className={`flex items-center gap-1.5 text-sm ${at === null ? "text-ink-3" : "text-accent"}`}>
        {at === null ? (
          t("handover.unsigned")
        ) : (
          <>
            <Check size={14} aria-hidden />
            {t("handover.signed_at", { time: clock(Date.parse(at)) })}
          </>
        )}
      </p>
    </div>
  );
}
