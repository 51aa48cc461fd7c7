/** One alarm in the centre of the desk: what, where, pictures of now and of the minute before, and the next step. */
import { Phone } from "lucide-react";
import { type CSSProperties, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Alarm, Camera } from "@/api/types";
import { shownStream } from "@/player/codecs";
import { LivePicture } from "@/player/LivePicture";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { LevelMark, LevelWords, TONE_FILL, toneOf } from "@/vocabulary/alarms";
import { wallStream } from "@/vocabulary/schools";
import { problemText } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useSession, useWorld } from "@/world/hooks";
import { useAlarmAnywhere } from "./actions";
import { AlarmLog } from "./AlarmLog";
import { useReportDrawn } from "./drawn";
import { PressLoop } from "./PressLoop";
import { Age, useQueue } from "./Queue";
import { Steps } from "./Steps";

const SHOWN_CAMERAS = 4;

interface Moves {
  onChoose: (alarm: Alarm) => void;
  onLeave: () => void;
}

export function AlarmScreen({ id, ...moves }: { id: string } & Moves) {
  const { t } = useWords();
  const { alarm, error } = useAlarmAnywhere(id);
  if (alarm !== undefined) return <Shown key={alarm.id} alarm={alarm} {...moves} />;
  if (error === null) return <Skeleton className="m-2 h-full" />;
  return (
    <Notice
      title={t("alarm.not_found")}
      detail={problemText(t, error)}
      action={<Button onClick={moves.onLeave}>{t("action_word.back")}</Button>}
    />
  );
}

function Shown({ alarm, onChoose, onLeave }: { alarm: Alarm } & Moves) {
  const { t } = useWords();
  useReportDrawn(alarm);
  const queue = useQueue();
  const next = queue.find((other) => other.id !== alarm.id);
  const painted = usePainted();
  const heading = useRef<HTMLElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useKeys({ Escape: onLeave, KeyN: () => next !== undefined && onChoose(next) });
  return (
    <article
      ref={heading}
      tabIndex={-1}
      className="flex h-full min-h-0 flex-col overflow-y-auto outline-none"
      data-testid="alarm-screen"
      data-alarm={alarm.id}
      data-state={alarm.state}
      aria-label={t("alarm.label")}
    >
      <Heading alarm={alarm} />
      <div className="grid grid-cols-1 gap-0.5 xl:min-h-0 xl:flex-1 xl:grid-cols-[minmax(0,1fr)_300px]">
        {painted ? <Pictures alarm={alarm} /> : <div className="bg-video" />}
        <div className="flex flex-col border-l bg-surface max-xl:order-first xl:min-h-0 xl:overflow-y-auto">
          <Steps alarm={alarm} />
          <div className="mt-auto flex flex-wrap items-center gap-2 border-t p-2">
            {next !== undefined && (
              <Button small onClick={() => onChoose(next)} data-testid="next-alarm">
                {t("alarm.next")}
                <Kbd>N</Kbd>
              </Button>
            )}
            <Button small look="quiet" onClick={onLeave} data-testid="leave-alarm">
              {t("action_word.back")}
              <Kbd>Esc</Kbd>
            </Button>
          </div>
        </div>
      </div>
      <AlarmLog alarm={alarm} />
    </article>
  );
}

/** False in the first paint: what happened and where is drawn before any video is set up. */
function usePainted(): boolean {
  const [painted, setPainted] = useState(false);
  useLayoutEffect(() => {
    let handle = requestAnimationFrame(() => {
      handle = requestAnimationFrame(() => setPainted(true));
    });
    return () => cancelAnimationFrame(handle);
  }, []);
  return painted;
}

function Heading({ alarm }: { alarm: Alarm }) {
  const { t, name } = useWords();
  const school = useSchool(alarm.school);
  const closed = alarm.closed_at !== null;
  return (
    <header
      className={`flex flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2 ${closed ? "bg-raised text-ink" : TONE_FILL[toneOf(alarm)]}`}
      data-testid="alarm-heading"
    >
      <LevelMark level={alarm.level} kind={alarm.kind} size={22} />
      <h1 className="text-lg font-bold">
        <LevelWords alarm={alarm} />
      </h1>
      <p className="text-lg font-semibold" data-testid="alarm-school">
        {name(alarm.school_name)}
      </p>
      <p data-testid="alarm-place">{name(alarm.place)}</p>
      <span className="grow" />
      {school !== undefined && school.phone !== "" && (
        <a
          href={`tel:${school.phone.replaceAll(" ", "")}`}
          className="inline-flex items-center gap-1.5 underline underline-offset-2"
        >
          <Phone size={14} aria-hidden />
          {school.phone}
        </a>
      )}
      <p>{t("alarm.pressed_at", { time: clock(Date.parse(alarm.pressed_at)) })}</p>
      <p className="text-lg font-bold" data-testid="alarm-age">
        {alarm.closed_at === null ? (
          <Age since={alarm.pressed_at} />
        ) : (
          t("alarm.closed_at", { time: clock(Date.parse(alarm.closed_at)) })
        )}
      </p>
    </header>
  );
}

/** An alarm is a reason to watch while it is open and for a day after it (domain/access). */
function useMayWatch(alarm: Alarm): boolean {
  const mayWatch = useSession().rights.includes("live.view");
  const now = useServerNow(60_000);
  return mayWatch && (alarm.closed_at === null || now - Date.parse(alarm.closed_at) < 86_400_000);
}

function Pictures({ alarm }: { alarm: Alarm }) {
  const { t } = useWords();
  const cameras = useWorld((world) => world.cameras);
  const mayWatch = useMayWatch(alarm);
  const [first, ...others] = alarm.cameras
    .map((id) => cameras.get(id))
    .filter((camera): camera is Camera => camera !== undefined)
    .slice(0, SHOWN_CAMERAS);
  if (first === undefined || !mayWatch) {
    return (
      <Notice
        title={mayWatch ? t("alarm.no_cameras") : t("alarm.no_right")}
        detail={mayWatch ? t("alarm.no_cameras_detail") : undefined}
      />
    );
  }
  return (
    <div className="min-w-0 xl:min-h-0 xl:@container-[size]">
      <div className={PICTURES_GRID} style={PICTURES}>
        <div className={`col-span-2 xl:col-span-4 ${PICTURE}`}>
          <Nearest alarm={alarm} camera={first} />
        </div>
        <div className={`col-span-2 xl:row-span-2 ${PICTURE}`}>
          <PressLoop alarm={alarm} camera={first.id} stream={wallStream(first)} />
        </div>
        {others.map((camera) => (
          <div key={camera.id} className={PICTURE}>
            <Small alarm={alarm} camera={camera} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** On a narrow screen: one under the other, 16:9 with a bar of 24 px. On a wide one the grid below says how large. */
const PICTURE =
  "relative min-h-0 max-xl:aspect-video max-xl:box-content max-xl:pb-6 *:max-xl:absolute *:max-xl:inset-0";
const PICTURES_GRID =
  "grid grid-cols-2 gap-0.5 xl:[grid-template-columns:var(--columns)] xl:[grid-template-rows:var(--rows)] xl:justify-center";

/** The nearest camera as wide as fits, under it the minute before the press and the next cameras; 16:9 and bars of 24 px. */
const WIDTH = "min(100cqw, (100cqh - 80px) / 0.84375)";
const PICTURES = {
  "--columns": `repeat(4, calc(${WIDTH} / 4 - 1.5px))`,
  "--rows": `calc(${WIDTH} * 9 / 16 + 24px) repeat(2, calc(${WIDTH} / 4 * 9 / 16 + 24px))`,
} as CSSProperties;

/** The nearest camera. It opens on the sub stream, which is there soonest even over a thin uplink. */
function Nearest({ alarm, camera }: { alarm: Alarm; camera: Camera }) {
  const { t, name } = useWords();
  const [stream, setStream] = useState(wallStream(camera));
  const shown = shownStream(camera, stream);
  const controls = camera.has_sub && (
    <Segmented
      label={t("stream.label")}
      value={stream}
      onChoose={setStream}
      choices={[
        { value: "sub", label: t("stream.sub") },
        { value: "main", label: t("stream.main") },
      ]}
    />
  );
  return (
    <LivePicture
      camera={camera.id}
      stream={shown.stream}
      insteadOf={shown.insteadOf}
      purpose={`alarm:${alarm.id}`}
      name={name(camera.name)}
      controls={controls}
    />
  );
}

function Small({ alarm, camera }: { alarm: Alarm; camera: Camera }) {
  const { name } = useWords();
  return (
    <LivePicture
      camera={camera.id}
      stream={wallStream(camera)}
      purpose={`alarm:${alarm.id}`}
      name={name(camera.name)}
    />
  );
}
