/** The picture of a moment on the bar: one keyframe of the sub stream, decoded by a `<video>` of its own. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { Camera } from "@/api/types";
import { wallStream } from "@/vocabulary/schools";

/** The pointer rests so long before a picture is asked for. */
const REST_MS = 120;
/** Moments nearer to each other than this share a picture. */
const GRID_MS = 1_000;
const KEPT = 60;

export interface ThumbnailSource {
  /** The picture that stands at a wall time, or null where nothing was recorded or can be shown. */
  fetch: (at: number, signal: AbortSignal) => Promise<Picture | null>;
}

interface Picture {
  mime: string;
  bytes: ArrayBuffer;
}

/** Pictures of one camera, the last ones kept. All of a day are one line in the watch ledger. */
export function useThumbnail(camera: Camera, purpose: string): ThumbnailSource {
  const { id } = camera;
  const stream = wallStream(camera);
  return useMemo(() => {
    const kept = new Map<number, Picture | null>();
    return {
      fetch: async (at, signal) => {
        const moment = Math.floor(at / GRID_MS) * GRID_MS;
        const known = kept.get(moment);
        if (known !== undefined) return known;
        const query = new URLSearchParams({ at: new Date(moment).toISOString(), stream, purpose });
        const answer = await fetch(`/api/cameras/${id}/thumbnail?${query}`, { signal });
        if (!answer.ok && answer.status !== 404) return null; // the school is away: asked again next time
        const picture = answer.ok
          ? { mime: answer.headers.get("X-Qorgan-Mime") ?? "", bytes: await answer.arrayBuffer() }
          : null;
        kept.set(moment, picture);
        const [oldest] = kept.keys();
        if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
        return picture;
      },
    };
  }, [id, stream, purpose]);
}

/** Shows the picture of `at` a moment after the pointer has come to rest; nothing while there is none. */
export function Thumbnail({ source, at }: { source: ThumbnailSource; at: number }) {
  const video = useRef<HTMLVideoElement>(null);
  const [shown, setShown] = useState<number | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(() => {
      source
        .fetch(at, asking.signal)
        .then(
          (picture) =>
            picture !== null && video.current !== null && draw(video.current, picture, asking.signal),
        )
        .then((drawn) => !asking.signal.aborted && setShown(drawn === true ? at : null))
        .catch((error: unknown) => {
          if (asking.signal.aborted) return;
          if (!(error instanceof TypeError)) throw error; // TypeError: the centre cannot be reached; the bar says so
          setShown(null);
        });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [source, at]);
  return (
    <video
      ref={video}
      muted
      playsInline
      tabIndex={-1}
      aria-hidden
      className={`mb-1 block aspect-video w-52 rounded-sm bg-video object-contain ${shown === null ? "hidden" : ""}`}
      data-testid="thumbnail"
      data-at={shown ?? ""}
    />
  );
}

/** Whether the picture stands on the screen. */
function draw(video: HTMLVideoElement, picture: Picture, signal: AbortSignal): Promise<boolean> {
  if (!MediaSource.isTypeSupported(picture.mime)) return Promise.resolve(false);
  const source = new MediaSource();
  const address = URL.createObjectURL(source);
  return new Promise((resolve) => {
    const done = (drawn: boolean) => {
      URL.revokeObjectURL(address);
      resolve(drawn && !signal.aborted);
    };
    signal.addEventListener("abort", () => done(false), { once: true });
    video.addEventListener("loadeddata", () => done(true), { once: true, signal });
    video.addEventListener("error", () => done(false), { once: true, signal });
    source.addEventListener("sourceopen", () => {
      if (signal.aborted) return;
      const buffer = source.addSourceBuffer(picture.mime);
      buffer.addEventListener("updateend", () => source.readyState === "open" && source.endOfStream(), {
        once: true,
      });
      buffer.appendBuffer(picture.bytes);
    });
    video.src = address;
  });
}
