/** One camera: how its picture was over days, and what it should see. */
import { Link, useParams } from "@tanstack/react-router";
import type { Camera } from "@/api/types";
import { History } from "@/features/quality/History";
import { Views } from "@/features/quality/Views";
import { Notice, Skeleton } from "@/ui/surfaces";
import { PictureFaults } from "@/vocabulary/quality";
import { useWords } from "@/vocabulary/use-words";
import { useCamera, useConnection, useRoutinePurpose, useSchool } from "@/world/hooks";

export function CameraQualityPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/cameras/$id/quality" });
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
  const school = useSchool(camera.school);
  const purpose = useRoutinePurpose();
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="camera-quality" data-camera={camera.id}>
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-3 border-b px-3 py-1">
        {school !== undefined && (
          <Link to="/schools/$id" params={{ id: school.id }} className="text-accent">
            {name(school.name)}
          </Link>
        )}
        <Link to="/cameras/$id" params={{ id: camera.id }} className="text-accent">
          {name(camera.name)}
        </Link>
        <h1 className="font-semibold">{t("quality.of_camera")}</h1>
        <PictureFaults picture={camera.picture} />
      </header>
      <div className="min-h-0 flex-1 space-y-8 overflow-auto p-3">
        <History camera={camera.id} />
        <Views camera={camera} purpose={purpose} />
      </div>
    </div>
  );
}
