/** Recorded pictures and the transport behind them. The controls belong to whoever shows them. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useWorldStore } from "@/world/hooks";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import type { ReelRequest } from "./archive-reel";
import { ArchiveTransport, type ReelView, type Stretch, type TransportView } from "./archive-transport";

const IDLE: TransportView = { playing: false, positionMs: null, speed: 1, reels: [] };
const LOADING: ReelView = { state: "loading", problem: null };
const never = () => () => undefined;
const idle = () => IDLE;

export interface Playing {
  transport: ArchiveTransport | null;
  view: TransportView;
  /** Tells the transport of the `<video>` of a request. */
  attach: (index: number, video: HTMLVideoElement | null) => void;
}

/** A transport on as many `<video>`s of the caller as there are requests; made anew when what is to be played changes. */
export function useArchiveTransport(requests: readonly ReelRequest[], loop?: Stretch): Playing {
  const store = useWorldStore();
  const videos = useRef<(HTMLVideoElement | null)[]>([]);
  const [transport, setTransport] = useState<ArchiveTransport | null>(null);
  const key = JSON.stringify(requests);
  const from = loop?.start;
  const to = loop?.end;
  useEffect(() => {
    const wanted = JSON.parse(key) as ReelRequest[];
    const elements = videos.current.slice(0, wanted.length).filter((video) => video !== null);
    if (elements.length < wanted.length) return;
    const stretch = from === undefined || to === undefined ? undefined : { start: from, end: to };
    const made = new ArchiveTransport(wanted, elements, store.now, stretch);
    setTransport(made);
    return () => {
      made.destroy();
      setTransport(null);
    };
  }, [key, from, to, store]);
  const view = useSyncExternalStore(transport?.subscribe ?? never, transport?.snapshot ?? idle);
  const attach = useCallback((index: number, video: HTMLVideoElement | null) => {
    videos.current[index] = video;
  }, []);
  return { transport, view, attach };
}

/** What the picture is, in one word: for tests and for those who look at the page. */
export function reelWord(view: TransportView, index: number): string {
  const reel = view.reels[index];
  if (reel === undefined || view.positionMs === null) return "idle";
  if (reel.state !== "ready") return reel.state;
  return view.playing ? "playing" : "paused";
}

export function ArchivePicture({
  playing,
  index = 0,
  name,
}: {
  playing: Playing;
  index?: number;
  /** Whose picture it is, where there are several. */
  name?: string;
}) {
  const { t } = useWords();
  const { view, attach } = playing;
  const reel = view.reels[index] ?? LOADING;
  const word = reelWord(view, index);
  return (
    <div
      className="relative size-full overflow-hidden bg-video"
      data-testid="archive-picture"
      data-state={word}
    >
      <video
        ref={(video) => {
          attach(index, video);
        }}
        muted
        playsInline
        disablePictureInPicture
        tabIndex={-1}
        className={`absolute inset-0 size-full object-contain ${reel.state === "gap" || reel.state === "failed" ? "opacity-0" : ""}`}
      />
      {name !== undefined && (
        <span className="absolute top-1 left-1 max-w-full truncate rounded-sm bg-veil px-1.5 py-0.5 text-xs text-on-video">
          {name}
        </span>
      )}
      {reel.state !== "ready" && (
        <div className="absolute inset-x-0 bottom-0 flex justify-center p-2">
          <span className="rounded-sm bg-veil px-2 py-1 text-center text-sm text-on-video" role="status">
            {reel.problem === null ? t(`archive.word.${reel.state}`) : wordFor(t, "problem", reel.problem)}
          </span>
        </div>
      )}
    </div>
  );
}
