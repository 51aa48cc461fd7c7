/** On a live tile: a remark on its camera, for those who write them. */
import { useNavigate } from "@tanstack/react-router";
import type { Camera } from "@/api/types";
import { WriteButton } from "@/features/remarks/WriteButton";
import { useWords } from "@/vocabulary/use-words";

export function TileRemark({ camera }: { camera: Camera }) {
  const { name } = useWords();
  const navigate = useNavigate();
  return (
    // A word that is marked by a double click in the form must not enlarge the tile beneath it.
    <span className="contents" onDoubleClick={(event) => event.stopPropagation()}>
      <WriteButton
        onPicture
        about={{
          school: camera.school,
          target: { kind: "camera", camera: camera.id },
          title: name(camera.name),
        }}
        onWritten={({ id }) => void navigate({ to: "/remarks/$id", params: { id } })}
      />
    </span>
  );
}
