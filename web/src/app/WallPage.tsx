/** The wall alone, for a second window or a screen on the wall. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Wall } from "@/features/live/Wall";
import { TileRemark } from "./TileRemark";

export function WallPage() {
  const place = useSearch({ from: "/wall" });
  const navigate = useNavigate({ from: "/wall" });
  return (
    <Wall
      place={{
        tiles: place.tiles ?? 9,
        page: place.page ?? 0,
        school: place.school,
        cams: place.cams?.split(","),
        big: place.big,
      }}
      onMove={({ cams, ...change }) =>
        void navigate({
          search: (before) => ({
            ...before,
            ...change,
            ...(cams === undefined ? {} : { cams: cams.join(",") }),
          }),
        })
      }
      onArchive={(camera) => void navigate({ to: "/cameras/$id", params: { id: camera.id } })}
      more={(camera) => <TileRemark camera={camera} />}
    />
  );
}
