/** The speaker of a picture. Off until somebody asks; one picture at a time; only for an alarm, and only with the right. */
import { Volume2, VolumeX } from "lucide-react";
import { useSyncExternalStore } from "react";
import type { Camera, StreamName } from "@/api/types";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useCamera, useSession } from "@/world/hooks";
import { useLiveVideo } from "./context";
import type { LiveTile } from "./live-tile";

export type Sounding = "off" | "opening" | "playing" | "failed";

/** The stream whose sound there is: the one that is seen, or the other. */
export function audibleStream(camera: Camera | undefined, seen: StreamName): StreamName | null {
  const audible = camera?.streams.filter(({ audio }) => audio !== "") ?? [];
  return (audible.find(({ stream }) => stream === seen) ?? audible[0])?.stream ?? null;
}

/** A telephone's code: browsers take it nowhere, so the gateway codes it anew; files keep it as it was recorded. */
export function isG711(audio: string): boolean {
  return audio === "alaw" || audio === "ulaw";
}

/** Whether this person may hear cameras for this purpose: what the centre will say, too. */
export function useMayListen(purpose: string): boolean {
  return useSession().rights.includes("camera.listen") && purpose.startsWith("alarm:");
}

export interface Sound {
  offered: boolean;
  state: Sounding;
  problem: string | null;
  toggle: () => void;
}

export function useSound(tile: LiveTile | null, cameraId: string, seen: StreamName, purpose: string): Sound {
  const live = useLiveVideo();
  const heard = useSyncExternalStore(live.subscribeHeard, live.heard);
  const stream = audibleStream(useCamera(cameraId), seen);
  const mayListen = useMayListen(purpose);
  const mine = heard !== null && heard.tile === tile ? heard : null;
  const toggle = () => {
    if (mine !== null && mine.state !== "failed") live.stopListening();
    else if (tile !== null && stream !== null) live.listen(tile, stream);
  };
  return {
    offered: mayListen && stream !== null,
    state: mine?.state ?? "off",
    problem: mine?.problem ?? null,
    toggle,
  };
}

export function SoundButton({
  state,
  problem,
  onToggle,
}: {
  state: Sounding;
  problem: string | null;
  onToggle: () => void;
}) {
  const { t } = useWords();
  const isOn = state === "opening" || state === "playing";
  const what = isOn ? t("sound_of.stop") : t("sound_of.listen");
  const label = problem === null ? what : `${what}: ${wordFor(t, "problem", problem)}`;
  const Icon = isOn ? Volume2 : VolumeX;
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      aria-pressed={isOn}
      onClick={onToggle}
      className={`inline-flex h-7 min-w-7 items-center justify-center gap-1 rounded-sm px-1.5 text-xs hover:brightness-150 ${isOn ? "bg-accent text-ground" : "bg-veil text-on-video"}`}
      data-testid="tile-sound"
      data-state={state}
    >
      <Icon size={15} aria-hidden className={state === "opening" ? "breathing" : ""} />
      {isOn && <span>{t("sound_of.on")}</span>}
      {state === "failed" && problem !== null && <span role="status">{wordFor(t, "problem", problem)}</span>}
    </button>
  );
}
