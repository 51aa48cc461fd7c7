/** The speaker of a recording: off until somebody asks, heard at ×1 alone. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Camera } from "@/api/types";
import { useWords } from "@/vocabulary/use-words";
import { useWorldStore } from "@/world/hooks";
import type { ReelRequest } from "./archive-reel";
import { ArchiveSound, type ArchiveSoundView } from "./archive-sound";
import type { ArchiveTransport, TransportView } from "./archive-transport";
import { audibleStream, SoundButton, useMayListen } from "./SoundButton";

const OFF: ArchiveSoundView = { state: "opening", problem: null };
const never = () => () => undefined;
const off = () => OFF;

export function ArchiveSoundButton({
  transport,
  view,
  camera,
  request,
}: {
  transport: ArchiveTransport | null;
  view: TransportView;
  camera: Camera;
  request: ReelRequest | undefined;
}) {
  const { t } = useWords();
  const { now } = useWorldStore();
  const [wanted, setWanted] = useState(false);
  const [sound, setSound] = useState<ArchiveSound | null>(null);
  const purpose = request?.purpose ?? "";
  const stream = request === undefined ? null : audibleStream(camera, request.stream);
  const mayListen = useMayListen(purpose);
  const offered = mayListen && stream !== null;
  useEffect(() => {
    if (!wanted || !offered || transport === null) return;
    const shown = () => {
      const { playing, speed, reels } = transport.view;
      return { at: transport.position(), playing: playing && reels[0]?.state === "ready", speed };
    };
    const made = new ArchiveSound({ camera: camera.id, stream, purpose }, shown, now);
    setSound(made);
    return () => {
      made.destroy();
      setSound(null);
    };
  }, [wanted, offered, transport, camera.id, stream, purpose, now]);
  const heard = useSyncExternalStore(sound?.subscribe ?? never, sound?.snapshot ?? off);
  if (!offered) return null;
  const state = sound === null ? "off" : heard.state;
  return (
    <span className="inline-flex items-center gap-2">
      <SoundButton
        state={state}
        problem={sound === null ? null : heard.problem}
        onToggle={() => setWanted((before) => !before)}
      />
      {wanted && view.speed !== 1 && <span className="text-sm text-ink-2">{t("sound_of.not_at_speed")}</span>}
    </span>
  );
}
