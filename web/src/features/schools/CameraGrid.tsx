/** A school's cameras. A picture opens only when asked for: every look is a line in the ledger. */
import { Play, X } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import type { Camera, School } from "@/api/types";
import { LivePicture } from "@/player/LivePicture";
import { Button } from "@/ui/button";
import { CameraMark, cameraState, CameraStateWords, streamOf, wallStream } from "@/vocabulary/schools";
import { number, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useRoutinePurpose, useWorld } from "@/world/hooks";

type ArchiveLink = (camera: Camera, words: string) => ReactNode;

export function CameraGrid({ school, archive }: { school: School; archive: ArchiveLink }) {
  const { t } = useWords();
  const all = useWorld((world) => world.cameras);
  const cameras = useMemo(
    () =>
      [...all.values()]
        .filter((camera) => camera.school === school.id)
        .sort((a, b) => a.key.localeCompare(b.key)),
    [all, school.id],
  );
  if (cameras.length === 0) return <p className="p-3 text-ink-2">{t("school.no_cameras")}</p>;
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,300px),1fr))] gap-3 p-3">
      {cameras.map((camera) => (
        <li key={camera.id}>
          <Card camera={camera} archive={archive} />
        </li>
      ))}
    </ul>
  );
}

function Card({ camera, archive }: { camera: Camera; archive: ArchiveLink }) {
  const { t, name } = useWords();
  const purpose = useRoutinePurpose();
  const [watching, setWatching] = useState(false);
  return (
    <article className="overflow-hidden rounded-md border" data-testid="camera-card" data-camera={camera.id}>
      <div className="relative box-content aspect-video bg-video pb-6 *:absolute *:inset-0">
        {watching && purpose !== null ? (
          <LivePicture
            camera={camera.id}
            stream={wallStream(camera)}
            purpose={purpose}
            name={name(camera.name)}
          />
        ) : (
          <div className="flex size-full items-center justify-center bg-ground">
            {purpose === null ? (
              <span className="px-4 text-center text-sm text-ink-3">{t("wall.no_right")}</span>
            ) : (
              <Button onClick={() => setWatching(true)} data-testid="watch">
                <Play size={15} aria-hidden />
                {t("school.watch")}
              </Button>
            )}
          </div>
        )}
      </div>
      <div className="flex items-center gap-2 px-3 py-2">
        <CameraMark state={cameraState(camera).state} />
        <div className="min-w-0 flex-1">
          <p className="font-medium">{name(camera.name)}</p>
          <p className="text-sm text-ink-3">
            {wordFor(t, "zone", camera.zone)} · <Measured camera={camera} />
          </p>
        </div>
        {watching && (
          <Button
            small
            look="quiet"
            onClick={() => setWatching(false)}
            aria-label={t("school.stop_watching")}
          >
            <X size={15} aria-hidden />
          </Button>
        )}
        {purpose !== null && archive(camera, t("archive.title"))}
      </div>
    </article>
  );
}

/** What comes in, measured by the node, or why nothing does. */
function Measured({ camera }: { camera: Camera }) {
  const { t } = useWords();
  const main = streamOf(camera, "main");
  if (main === undefined || main.state !== "live" || main.width === 0)
    return <CameraStateWords camera={camera} />;
  return (
    <>
      {t("camera.measured", {
        width: main.width,
        height: main.height,
        rate: number(Math.round(main.frames_per_s)),
        mbit: number(Math.round(main.bits_per_s / 100_000) / 10),
      })}
    </>
  );
}
