/** What the cameras see, and where it is: one picture large, the minute before the press, the next cameras, the plan. */
import { Maximize2 } from "lucide-react";
import { type CSSProperties, type ReactNode, useState } from "react";
import type { Alarm, Camera } from "@/api/types";
import { shownStream } from "@/player/codecs";
import { LivePicture } from "@/player/LivePicture";
import { Notice, Segmented } from "@/ui/surfaces";
import { wallStream } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorld } from "@/world/hooks";
import { PressLoop } from "./PressLoop";

const SHOWN_CAMERAS = 4;

/** What the plan needs to know of the pictures, and what it may do to them. */
export interface Seen {
  alarm: Alarm;
  /** The camera whose picture is the large one. */
  shown: string | undefined;
  /** Show this camera large. Absent when whoever looks may see no pictures. */
  onCamera?: (camera: string) => void;
  /** The plan has the large place, and the picture the small one. */
  large: boolean;
  onLarge: () => void;
}

/** An alarm is a reason to watch while it is open and for a day after it (domain/access). */
function useMayWatch(alarm: Alarm): boolean {
  const mayWatch = useSession().rights.includes("live.view");
  const now = useServerNow(60_000);
  return mayWatch && (alarm.closed_at === null || now - Date.parse(alarm.closed_at) < 86_400_000);
}

export function Pictures({ alarm, plan }: { alarm: Alarm; plan: (seen: Seen) => ReactNode }) {
  const { t } = useWords();
  const cameras = useWorld((world) => world.cameras);
  const mayWatch = useMayWatch(alarm);
  const [chosen, setChosen] = useState<string>();
  const [large, setLarge] = useState(false);
  const near = alarm.cameras
    .map((id) => cameras.get(id))
    .filter((camera): camera is Camera => camera !== undefined)
    .slice(0, SHOWN_CAMERAS);
  const [nearest] = near;
  const first = (chosen === undefined ? undefined : cameras.get(chosen)) ?? nearest;
  const others = near.filter((camera) => camera !== first).slice(0, SHOWN_CAMERAS - 1);
  const seen: Seen = {
    alarm,
    shown: mayWatch ? first?.id : undefined,
    onCamera: mayWatch ? setChosen : undefined,
    large,
    onLarge: () => setLarge((before) => !before),
  };
  if (first === undefined || !mayWatch) {
    return (
      <div className="flex min-w-0 flex-col xl:min-h-0">
        <div className="shrink-0">
          <Notice
            title={mayWatch ? t("alarm.no_cameras") : t("alarm.no_right")}
            detail={mayWatch ? t("alarm.no_cameras_detail") : undefined}
          />
        </div>
        <div className="relative min-h-64 flex-1 *:absolute *:inset-0">{plan(seen)}</div>
      </div>
    );
  }
  const [top, side] = large ? ([SIDE, TOP] as const) : ([TOP, SIDE] as const);
  return (
    <div className="min-w-0 xl:min-h-0 xl:@container-[size]">
      <div className={GRID} style={ROOM}>
        <div className={`${top} ${PICTURE}`}>
          <Large key={first.id} alarm={alarm} camera={first} />
        </div>
        <div className="flex min-h-0 min-w-0 flex-col gap-0.5">
          <div className={`${PICTURE} xl:h-[calc(var(--half)*9/16+36px)]`}>
            <PressLoop alarm={alarm} camera={(nearest ?? first).id} stream={wallStream(nearest ?? first)} />
          </div>
          {others.length > 0 && (
            <div className={`grid gap-0.5 ${others.length > 2 ? "grid-cols-3" : "grid-cols-2"}`}>
              {others.map((camera) => (
                <div key={camera.id} className={SMALL}>
                  <Small alarm={alarm} camera={camera} onLarge={() => setChosen(camera.id)} />
                </div>
              ))}
            </div>
          )}
        </div>
        <div className={`relative min-w-0 *:absolute *:inset-0 max-xl:aspect-[4/3] xl:min-h-0 ${side}`}>
          {plan(seen)}
        </div>
      </div>
    </div>
  );
}

/** 16:9 with a bar of 24 px. */
const PICTURE =
  "relative min-h-0 min-w-0 max-xl:aspect-video max-xl:box-content max-xl:pb-6 *:max-xl:absolute *:max-xl:inset-0";
const SMALL = "relative aspect-video box-content pb-6 *:absolute *:inset-0";

/**
 * On a narrow screen one under the other. On a wide one the large place above all; below it on the left the minute
 * before the press and the next cameras, on the right, as wide and high as there is room, the plan.
 */
const GRID =
  "grid grid-cols-1 gap-0.5 xl:h-full xl:grid-cols-[var(--half)_minmax(0,1fr)] xl:grid-rows-[calc(var(--wide)*9/16+24px)_minmax(0,1fr)]";
const TOP = "xl:col-span-2 xl:col-start-1 xl:row-start-1";
const SIDE = "xl:col-start-2 xl:row-start-2";

/** The widest picture under which there is room: 16:9 of it, of its half and of its quarter, their bars and gaps. */
const ROOM = {
  "--wide": "min(100cqw, (100cqh - 90px) / 0.984375)",
  "--half": "calc(var(--wide) / 2 - 1px)",
} as CSSProperties;

/** The nearest camera, or the one that was chosen. It opens on the sub stream, which is there soonest even over a thin uplink. */
function Large({ alarm, camera }: { alarm: Alarm; camera: Camera }) {
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

function Small({ alarm, camera, onLarge }: { alarm: Alarm; camera: Camera; onLarge: () => void }) {
  const { t, name } = useWords();
  return (
    <LivePicture
      camera={camera.id}
      stream={wallStream(camera)}
      purpose={`alarm:${alarm.id}`}
      name={name(camera.name)}
      controls={
        <button
          type="button"
          title={t("wall.bigger")}
          aria-label={t("wall.bigger")}
          onClick={onLarge}
          className="inline-flex size-7 items-center justify-center rounded-sm bg-veil text-on-video hover:brightness-150"
          data-testid="tile-enlarge"
        >
          <Maximize2 size={15} aria-hidden />
        </button>
      }
    />
  );
}
