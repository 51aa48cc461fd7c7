/** What is wrong with a camera besides its picture: its clock, and its events and contacts. */
import type { Camera } from "@/api/types";
import { ClockWords, isWrong } from "@/vocabulary/clocks";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";

/** Whether the camera's events do not reach us though it should tell them. */
export const eventsLost = (camera: Camera): boolean => camera.onvif !== "" && camera.onvif !== "ok";

export function CameraTroubles({ camera }: { camera: Camera }) {
  const { t } = useWords();
  if (!eventsLost(camera) && !isWrong(camera.clock_offset_s)) return null;
  return (
    <span className="flex flex-wrap gap-x-3" data-testid="camera-troubles">
      <ClockWords offset={camera.clock_offset_s} />
      {eventsLost(camera) && (
        <span className="text-sm text-caution" title={wordFor(t, "problem", camera.onvif)}>
          {t("onvif.title")}: {wordFor(t, "problem", camera.onvif)}
        </span>
      )}
    </span>
  );
}
