/** The last alarms of one school, open and closed. */
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { Alarm } from "@/api/types";
import { Skeleton } from "@/ui/surfaces";
import { LevelMark, LevelWords, TONE_TEXT, toneOf } from "@/vocabulary/alarms";
import { problemText } from "@/vocabulary/text";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useWorld } from "@/world/hooks";

/** Asked again when the school's alarm level changes: an alarm came or was closed. */
function useAlarmsOf(school: string) {
  const level = useSchool(school)?.alarm_level ?? null;
  return useQuery({
    queryKey: ["alarms", school, level],
    queryFn: () => taken(api.GET("/api/alarms", { params: { query: { school, limit: 20 } } })),
    placeholderData: (before) => before,
  });
}

export function LastAlarms({ school, onChoose }: { school: string; onChoose?: (alarm: Alarm) => void }) {
  const { t } = useWords();
  const { data, error } = useAlarmsOf(school);
  const open = useWorld((world) => world.alarms);
  if (error !== null) return <p className="px-3 py-2 text-sm text-caution">{problemText(t, error)}</p>;
  if (data === undefined) return <Skeleton className="mx-3 my-2 h-10" />;
  if (data.items.length === 0) return <p className="px-3 py-2 text-sm text-ink-3">{t("school.no_alarms")}</p>;
  return (
    <ul data-testid="last-alarms">
      {data.items.map((alarm) => (
        <li key={alarm.id}>
          <Row alarm={newer(open.get(alarm.id), alarm)} onChoose={onChoose} />
        </li>
      ))}
    </ul>
  );
}

function newer(live: Alarm | undefined, asked: Alarm): Alarm {
  return live !== undefined && live.version > asked.version ? live : asked;
}

function Row({ alarm, onChoose }: { alarm: Alarm; onChoose?: (alarm: Alarm) => void }) {
  const { t, name } = useWords();
  const now = useServerNow(60_000);
  const end =
    alarm.disposition === null ? t(`alarm_state.${alarm.state}`) : t(`disposition.${alarm.disposition}`);
  const inside = (
    <>
      <span className={alarm.closed_at === null ? TONE_TEXT[toneOf(alarm)] : "text-ink-3"}>
        <LevelMark level={alarm.level} kind={alarm.kind} size={12} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block">
          <LevelWords alarm={alarm} /> · {name(alarm.place)}
        </span>
        <span className="block text-sm text-ink-3">{end}</span>
      </span>
      <time className="text-sm whitespace-nowrap text-ink-3">
        {clockOrDay(Date.parse(alarm.pressed_at), now)}
      </time>
    </>
  );
  if (onChoose === undefined) return <div className="flex items-center gap-2 px-3 py-1.5">{inside}</div>;
  return (
    <button
      type="button"
      onClick={() => onChoose(alarm)}
      className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-raised"
    >
      {inside}
    </button>
  );
}
