/** The queue: every open alarm, the most urgent first. None is grouped away; thousands scroll virtually. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useRef } from "react";
import type { Alarm } from "@/api/types";
import { Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { useRowFocus } from "@/ui/row-focus";
import { Notice, Skeleton } from "@/ui/surfaces";
import {
  byUrgency,
  isWaiting,
  LevelMark,
  LevelWords,
  TONE_BORDER,
  TONE_FILL,
  TONE_TEXT,
  toneOf,
  wentBack,
} from "@/vocabulary/alarms";
import { counter } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useServerNow, useWorld } from "@/world/hooks";
import { useReportDrawn } from "./drawn";
import { MassBand } from "./MassBand";

const sorted = new WeakMap<ReadonlyMap<string, Alarm>, Alarm[]>();

/** Sorted once for each state of the world, however many places ask. Not to be changed by who reads it. */
function queueOf(alarms: ReadonlyMap<string, Alarm>): Alarm[] {
  const known = sorted.get(alarms);
  if (known !== undefined) return known;
  const queue = [...alarms.values()].sort(byUrgency);
  sorted.set(alarms, queue);
  return queue;
}

export function useQueue(): Alarm[] {
  return useWorld((world) => queueOf(world.alarms));
}

interface Choosing {
  chosen: string | undefined;
  onChoose: (alarm: Alarm) => void;
}

export function Queue({ chosen, onChoose }: Choosing) {
  const { t } = useWords();
  const queue = useQueue();
  const loading = useConnection().state === "loading";
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="queue">
      <header className="flex h-10 shrink-0 items-center justify-between border-b px-3">
        <h2 className="flex items-center gap-2 font-semibold">
          {t("queue.title")}
          <Kbd>Q</Kbd>
        </h2>
        <span className="text-sm text-ink-3" data-testid="queue-count">
          {t("queue.open", { count: queue.length })}
        </span>
      </header>
      {loading && <LoadingQueue />}
      {!loading && queue.length === 0 && (
        <Notice title={t("queue.empty")} detail={t("queue.empty_detail")} data-testid="queue-empty" />
      )}
      <MassBand queue={queue} onChoose={onChoose} />
      <Cards queue={queue} chosen={chosen} onChoose={onChoose} />
    </div>
  );
}

const CARD_PX = 104;
const GAP_PX = 8;

function Cards({ queue, chosen, onChoose }: { queue: Alarm[] } & Choosing) {
  const { t } = useWords();
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer keeps its own state on purpose
  const virtual = useVirtualizer({
    count: queue.length,
    getScrollElement: () => box.current,
    estimateSize: () => CARD_PX,
    getItemKey: (index) => queue[index]?.id ?? index,
    gap: GAP_PX,
    paddingStart: GAP_PX,
    paddingEnd: GAP_PX,
    overscan: 6,
  });
  const rows = useRowFocus(
    (index) => virtual.scrollToIndex(index),
    (index) => box.current?.querySelector<HTMLElement>(`[data-index="${index}"] button`) ?? null,
  );
  const focus = (index: number) => rows.focus(Math.max(0, Math.min(queue.length - 1, index)));
  useKeys({
    KeyQ: () =>
      focus(
        Math.max(
          0,
          queue.findIndex((alarm) => alarm.id === chosen),
        ),
      ),
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 6, PageUp: -6 }[event.key];
    const at = Number((event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset["index"]);
    if (step === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    focus(rows.from(at) + step);
  };
  return (
    <div ref={box} className="min-h-0 flex-1 overflow-y-auto" onKeyDown={onKeyDown}>
      <ul className="relative" style={{ height: virtual.getTotalSize() }} aria-label={t("queue.title")}>
        {virtual.getVirtualItems().map((item) => {
          const alarm = queue[item.index];
          if (alarm === undefined) return null;
          return (
            <li
              key={alarm.id}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={queue.length}
              aria-posinset={item.index + 1}
              className="absolute inset-x-2 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <QueueCard alarm={alarm} chosen={alarm.id === chosen} onChoose={() => onChoose(alarm)} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function LoadingQueue() {
  return (
    <div className="space-y-2 p-2">
      <Skeleton className="h-20" />
      <Skeleton className="h-20" />
    </div>
  );
}

function QueueCard({ alarm, chosen, onChoose }: { alarm: Alarm; chosen: boolean; onChoose: () => void }) {
  const { t, name } = useWords();
  useReportDrawn(alarm);
  const tone = toneOf(alarm);
  const waiting = isWaiting(alarm);
  return (
    <button
      type="button"
      onClick={onChoose}
      aria-current={chosen}
      className={`block w-full overflow-hidden rounded-md border text-left ${TONE_BORDER[tone]} ${chosen ? "bg-raised" : "bg-ground hover:bg-raised"}`}
      data-testid="queue-alarm"
      data-alarm={alarm.id}
      data-state={alarm.state}
      data-level={alarm.level}
      data-kind={alarm.kind}
    >
      <span
        className={`flex items-center gap-2 px-2.5 py-1 text-sm font-semibold ${waiting ? `${TONE_FILL[tone]}` : TONE_TEXT[tone]}`}
      >
        <LevelMark level={alarm.level} kind={alarm.kind} size={12} />
        <span className="min-w-0 flex-1">
          <LevelWords alarm={alarm} />
        </span>
        <Age since={alarm.pressed_at} />
      </span>
      <span className="block px-2.5 pt-1.5 pb-2">
        <span className="block font-medium">{name(alarm.school_name)}</span>
        <span className="block text-sm text-ink-2">{name(alarm.place)}</span>
        <Marks alarm={alarm} />
        <span className="mt-1 flex items-center gap-2 text-sm text-ink-3">
          <span className="min-w-0 flex-1">
            {t(`alarm_state.${alarm.state}`)}
            {alarm.owner !== null && ` · ${alarm.owner.name}`}
          </span>
          {waiting && chosen && (
            <span className="inline-flex items-center gap-1.5 text-ink-2">
              <Kbd>A</Kbd>
              {t("steps.own")}
            </span>
          )}
        </span>
      </span>
    </button>
  );
}

/** What must be seen before the alarm is opened, in words. */
function Marks({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const urgent = [
    wentBack(alarm) && t("alarm.went_back"),
    alarm.duress && t("alarm.duress"),
    alarm.closing !== null && t("closing.waits"),
  ].filter((word) => word !== false);
  const plain = [
    alarm.presses > 1 && t("alarm.presses", { count: alarm.presses }),
    alarm.claims.some((claim) => claim.claim === "cancel") && t("claim.cancel"),
    alarm.shelf !== null && t("shelf.shelved"),
  ].filter((word) => word !== false);
  if (urgent.length + plain.length === 0) return null;
  return (
    <span className="mt-1 flex flex-wrap gap-1 text-xs font-medium" data-testid="queue-marks">
      {urgent.map((word) => (
        <span key={word} className="rounded-sm bg-caution px-1.5 text-on-caution">
          {word}
        </span>
      ))}
      {plain.map((word) => (
        <span key={word} className="rounded-sm border border-line-2 px-1.5 text-ink-2">
          {word}
        </span>
      ))}
    </span>
  );
}

export function Age({ since }: { since: string }) {
  return <time>{counter(useServerNow() - Date.parse(since))}</time>;
}
