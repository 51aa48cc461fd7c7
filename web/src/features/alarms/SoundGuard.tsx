/** Sounds what waits, and says so when the browser will not let it be heard. Renders nothing while all is well. */
import { VolumeX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { isWaiting } from "@/vocabulary/alarms";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import { AlarmSound } from "./sound";

function useSound(): { sound: AlarmSound | null; allowed: boolean } {
  const [sound, setSound] = useState<AlarmSound | null>(null);
  const [allowed, setAllowed] = useState(true);
  useEffect(() => {
    const made = new AlarmSound();
    const look = () => setAllowed(made.allowed());
    const unlock = () => void made.enable();
    const settle = setTimeout(look, 400); // a context starts suspended for a moment even where it is allowed
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
  return { sound, allowed };
}

export function SoundGuard() {
  const { t } = useWords();
  const { sound, allowed } = useSound();
  const alarms = useWorld((world) => world.alarms);
  const chimed = useRef<Set<string> | null>(null);

  const siren = [...alarms.values()].some((alarm) => alarm.level === "P1" && isWaiting(alarm));
  useEffect(() => {
    if (sound === null) return;
    if (siren) sound.startSiren();
    else sound.stopSiren();
  }, [sound, siren, allowed]);

  useEffect(() => {
    if (sound === null) return;
    const waiting = [...alarms.values()].filter((alarm) => alarm.level === "P2" && isWaiting(alarm));
    const known = chimed.current;
    if (known !== null && waiting.some((alarm) => !known.has(alarm.id))) sound.chime();
    chimed.current = new Set(waiting.map((alarm) => alarm.id));
  }, [sound, alarms]);

  if (allowed || sound === null) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-3 border-b border-caution/50 bg-surface px-3 py-1.5 text-caution"
      data-testid="sound-blocked"
    >
      <VolumeX size={16} aria-hidden className="shrink-0" />
      <span className="min-w-0 flex-1">{t("sound.blocked")}</span>
      <Button small onClick={() => void sound.enable().then(() => sound.chime())} data-testid="enable-sound">
        {t("sound.enable")}
      </Button>
    </div>
  );
}
