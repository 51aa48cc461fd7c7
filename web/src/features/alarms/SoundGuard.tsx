/** Sounds what waits, and says so when it could not be heard. Renders nothing while all is well. */
import { BellOff, VolumeX } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent, useMemo, useState } from "react";
import type { Alarm } from "@/api/types";
import { Button } from "@/ui/button";
import { byUrgency, isWaiting, useAlarmWords } from "@/vocabulary/alarms";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useWorld, useWorldStore } from "@/world/hooks";
import { noticeRight, notify, useTitle } from "./attention";
import { Bell, type News } from "./bell";
import { AlarmSound, type Hearing } from "./sound";

/** A context starts suspended for a moment even where it may play. */
const SETTLES_MS = 400;

function useSound(): { sound: AlarmSound | null; hearing: Hearing } {
  const [sound, setSound] = useState<AlarmSound | null>(null);
  const [hearing, setHearing] = useState<Hearing>("ok");
  useEffect(() => {
    const made = new AlarmSound();
    const look = () => setHearing(made.hearing());
    const unlock = () => void made.enable();
    const settle = setTimeout(look, SETTLES_MS);
    const forget = made.onChange(look);
    window.addEventListener("pointerdown", unlock);
    window.addEventListener("keydown", unlock);
    setSound(made);
    return () => {
      clearTimeout(settle);
      forget();
      window.removeEventListener("pointerdown", unlock);
      window.removeEventListener("keydown", unlock);
      made.close();
    };
  }, []);
  return { sound, hearing };
}

/** Rings; remembers when an alarm came and nothing could be heard, until an officer has seen that. */
function useBell(sound: AlarmSound | null): { unheardAt: number | null; seen: () => void } {
  const store = useWorldStore();
  const { what, where } = useAlarmWords();
  const [unheardAt, setUnheardAt] = useState<number | null>(null);
  const onNews = useEffectEvent((news: readonly News[]) => {
    if (sound !== null && sound.hearing() !== "ok") setUnheardAt(store.now());
    for (const { alarm } of news) notify(alarm, what(alarm), where(alarm));
  });
  useEffect(() => {
    if (sound === null) return;
    const bell = new Bell(store, sound, (news) => onNews(news));
    return () => bell.close();
  }, [store, sound]);
  return { unheardAt, seen: () => setUnheardAt(null) };
}

function useWaitingTitle(): void {
  const { what, where } = useAlarmWords();
  const alarms = useWorld((world) => world.alarms);
  const waiting = useMemo(() => mostUrgent(alarms.values()), [alarms]);
  useTitle(waiting === null ? null : `▲ ${what(waiting)} · ${where(waiting)}`);
}

function mostUrgent(alarms: Iterable<Alarm>): Alarm | null {
  let most: Alarm | null = null;
  for (const alarm of alarms)
    if (isWaiting(alarm) && (most === null || byUrgency(alarm, most) < 0)) most = alarm;
  return most;
}

export function SoundGuard() {
  const { t } = useWords();
  const { sound, hearing } = useSound();
  const { unheardAt, seen } = useBell(sound);
  useWaitingTitle();
  if (sound === null) return null;
  const listen = () =>
    void sound.enable().then(() => {
      sound.once("p2");
      seen();
    });
  return (
    <>
      {hearing !== "ok" && (
        <Strip
          icon={<VolumeX size={16} aria-hidden className="shrink-0" />}
          words={hearing === "stuck" ? t("sound.stuck") : t("sound.blocked")}
          testId="sound-blocked"
        >
          <Button small onClick={listen} data-testid="enable-sound">
            {t("sound.enable")}
          </Button>
        </Strip>
      )}
      {unheardAt !== null && (
        <Strip
          urgent
          icon={<VolumeX size={16} aria-hidden className="shrink-0" />}
          words={t("sound.unheard", { time: clock(unheardAt) })}
          testId="sound-unheard"
        >
          <Button small onClick={seen}>
            {t("sound.seen")}
          </Button>
        </Strip>
      )}
      <AskForNotices />
    </>
  );
}

/** Asked before the shift: in the moment of an alarm nobody reads a browser's question. */
function AskForNotices() {
  const { t } = useWords();
  const [right, setRight] = useState(noticeRight);
  if (right !== "default") return null;
  return (
    <Strip
      icon={<BellOff size={16} aria-hidden className="shrink-0" />}
      words={t("sound.ask_notices")}
      testId="ask-notices"
    >
      <Button
        small
        onClick={() => void Notification.requestPermission().then(setRight)}
        data-testid="allow-notices"
      >
        {t("sound.allow_notices")}
      </Button>
    </Strip>
  );
}

function Strip({
  icon,
  words,
  urgent = false,
  testId,
  children,
}: {
  icon: ReactNode;
  words: string;
  urgent?: boolean;
  testId: string;
  children: ReactNode;
}) {
  return (
    <div
      role={urgent ? "alert" : "status"}
      className={`flex items-center gap-3 border-b px-3 py-1.5 ${urgent ? "border-caution bg-caution text-on-caution" : "border-caution/50 bg-surface text-caution"}`}
      data-testid={testId}
    >
      {icon}
      <span className="min-w-0 flex-1">{words}</span>
      {children}
    </div>
  );
}
