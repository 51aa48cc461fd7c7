/** A recorded picture and the player behind it. The controls belong to whoever shows it. */
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useWorldStore } from "@/world/hooks";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { ArchivePlayer, type ArchiveRequest, type ArchiveView } from "./archive-player";

const IDLE: ArchiveView = { word: "idle", positionMs: 0, rate: 1, problem: null };
const never = () => () => undefined;
const idle = () => IDLE;

/** A player on a `<video>` of the caller; made anew when what is to be played changes. */
export function useArchivePlayer(request: ArchiveRequest): {
  player: ArchivePlayer | null;
  view: ArchiveView;
  video: RefObject<HTMLVideoElement | null>;
} {
  const store = useWorldStore();
  const video = useRef<HTMLVideoElement>(null);
  const [player, setPlayer] = useState<ArchivePlayer | null>(null);
  const { camera, stream, purpose, loop } = request;
  const from = loop?.start;
  const to = loop?.end;
  useEffect(() => {
    if (video.current === null) return;
    const stretch = from === undefined || to === undefined ? undefined : { start: from, end: to };
    const made = new ArchivePlayer({ camera, stream, purpose, loop: stretch }, video.current, store.now);
    setPlayer(made);
    return () => {
      made.destroy();
      setPlayer(null);
    };
  }, [camera, stream, purpose, from, to, store]);
  const view = useSyncExternalStore(player?.subscribe ?? never, player?.snapshot ?? idle);
  return { player, view, video };
}

export function ArchivePicture({
  view,
  video,
}: {
  view: ArchiveView;
  video: RefObject<HTMLVideoElement | null>;
}) {
  const { t } = useWords();
  const told =
    view.word === "failed" || view.word === "loading" || view.word === "waiting" || view.word === "idle";
  return (
    <div
      className="relative size-full overflow-hidden bg-video"
      data-testid="archive-picture"
      data-state={view.word}
    >
      <video
        ref={video}
        muted
        playsInline
        disablePictureInPicture
        tabIndex={-1}
        className="absolute inset-0 size-full object-contain"
      />
      {told && (
        <div className="absolute inset-x-0 bottom-0 flex justify-center p-2">
          <span className="rounded-sm bg-veil px-2 py-1 text-center text-sm text-on-video" role="status">
            {view.problem === null ? t(`archive.word.${view.word}`) : wordFor(t, "problem", view.problem)}
          </span>
        </div>
      )}
    </div>
  );
}
