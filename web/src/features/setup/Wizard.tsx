/** Adding a camera to a school: find, password, streams, picture, save; and taking it away again. The node does the work. */
import { CircleCheck, Search } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { School } from "@/api/types";
import { Button } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import { Field, INPUT, Trouble } from "@/ui/fields";
import {
  addressTrouble,
  EMPTY,
  type Found,
  freeKey,
  hostOf,
  kindOf,
  type LookedAt,
  type Order,
  suggested,
  troubleWith,
  useLook,
  useSave,
  useSearch,
  useTakeAway,
} from "./orders";
import { Naming, PictureOf } from "./Picture";
import { Streams } from "./Streams";

const STEPS = ["find", "password", "streams", "picture", "save"] as const;
type Step = (typeof STEPS)[number];

export function Wizard({ school, links }: { school: School; links: ReactNode }) {
  const [round, setRound] = useState(0);
  return <OneCamera key={round} school={school} links={links} onAnother={() => setRound(round + 1)} />;
}

function OneCamera({
  school,
  links,
  onAnother,
}: {
  school: School;
  links: ReactNode;
  onAnother: () => void;
}) {
  const { t, name } = useWords();
  const [step, setStep] = useState<Step>("find");
  const [order, setOrder] = useState<Order>(EMPTY);
  const [seen, setSeen] = useState<LookedAt | null>(null);
  const [saved, setSaved] = useState<{ key: string; words: string } | null>(null);
  const cameras = useWorld((world) => world.cameras);
  const keys = useMemo(
    () =>
      new Set([...cameras.values()].filter((camera) => camera.school === school.id).map(({ key }) => key)),
    [cameras, school.id],
  );
  const change = (part: Partial<Order>) => setOrder((before) => ({ ...before, ...part }));
  if (saved !== null) {
    return <Done school={school} saved={saved} links={links} onAnother={onAnother} />;
  }
  const choose = (address: string) => {
    setOrder({ ...EMPTY, address, key: freeKey(keys) });
    setSeen(null);
    setStep("password");
  };
  return (
    <div className="space-y-4" data-testid="wizard" data-step={step}>
      <Steps at={step} />
      {step === "find" && <Find school={school.id} onChoose={choose} />}
      {step === "password" && (
        <Password
          school={school.id}
          order={order}
          onChange={change}
          onBack={() => setStep("find")}
          onSeen={(found) => {
            setSeen(found);
            setOrder((before) => suggested(before, found));
            setStep("streams");
          }}
        />
      )}
      {step === "streams" && seen !== null && (
        <Streams
          order={order}
          seen={seen}
          onChange={change}
          onBack={() => setStep("password")}
          onNext={() => setStep("picture")}
        />
      )}
      {step === "picture" && seen !== null && (
        <Naming
          order={order}
          trouble={troubleWith(order, keys)}
          onChange={change}
          onBack={() => setStep("streams")}
          onNext={() => setStep("save")}
        >
          <PictureOf school={school.id} order={order} possible={seen.onvif} />
        </Naming>
      )}
      {step === "save" && (
        <Save
          school={school.id}
          order={order}
          onBack={() => setStep("picture")}
          onSaved={() => {
            setSaved({ key: order.key, words: order.name ? name(order.name) : order.key });
            setOrder(EMPTY); // and with it the password
          }}
        />
      )}
      <p className="sr-only" role="status">
        {t(`setup.step.${step}`)}
      </p>
    </div>
  );
}

function Steps({ at }: { at: Step }) {
  const { t } = useWords();
  const place = STEPS.indexOf(at);
  return (
    <ol className="flex flex-wrap gap-x-1 gap-y-2 text-sm" aria-label={t("setup.steps")}>
      {STEPS.map((step, number) => (
        <li
          key={step}
          aria-current={step === at ? "step" : undefined}
          className={`flex items-center gap-1.5 rounded-sm px-2 py-1 ${number === place ? "bg-raised font-medium text-ink" : number < place ? "text-ink-2" : "text-ink-3"}`}
        >
          <span className="tabular-nums">{number + 1}</span> {t(`setup.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function Find({ school, onChoose }: { school: string; onChoose: (address: string) => void }) {
  const { t } = useWords();
  const { mutate, ...search } = useSearch(school);
  const [address, setAddress] = useState("");
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return; // once, though React runs effects twice while we develop
    begun.current = true;
    mutate();
  }, [mutate]);
  const trouble = address.trim() === "" ? null : addressTrouble(address);
  return (
    <div className="space-y-5">
      <section aria-busy={search.isPending} className="space-y-2">
        {search.isPending || search.isIdle ? (
          <>
            <p role="status" className="text-ink-2">
              {t("setup.searching")}
            </p>
            <Skeleton className="h-24" />
          </>
        ) : search.error !== null ? (
          <Notice
            title={problemText(t, search.error)}
            action={<Button onClick={() => mutate()}>{t("setup.search_again")}</Button>}
            data-testid="setup-search-failed"
          />
        ) : (
          <>
            <Answered items={search.data?.items ?? []} onChoose={onChoose} />
            <Button small onClick={() => mutate()} data-testid="setup-search-again">
              <Search size={14} aria-hidden /> {t("setup.search_again")}
            </Button>
          </>
        )}
      </section>
      <form
        className="space-y-2 border-t pt-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (addressTrouble(address) === null) onChoose(address.trim());
        }}
      >
        <Field label={t("setup.by_address")} hint={t("setup.address_hint")}>
          <input
            className={INPUT}
            value={address}
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={trouble !== null}
            onChange={(event) => setAddress(event.target.value)}
            data-testid="setup-address"
          />
        </Field>
        <Trouble>{trouble !== null && t(`setup.${trouble}`)}</Trouble>
        <Button
          type="submit"
          disabled={address.trim() === "" || trouble !== null}
          data-testid="setup-use-address"
        >
          {t("setup.next")}
        </Button>
      </form>
    </div>
  );
}

function Answered({ items, onChoose }: { items: readonly Found[]; onChoose: (address: string) => void }) {
  const { t } = useWords();
  if (items.length === 0) {
    return (
      <Notice
        title={t("setup.nothing")}
        detail={t("setup.nothing_detail")}
        data-testid="setup-nothing-found"
      />
    );
  }
  return (
    <>
      <p className="text-ink-2">{t("setup.found", { count: items.length })}</p>
      <ul className="max-h-80 divide-y overflow-y-auto rounded-md border" data-testid="setup-found">
        {items.map((one) => (
          <li key={one.url}>
            <button
              type="button"
              onClick={() => onChoose(one.url)}
              className="flex w-full flex-wrap items-baseline gap-x-3 px-3 py-2 text-left hover:bg-raised"
              data-testid="setup-choose"
              data-url={one.url}
            >
              <span className="font-medium">{one.model || one.name || hostOf(one.url)}</span>
              <span className="text-sm text-ink-2">{hostOf(one.url)}</span>
              {one.configured !== "" && (
                <span className="text-sm text-ink-3">{t("setup.configured", { key: one.configured })}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Password({
  school,
  order,
  onChange,
  onBack,
  onSeen,
}: {
  school: string;
  order: Order;
  onChange: (part: Partial<Order>) => void;
  onBack: () => void;
  onSeen: (seen: LookedAt) => void;
}) {
  const { t } = useWords();
  const look = useLook(school);
  return (
    <form
      className="max-w-xl space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        look.mutate(order, { onSuccess: onSeen });
      }}
    >
      <p className="font-medium break-all">{order.address}</p>
      <Field label={t("setup.user")}>
        <input
          className={INPUT}
          value={order.user}
          autoComplete="off"
          spellCheck={false}
          maxLength={200}
          onChange={(event) => onChange({ user: event.target.value })}
          data-testid="setup-user"
        />
      </Field>
      <Field label={t("setup.password")} hint={t("setup.password_why")}>
        <input
          className={INPUT}
          type="password"
          value={order.password}
          autoComplete="new-password"
          maxLength={200}
          onChange={(event) => onChange({ password: event.target.value })}
          data-testid="setup-password"
        />
      </Field>
      {kindOf(order.address) === "stream" && (
        <Field label={t("setup.sub_address")} hint={t("setup.sub_address_hint")}>
          <input
            className={INPUT}
            value={order.sub ?? ""}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ sub: event.target.value.trim() || null })}
            data-testid="setup-sub-address"
          />
        </Field>
      )}
      <Problem error={look.error} testId="setup-look-failed" />
      <Foot onBack={onBack} waiting={look.isPending ? t("setup.looking") : null}>
        <Button look="primary" type="submit" disabled={look.isPending} data-testid="setup-look">
          {t("setup.log_in")}
        </Button>
      </Foot>
    </form>
  );
}

function Save({
  school,
  order,
  onBack,
  onSaved,
}: {
  school: string;
  order: Order;
  onBack: () => void;
  onSaved: () => void;
}) {
  const { t, name } = useWords();
  const save = useSave(school);
  return (
    <div className="max-w-xl space-y-3">
      <p className="font-medium">
        {order.name ? name(order.name) : order.key} · {hostOf(order.address)}
      </p>
      <p className="text-sm text-balance text-ink-2">{t("setup.pause")}</p>
      <Problem error={save.error} testId="setup-save-failed" />
      <Foot onBack={onBack} waiting={save.isPending ? t("setup.saving") : null}>
        <Button
          look="primary"
          disabled={save.isPending}
          onClick={() => save.mutate(order, { onSuccess: onSaved })}
          data-testid="setup-save"
        >
          {t("setup.save")}
        </Button>
      </Foot>
    </div>
  );
}

/** Back, what is going on, and the way on. */
function Foot({
  onBack,
  waiting,
  children,
}: {
  onBack: () => void;
  waiting: string | null;
  children: ReactNode;
}) {
  const { t } = useWords();
  return (
    <div className="flex flex-wrap items-center gap-3 pt-2">
      <Button look="quiet" onClick={onBack} disabled={waiting !== null} data-testid="setup-back">
        {t("setup.back")}
      </Button>
      {children}
      <span role="status" className="text-sm text-ink-2">
        {waiting}
      </span>
    </div>
  );
}

function Done({
  school,
  saved,
  links,
  onAnother,
}: {
  school: School;
  saved: { key: string; words: string };
  links: ReactNode;
  onAnother: () => void;
}) {
  const { t } = useWords();
  const away = useTakeAway(school.id);
  const isThere = useWorld((world) =>
    [...world.cameras.values()].some((one) => one.school === school.id && one.key === saved.key),
  );
  if (away.isSuccess) {
    return (
      <Notice
        title={t("setup.undone", { name: saved.words })}
        detail={t("setup.undone_detail")}
        action={<Button onClick={onAnother}>{t("setup.another")}</Button>}
        data-testid="setup-undone"
      />
    );
  }
  return (
    <div className="flex flex-col items-center gap-3 p-6 text-center" data-testid="setup-saved">
      <CircleCheck size={28} aria-hidden className="text-ink-3" />
      <p className="text-lg font-medium">{t("setup.saved", { name: saved.words })}</p>
      <p className="max-w-md text-sm text-balance text-ink-2">{t("setup.saved_detail")}</p>
      <p role="status" className="text-sm text-ink-2">
        {!isThere && !away.isPending && t("setup.waiting")}
        {away.isPending && t("setup.undoing")}
      </p>
      <Problem error={away.error} testId="setup-undo-failed" />
      <div className="flex flex-wrap justify-center gap-2">
        {links}
        <Button onClick={onAnother} disabled={away.isPending} data-testid="setup-another">
          {t("setup.another")}
        </Button>
        <Button
          look="quiet"
          disabled={away.isPending}
          onClick={() => away.mutate(saved.key)}
          data-testid="setup-undo"
        >
          {t("setup.undo")}
        </Button>
      </div>
    </div>
  );
}
