/** One live tile: the picture, and the truth about it. */
import { type ReactNode, type RefObject, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { StreamName } from "@/api/types";
import { useWords } from "@/vocabulary/use-words";
import { wordFor } from "@/vocabulary/text";
import { clock, counter } from "@/vocabulary/time";
import { useLiveVideo } from "./context";
import type { LiveTile, TileView } from "./live-tile";
import { SoundButton, useSound } from "./SoundButton";

const NO_VIEW: TileView = {
  word: "connecting",
  reason: "none",
  fresh: false,
  ageS: null,
  width: 0,
  height: 0,
  pictureMs: null,
  skipped: 0,
};

const never = () => () => undefined;
const noView = () => NO_VIEW;

/** Opens the camera in `video` while mounted. */
function useTile(
  request: { camera: string; stream: StreamName; purpose: string },
  video: RefObject<HTMLVideoElement | null>,
): { tile: LiveTile | null; view: TileView } {
  const live = useLiveVideo();
  const [tile, setTile] = useState<LiveTile | null>(null);
  const { camera, stream, purpose } = request;
  useEffect(() => {
    if (video.current === null) return;
    const opened = live.open({ camera, stream, purpose }, video.current);
    setTile(opened);
    return () => {
      live.close(opened);
      setTile(null);
    };
  }, [live, video, camera, stream, purpose]);
  return { tile, view: useSyncExternalStore(tile?.subscribe ?? never, tile?.snapshot ?? noView) };
}

export interface LivePictureProps {
  camera: string;
  stream: StreamName;
  purpose: string;
  /** The camera's name, in the bar. */
  name: string;
  /** Shown in front of the name: the tile's key. */
  mark?: ReactNode;
  /** Appear on hover or focus. */
  controls?: ReactNode;
  fit?: "cover" | "contain";
  /** What is wrong with the picture though it comes. */
  note?: ReactNode;
  /** The codec that this browser cannot show, because of which the sub stream is seen. */
  insteadOf?: string | null;
}

export function LivePicture({
  camera,
  stream,
  purpose,
  name,
  mark,
  controls,
  fit = "contain",
  insteadOf = null,
  note,
}: LivePictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  const { tile, view } = useTile({ camera, stream, purpose }, video);
  const sound = useSound(tile, camera, stream, purpose);
  return (
    <figure
      className="group/tile relative flex size-full min-h-0 min-w-0 flex-col overflow-hidden bg-video"
      data-testid="tile"
      data-camera={camera}
      data-state={view.word}
      data-stream={stream}
    >
      <div className="relative min-h-0 flex-1">
        <video
          ref={video}
          muted
          playsInline
          disablePictureInPicture
          tabIndex={-1}
          className={`absolute inset-0 size-full ${fit === "cover" ? "object-cover" : "object-contain"} ${view.fresh ? "" : "opacity-35 grayscale"}`}
        />
        {!view.fresh && <Veil view={view} />}
        {view.fresh && view.ageS !== null && <Age seconds={view.ageS} />}
        {insteadOf !== null && <Instead codec={insteadOf} />}
        {view.fresh && (
          <span className="absolute bottom-1 left-1 max-w-full rounded-sm bg-veil px-1.5 py-0.5 text-xs font-medium text-balance empty:hidden">
            {note}
          </span>
        )}
        <div
          className={`absolute top-1 right-1 flex gap-1 transition-opacity group-focus-within/tile:opacity-100 group-hover/tile:opacity-100 ${sound.state === "off" ? "opacity-0" : ""}`}
        >
          {controls}
          {sound.offered && (
            <SoundButton state={sound.state} problem={sound.problem} onToggle={sound.toggle} />
          )}
        </div>
      </div>
      <Bar view={view} stream={stream} name={name} mark={mark} />
    </figure>
  );
}

/** Lies over whatever picture is left, so that an old one cannot be taken for the present. */
function Veil({ view }: { view: TileView }) {
  const { t } = useWords();
  const why =
    view.word === "refused" ? wordFor(t, "problem", view.reason) : wordFor(t, "reason", view.reason);
  const hasWhy = view.reason !== "none" && view.reason !== view.word;
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-1 bg-veil p-3 text-center text-on-video">
      <span
        className={`font-medium ${view.word === "connecting" ? "breathing" : ""}`}
        data-testid="tile-word"
      >
        {wordFor(t, "tile", view.word)}
      </span>
      {hasWhy && (
        <span className="text-sm text-balance opacity-85" data-testid="tile-reason">
          {why}
        </span>
      )}
      {view.ageS !== null && view.pictureMs !== null && (
        <span className="text-sm opacity-85">
          {t("tile.last_picture", { age: counter(view.ageS * 1000) })}
        </span>
      )}
    </div>
  );
}

function Age({ seconds }: { seconds: number }) {
  const { t } = useWords();
  return (
    <span
      className="absolute top-1 left-1 rounded-sm bg-veil px-1.5 py-0.5 text-xs font-medium text-on-video"
      data-testid="tile-age"
    >
      {t("tile.behind_by", { count: seconds })}
    </span>
  );
}

function Instead({ codec }: { codec: string }) {
  const { t } = useWords();
  return (
    <span
      className="absolute bottom-1 left-1 max-w-[calc(100%-8px)] rounded-sm bg-veil px-1.5 py-0.5 text-xs text-on-video"
      data-testid="tile-instead"
    >
      {t("tile.sub_instead", { codec })}
    </span>
  );
}

function Bar({
  view,
  stream,
  name,
  mark,
}: {
  view: TileView;
  stream: StreamName;
  name: string;
  mark?: ReactNode;
}) {
  const { t } = useWords();
  return (
    <figcaption className="@container flex h-6 shrink-0 items-center gap-2 bg-surface px-2 text-xs text-ink-2">
      {mark}
      <span className="min-w-0 flex-1 truncate text-ink" title={name}>
        {name}
      </span>
      <span className="text-ink-3 @max-[260px]:hidden">{t(`stream.${stream}`)}</span>
      {view.pictureMs !== null && <time className="@max-[170px]:hidden">{clock(view.pictureMs)}</time>}
      <WordMark word={view.word} />
    </figcaption>
  );
}

/** Live is a quiet dot; what is not live is a bar in amber. The word is on the veil and in the title. */
function WordMark({ word }: { word: TileView["word"] }) {
  const { t } = useWords();
  const quiet = word === "live" || word === "connecting" || word === "paused";
  return (
    <span
      role="img"
      aria-label={wordFor(t, "tile", word)}
      title={wordFor(t, "tile", word)}
      className={
        quiet
          ? `size-1.5 rounded-full ${word === "live" ? "bg-ink-2" : "border border-ink-3"}`
          : "h-2.5 w-1 rounded-[1px] bg-caution"
      }
    />
  );
}
