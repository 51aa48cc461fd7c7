/** The queue: every open alarm, the most urgent first. None is grouped away. */
import { useMemo } from "react";
import type { Alarm } from "@/api/types";
import { Kbd } from "@/ui/button";
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
} from "@/vocabulary/alarms";
import { counter } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useServerNow, useWorld } from "@/world/hooks";
import { useReportDrawn } from "./drawn";

export function useQueue(): Alarm[] {
  const alarms = useWorld((world) => world.alarms);
  return useMemo(() => [...alarms.values()].sort(byUrgency), [alarms]);
}

export function Queue({
  chosen,
  onChoose,
}: {
  chosen: string | undefined;
  onChoose: (alarm: Alarm) => void;
}) {
  const { t } = useWords();
  const queue = useQueue();
  const loading = useConnection().state === "loading";
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="queue">
      <header className="flex h-10 shrink-0 items-center justify-between border-b px-3">
        <h2 className="font-semibold">{t("queue.title")}</h2>
        <span className="text-sm text-ink-3" data-testid="queue-count">
          {t("queue.open", { count: queue.length })}
        </span>
      </header>
      {loading && <LoadingQueue />}
      {!loading && queue.length === 0 && (
        <Notice title={t("queue.empty")} detail={t("queue.empty_detail")} data-testid="queue-empty" />
      )}
      <ul className="min-h-0 flex-1 space-y-2 overflow-y-auto p-2" aria-label={t("queue.title")}>
        {queue.map((alarm) => (
          <li key={alarm.id}>
            <QueueCard alarm={alarm} chosen={alarm.id === chosen} onChoose={() => onChoose(alarm)} />
          </li>
        ))}
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

export function Age({ since }: { since: string }) {
  return <time>{counter(useServerNow() - Date.parse(since))}</time>;
}
