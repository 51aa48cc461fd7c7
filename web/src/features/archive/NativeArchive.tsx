/** For browsers that play playlists themselves and do not let a page feed them (older iPhones): an hour from a time on. */
import { useRef, useState } from "react";
import type { Camera, StreamName } from "@/api/types";
import { isG711, useMayListen } from "@/player/SoundButton";
import { Button } from "@/ui/button";
import { streamOf } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { Calendar } from "./Calendar";
import { DAY_MS } from "./geometry";

const HOUR_MS = 3_600_000;
const BEFORE_NOW_MS = 60_000;
/** The newest seconds are not in a playlist yet. */
const NOT_YET_MS = 5_000;

interface Props {
  camera: Camera;
  stream: StreamName;
  purpose: string;
}

export function NativeArchive({
  at,
  onPlace,
  ...of
}: Props & { at: number | undefined; onPlace: (at: number) => void }) {
  const now = useServerNow(60_000);
  const [opened] = useState(() => now - BEFORE_NOW_MS);
  const start = at ?? opened;
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="native-archive">
      <Hour key={start} start={start} now={now} {...of} />
      <div className="flex flex-wrap items-center gap-2 border-t bg-surface p-2">
        <Calendar at={start} now={now} onGo={onPlace} onDay={(days) => onPlace(start + days * DAY_MS)} />
      </div>
    </div>
  );
}

/** Its end is settled when it is shown: an address that changed with the clock would begin anew with each minute. */
function Hour({ start, now, camera, stream, purpose }: Props & { start: number; now: number }) {
  const { t } = useWords();
  const [end] = useState(() => Math.max(start + 1_000, Math.min(start + HOUR_MS, now - NOT_YET_MS)));
  const [heard, setHeard] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const goOnAt = useRef(0);
  const sound = streamOf(camera, stream)?.audio ?? "";
  const mayListen = useMayListen(purpose) && sound !== "";
  const query = new URLSearchParams({
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    stream,
    purpose,
    ...(heard ? { audio: "true" } : {}),
  });
  const toggle = () => {
    goOnAt.current = video.current?.currentTime ?? 0;
    setHeard((before) => !before);
  };
  return (
    <>
      <video
        ref={video}
        src={`/api/cameras/${camera.id}/hls/index.m3u8?${query}`}
        controls
        muted={!heard}
        autoPlay
        playsInline
        onLoadedMetadata={({ currentTarget }) => (currentTarget.currentTime = goOnAt.current)}
        aria-label={t("archive.title")}
        className="min-h-0 w-full flex-1 bg-video"
      />
      {mayListen && (
        <div className="border-t bg-surface p-2" data-testid="native-sound">
          {isG711(sound) ? (
            <p className="text-sm text-balance text-ink-2">{t("sound_of.no_g711_here")}</p>
          ) : (
            <Button onClick={toggle} aria-pressed={heard}>
              {heard ? t("sound_of.stop") : t("sound_of.listen")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}
