/** The minute before the press, round and round, with the press marked on its bar. */
import { useEffect } from "react";
import type { Alarm, StreamName } from "@/api/types";
import { ArchivePicture, reelWord, useArchiveTransport } from "@/player/ArchivePicture";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";

const BEFORE_MS = 60_000;
const AFTER_MS = 5_000;

export function PressLoop({ alarm, camera, stream }: { alarm: Alarm; camera: string; stream: StreamName }) {
  const { t } = useWords();
  const pressed = Date.parse(alarm.pressed_at);
  const loop = { start: pressed - BEFORE_MS, end: pressed + AFTER_MS };
  const playing = useArchiveTransport([{ camera, stream, purpose: `alarm:${alarm.id}` }], loop);
  const { transport, view } = playing;
  const start = loop.start;
  useEffect(() => {
    transport?.seek(start);
    transport?.play();
  }, [transport, start]);

  const share = (at: number) =>
    `${Math.min(100, Math.max(0, ((at - loop.start) / (loop.end - loop.start)) * 100))}%`;
  const at = view.positionMs;
  return (
    <figure
      className="flex size-full min-h-0 flex-col bg-video"
      data-testid="press-loop"
      data-state={reelWord(view, 0)}
    >
      <div className="min-h-0 flex-1">
        <ArchivePicture playing={playing} />
      </div>
      <div
        className="relative h-3 shrink-0 cursor-pointer bg-raised"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          transport?.seek(loop.start + ((event.clientX - box.left) / box.width) * (loop.end - loop.start));
        }}
      >
        <div
          aria-hidden
          className="absolute inset-y-0 left-0 bg-line-2"
          style={{ width: at === null ? 0 : share(at) }}
        />
        <div aria-hidden className="absolute inset-y-0 w-0.5 bg-alarm" style={{ left: share(pressed) }} />
      </div>
      <figcaption className="@container flex h-6 shrink-0 items-center gap-2 bg-surface px-2 text-xs text-ink-2">
        <span className="min-w-0 flex-1 truncate text-ink">{t("alarm.before_press")}</span>
        {at !== null && <time className="@max-[340px]:hidden">{clock(at)}</time>}
        <span className="text-alarm">{t("alarm.press_mark", { time: clock(pressed) })}</span>
      </figcaption>
    </figure>
  );
}
