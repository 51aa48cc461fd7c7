/** What the cameras see: the nearest one large, the next ones, and the minute before the press. */
import { type CSSProperties, useState } from "react";
import type { Alarm, Camera } from "@/api/types";
import { shownStream } from "@/player/codecs";
import { LivePicture } from "@/player/LivePicture";
import { Notice, Segmented } from "@/ui/surfaces";
import { wallStream } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorld } from "@/world/hooks";
import { PressLoop } from "./PressLoop";

const SHOWN_CAMERAS = 4;

/** An alarm is a reason to watch while it is open and for a day after it (domain/access). */
function useMayWatch(alarm: Alarm): boolean {
  const mayWatch = useSession().rights.includes("live.view");
  const now = useServerNow(60_000);
  return mayWatch && (alarm.closed_at === null || now - Date.parse(alarm.closed_at) < 86_400_000);
}

export function Pictures({ alarm }: { alarm: Alarm }) {
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
