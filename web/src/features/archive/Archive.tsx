/** A camera's archive: the picture, the day as a bar, and the keys of a cutting table. The place is the caller's URL. */
import {
  CalendarDays,
  ChevronLeft,
  ChevronRight,
  Pause,
  Play,
  SkipBack,
  SkipForward,
  StepBack,
  StepForward,
} from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { Camera, StreamName } from "@/api/types";
import { ArchivePicture, useArchivePlayer } from "@/player/ArchivePicture";
import { Button } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Segmented } from "@/ui/surfaces";
import { streamOf } from "@/vocabulary/schools";
import { problemText } from "@/vocabulary/text";
import { clock, day, dayStart, fromLocal, isoDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { DAY_MS, pan, type View } from "./geometry";
import { TimelineBar } from "./TimelineBar";
import { daysAround, useCoverage } from "./use-timeline";

const RATES = [0.5, 1, 2, 4] as const;
const JUMP_MS = 5_000;
/** How far before now to begin when no time was asked for: the newest seconds are still being written. */
const BEFORE_NOW_MS = 60_000;

export interface ArchiveProps {
  camera: Camera;
  purpose: string;
  stream: StreamName;
  /** Epoch ms; undefined opens a minute ago. */
  at: number | undefined;
  /** The place changed by the user: keep it in the URL. */
  onPlace: (at: number) => void;
  onStream: (stream: StreamName) => void;
}

function dayOf(at: number): View {
  return { from: dayStart(at), to: dayStart(at) + DAY_MS };
}

export function Archive({ camera, purpose, stream, at, onPlace, onStream }: ArchiveProps) {
  const { t } = useWords();
  const now = useServerNow();
  const [opened] = useState(() => at ?? now - BEFORE_NOW_MS);
  const [view, setView] = useState<View>(() => dayOf(opened));
  const asked = daysAround(view, dayStart, Math.floor(now / 10_000) * 10_000);
  const { coverage, error, refetch } = useCoverage(camera.id, asked, now);
  const { player, view: playing, video } = useArchivePlayer({ camera: camera.id, stream, purpose });
  const recorded = coverage?.[stream] ?? null;
  const fps = streamOf(camera, stream)?.frames_per_s ?? 25;

  useEffect(() => {
    if (recorded !== null) player?.setRecorded(recorded);
  }, [player, recorded]);

  const sought = useRef<number | null>(null);
  const target = at ?? opened;
  useEffect(() => {
    if (player === null) return;
    if (sought.current !== null && Math.abs(sought.current - target) < 1) {
      // The place in the URL is where we already are: it was written by `go` below, or the player was made anew.
      if (player.position() > 0) return;
    }
    sought.current = target;
    player.seek(target);
    player.play();
  }, [player, target]);

  const go = useCallback(
    (to: number) => {
      const whole = Math.round(to);
      sought.current = whole;
      player?.seek(whole);
      onPlace(whole);
    },
    [player, onPlace],
  );
  const position = playing.positionMs > 0 ? playing.positionMs : null;
  const jump = (byMs: number) => player !== null && go(player.position() + byMs);
  const faster = () => {
    const next = RATES[RATES.findIndex((rate) => rate === playing.rate) + 1];
    if (playing.word === "paused") player?.play();
    else if (next !== undefined) player?.setRate(next);
  };
  useKeys({
    Space: () => player?.toggle(),
    KeyK: () => player?.pause(),
    KeyJ: () => jump(-JUMP_MS),
    KeyL: faster,
    Comma: () => player?.step(-1, fps),
    Period: () => player?.step(1, fps),
    ArrowLeft: () => jump(-1_000),
    ArrowRight: () => jump(1_000),
  });

  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="archive">
      <div className="min-h-48 flex-1">
        <ArchivePicture view={playing} video={video} />
      </div>
      <div className="shrink-0 border-t bg-surface px-3 pt-2 pb-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <Transport
            playing={playing.word === "playing" || playing.word === "loading" || playing.word === "waiting"}
            onToggle={() => player?.toggle()}
            onJump={jump}
            onStep={(frames) => player?.step(frames, fps)}
          />
          <output
            className="min-w-20 text-lg font-semibold"
            data-testid="position"
            data-ms={position === null ? "" : Math.round(position)}
          >
            {position === null ? "" : clock(position)}
          </output>
          <Segmented
            label={t("archive.rate")}
            value={String(playing.rate)}
            choices={RATES.map((rate) => ({
              value: String(rate),
              label: `×${String(rate).replace(".", ",")}`,
            }))}
            onChoose={(rate) => player?.setRate(Number(rate))}
            testId="rate"
          />
          <span className="grow" />
          {camera.has_sub && (
            <Segmented
              label={t("stream.label")}
              value={stream}
              choices={[
                { value: "main", label: t("stream.main") },
                { value: "sub", label: t("stream.sub") },
              ]}
              onChoose={onStream}
              testId="stream"
            />
          )}
          <Calendar
            at={position ?? opened}
            now={now}
            onGo={(to) => {
              setView(dayOf(to));
              go(to);
            }}
            onDay={(days) => setView((before) => pan(dayOf((before.from + before.to) / 2), days * DAY_MS))}
          />
        </div>
        <div className="mt-3">
          {error !== null && coverage === null ? (
            <Notice
              title={problemText(t, error)}
              detail={t("archive.no_timeline")}
              action={<Button onClick={() => void refetch()}>{t("app.again")}</Button>}
              data-testid="no-timeline"
            />
          ) : (
            <TimelineBar
              view={view}
              coverage={coverage}
              positionMs={position}
              now={now}
              onView={setView}
              onSeek={go}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function Transport({
  playing,
  onToggle,
  onJump,
  onStep,
}: {
  playing: boolean;
  onToggle: () => void;
  onJump: (byMs: number) => void;
  onStep: (frames: number) => void;
}) {
  const { t } = useWords();
  return (
    <div className="flex items-center gap-1">
      <IconButton
        label={t("archive.back")}
        onClick={() => onJump(-JUMP_MS)}
        icon={<SkipBack size={17} aria-hidden />}
      />
      <IconButton
        label={t("archive.frame_back")}
        onClick={() => onStep(-1)}
        icon={<StepBack size={17} aria-hidden />}
      />
      <IconButton
        label={playing ? t("archive.pause") : t("archive.play")}
        onClick={onToggle}
        icon={playing ? <Pause size={19} aria-hidden /> : <Play size={19} aria-hidden />}
        testId="play"
      />
      <IconButton
        label={t("archive.frame_on")}
        onClick={() => onStep(1)}
        icon={<StepForward size={17} aria-hidden />}
      />
      <IconButton
        label={t("archive.on")}
        onClick={() => onJump(JUMP_MS)}
        icon={<SkipForward size={17} aria-hidden />}
      />
    </div>
  );
}

function IconButton({
  label,
  onClick,
  icon,
  testId,
}: {
  label: string;
  onClick: () => void;
  icon: ReactNode;
  testId?: string;
}) {
  return (
    <Button
      look="quiet"
      className="w-9 px-0!"
      aria-label={label}
      title={label}
      onClick={onClick}
      data-testid={testId}
    >
      {icon}
    </Button>
  );
}

/** Day and time, typed or picked, in the users' own zone. */
function Calendar({
  at,
  now,
  onGo,
  onDay,
}: {
  at: number;
  now: number;
  onGo: (at: number) => void;
  onDay: (days: number) => void;
}) {
  const { t } = useWords();
  const [editing, setEditing] = useState<{ date: string; time: string } | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const shown = editing ?? { date: day(at), time: clock(at) };
  const chosen = fromLocal(shown.date, shown.time);
  const field = `h-8 rounded-md border bg-ground px-2 text-ink ${chosen === null ? "border-caution" : "border-line-2"}`;
  const go = (to: number | null) => {
    if (to !== null) onGo(Math.min(to, now));
    setEditing(null);
  };
  return (
    <form
      className="flex flex-wrap items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        go(chosen);
      }}
    >
      <IconButton
        label={t("archive.day_back")}
        onClick={() => onDay(-1)}
        icon={<ChevronLeft size={16} aria-hidden />}
      />
      <input
        value={shown.date}
        aria-label={t("archive.date")}
        aria-invalid={chosen === null}
        inputMode="numeric"
        onChange={(event) => setEditing({ ...shown, date: event.target.value })}
        className={`${field} w-26`}
        data-testid="date"
      />
      <span className="relative inline-flex">
        <IconButton
          label={t("archive.pick_day")}
          onClick={() => picker.current?.showPicker()}
          icon={<CalendarDays size={16} aria-hidden />}
        />
        <input
          ref={picker}
          type="date"
          tabIndex={-1}
          aria-hidden
          max={isoDay(now)}
          value={isoDay(at)}
          onChange={(event) => go(fromLocal(event.target.value.split("-").reverse().join("."), shown.time))}
          className="pointer-events-none absolute inset-0 opacity-0"
        />
      </span>
      <input
        value={shown.time}
        aria-label={t("archive.time")}
        aria-invalid={chosen === null}
        inputMode="numeric"
        onChange={(event) => setEditing({ ...shown, time: event.target.value })}
        className={`${field} w-22`}
        data-testid="time"
      />
      <Button small type="submit" disabled={editing === null || chosen === null} data-testid="go">
        {t("archive.go")}
      </Button>
      <IconButton
        label={t("archive.day_on")}
        onClick={() => onDay(1)}
        icon={<ChevronRight size={16} aria-hidden />}
      />
    </form>
  );
}
