/** One camera: its archive, and one step back to its school. */
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { VideoOff } from "lucide-react";
import { useCallback, useMemo } from "react";
import type { Camera } from "@/api/types";
import { Archive } from "@/features/archive/Archive";
import { NativeArchive } from "@/features/archive/NativeArchive";
import { SnapshotButton } from "@/features/cameras/Snapshot";
import { CameraTroubles } from "@/features/cameras/Troubles";
import { WriteButton } from "@/features/remarks/WriteButton";
import { SteerButton } from "@/features/steer/SteerDialog";
import { canFeedVideo, shownStream } from "@/player/codecs";
import { MOST_CAMERAS } from "@/player/archive-transport";
import { Notice, Skeleton } from "@/ui/surfaces";
import { PictureFaults } from "@/vocabulary/quality";
import { CameraMark, cameraState, CameraStateWords } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import {
  useArchivePurpose,
  useCamera,
  useConnection,
  useRoutinePurpose,
  useSchool,
  useSession,
  useWorld,
} from "@/world/hooks";

export function CameraPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/cameras/$id" });
  const camera = useCamera(id);
  const loading = useConnection().state === "loading";
  if (camera !== undefined) return <Page key={camera.id} camera={camera} />;
  if (loading) return <Skeleton className="m-4 h-64" />;
  return (
    <Notice title={t("camera.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
  );
}

function Page({ camera }: { camera: Camera }) {
  const { t, name } = useWords();
  const place = useSearch({ from: "/cameras/$id" });
  const navigate = useNavigate({ from: "/cameras/$id" });
  const purpose = useRoutinePurpose();
  const reason = useArchivePurpose(camera.school);
  const { rights } = useSession();
  const school = useSchool(camera.school);
  const all = useWorld((world) => world.cameras);
  const { shown, others } = useMemo(() => {
    const neighbours = [...all.values()].filter(
      ({ school, id }) => school === camera.school && id !== camera.id,
    );
    const ids = place.with?.split(",").slice(0, MOST_CAMERAS - 1) ?? [];
    return {
      shown: [camera, ...neighbours.filter(({ id }) => ids.includes(id))],
      others: neighbours.filter(({ id }) => !ids.includes(id)),
    };
  }, [all, camera, place.with]);
  const onPlace = useCallback(
    (at: number) =>
      void navigate({ search: (before) => ({ ...before, at: new Date(at).toISOString() }), replace: true }),
    [navigate],
  );
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="camera-page" data-camera={camera.id}>
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-3 border-b px-3 py-1">
        {school !== undefined && (
          <Link to="/schools/$id" params={{ id: school.id }} className="text-accent">
            {name(school.name)}
          </Link>
        )}
        <h1 className="font-semibold">{name(camera.name)}</h1>
        <p className="flex items-center gap-2 text-sm text-ink-2">
          <CameraMark state={cameraState(camera).state} />
          <CameraStateWords camera={camera} />
        </p>
        <CameraTroubles camera={camera} />
        <Link
          to="/cameras/$id/quality"
          params={{ id: camera.id }}
          className="text-sm text-accent"
          data-testid="camera-quality-open"
        >
          {t("quality.of_camera")}
        </Link>
        <PictureFaults picture={camera.picture} />
        <span className="grow" />
        {purpose !== null && rights.includes("live.view") && (
          <SnapshotButton camera={camera} purpose={purpose} />
        )}
        <WriteButton
          about={{
            school: camera.school,
            target: { kind: "camera", camera: camera.id },
            title: name(camera.name),
            at: place.at,
          }}
          onWritten={({ id }) => void navigate({ to: "/remarks/$id", params: { id } })}
        />
        {purpose !== null && rights.includes("ptz.move") && <SteerButton camera={camera} purpose={purpose} />}
      </header>
      <div className="min-h-0 flex-1">
        {reason === null ? (
          <Notice
            icon={<VideoOff size={28} />}
            title={t("wall.no_right")}
            detail={t("wall.no_right_detail")}
            data-testid="no-right"
          />
        ) : !canFeedVideo() ? (
          <NativeArchive
            camera={camera}
            stream={place.stream ?? "main"}
            purpose={reason}
            at={place.at === undefined ? undefined : Date.parse(place.at)}
            onPlace={onPlace}
          />
        ) : (
          <Archive
            cameras={shown}
            others={others}
            purpose={reason}
            stream={place.stream ?? shownStream(camera, "main").stream}
            at={place.at === undefined ? undefined : Date.parse(place.at)}
            onPlace={onPlace}
            onStream={(stream) =>
              void navigate({ search: (before) => ({ ...before, stream }), replace: true })
            }
            onBeside={(ids) =>
              void navigate({
                search: (before) => ({ ...before, with: ids.length === 0 ? undefined : ids.join(",") }),
                replace: true,
              })
            }
          />
        )}
      </div>
    </div>
  );
}
