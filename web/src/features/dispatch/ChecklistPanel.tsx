/** What is to be done for this level and scenario, with the time for each; what is late says so. */
import { useRef } from "react";
import type { Alarm, ChecklistItem } from "@/api/types";
import { Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { clock, counter } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { overdueCount, type Standing, standingOf, useChecklist } from "./checklist";

export function ChecklistPanel({ alarm, mayTick }: { alarm: Alarm; mayTick: boolean }) {
  const { t, name } = useWords();
  const { list, error, ticking, choosing } = useChecklist(alarm);
  const ticks = useServerNow();
  const now = alarm.closed_at === null ? ticks : Date.parse(alarm.closed_at);
  const box = useRef<HTMLUListElement>(null);
  useKeys({
    KeyK: () =>
      (
        box.current?.querySelector<HTMLElement>("input:not(:checked)") ??
        box.current?.querySelector<HTMLElement>("input")
      )?.focus(),
  });
  if (list === undefined && error !== null)
    return <p className="border-t p-3 text-sm text-caution">{problemText(t, error)}</p>;
  if (list === undefined) return <Skeleton className="m-3 h-32" />;
  const overdue = overdueCount(list, now);
  return (
    <section className="border-t p-2" data-testid="checklist" data-overdue={overdue}>
      <header className="flex flex-wrap items-center gap-2 px-1 pb-1">
        {mayTick && list.scenarios.length > 1 && alarm.closed_at === null ? (
          <select
            value={list.scenario}
            onChange={(event) => {
              const chosen = list.scenarios.find((scenario) => scenario === event.target.value);
              if (chosen !== undefined) choosing.mutate(chosen);
            }}
            aria-label={t("checklist.scenario")}
            className="h-7 min-w-0 flex-1 rounded-sm border border-line-2 bg-ground px-1 font-medium"
            data-testid="scenario"
          >
            {list.scenarios.map((scenario) => (
              <option key={scenario} value={scenario}>
                {t(`scenario.${scenario}`)}
              </option>
            ))}
          </select>
        ) : (
          <h3 className="min-w-0 flex-1 font-medium">{name(list.title)}</h3>
        )}
        <span className="text-sm text-ink-3">
          {t("checklist.done", { done: list.done, count: list.items.length })}
        </span>
        <Kbd>K</Kbd>
      </header>
      {overdue > 0 && (
        <p
          className="mx-1 mb-1 rounded-sm bg-caution px-2 py-0.5 text-sm font-medium text-on-caution"
          role="status"
        >
          {t("checklist.overdue", { count: overdue })}
        </p>
      )}
      <ul ref={box}>
        {list.items.map((item) => (
          <li key={item.key}>
            <Item
              item={item}
              now={now}
              enabled={mayTick && alarm.closed_at === null}
              onTick={(done) => ticking.mutate({ item: item.key, done })}
            />
          </li>
        ))}
      </ul>
      {error !== null && (
        <p role="alert" className="px-1 text-sm text-caution">
          {problemText(t, error)}
        </p>
      )}
    </section>
  );
}

const LOOK: Record<Standing, string> = {
  done: "text-ink-3",
  late: "text-caution",
  overdue: "font-semibold text-caution",
  due: "text-caution",
  open: "text-ink-3",
};

function Item({
  item,
  now,
  enabled,
  onTick,
}: {
  item: ChecklistItem;
  now: number;
  enabled: boolean;
  onTick: (done: boolean) => void;
}) {
  const { name } = useWords();
  const standing = standingOf(item, now);
  return (
    <label
      className="flex cursor-pointer items-start gap-2 rounded-sm px-1 py-1 hover:bg-raised has-focus-visible:bg-raised"
      data-testid="checklist-item"
      data-standing={standing}
    >
      <input
        type="checkbox"
        checked={item.done_at !== null}
        disabled={!enabled}
        onChange={(event) => onTick(event.target.checked)}
        className="mt-1 size-4 shrink-0 accent-(--q-accent)"
      />
      <span className={`min-w-0 flex-1 ${item.done_at === null ? "" : "text-ink-3"}`}>{name(item.text)}</span>
      <span className={`shrink-0 text-right text-sm ${LOOK[standing]}`}>
        <When item={item} standing={standing} now={now} />
      </span>
    </label>
  );
}

function When({ item, standing, now }: { item: ChecklistItem; standing: Standing; now: number }) {
  const { t } = useWords();
  const due = Date.parse(item.due_at);
  if (item.done_at !== null) {
    const at = clock(Date.parse(item.done_at));
    if (standing === "done") return <>{at}</>;
    return (
      <>
        {at}
        <span className="block">
          {t("checklist.late", { time: counter(Date.parse(item.done_at) - due) })}
        </span>
      </>
    );
  }
  if (standing === "overdue") return <>{t("checklist.late", { time: counter(now - due) })}</>;
  return <>{counter(due - now)}</>;
}
