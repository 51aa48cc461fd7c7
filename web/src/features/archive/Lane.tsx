/** A thin bar for a camera that is played beside the first one: when it was recorded, on the same stretch of time. */
import { useEffect } from "react";
import type { Camera, StreamName } from "@/api/types";
import type { ArchiveTransport } from "@/player/archive-transport";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { type View, visible } from "./geometry";
import { useCoverage } from "./use-timeline";

const WIDTH = 1000;

export function Lane({
  camera,
  view,
  asked,
  now,
  stream,
  transport,
}: {
  camera: Camera;
  view: View;
  asked: View;
  now: number;
  stream: StreamName;
  transport: ArchiveTransport | null;
}) {
  const { t, name } = useWords();
  const { coverage } = useCoverage(camera.id, asked, now);
  const recorded = coverage?.[stream] ?? null;
  useEffect(() => {
    if (recorded !== null) transport?.setRecorded(camera.id, recorded);
  }, [transport, recorded, camera.id]);
  return (
    <div className="relative mt-1 h-4 w-full bg-ground" data-testid="lane" data-camera={camera.id}>
      <svg
        viewBox={`0 0 ${WIDTH} 10`}
        preserveAspectRatio="none"
        className="absolute inset-0 size-full"
        aria-hidden
      >
        {coverage !== null &&
          visible(coverage.gaps, view, WIDTH).map((gap) => (
            <rect key={gap.start} x={gap.x} width={gap.w} y={4} height={2} fill="var(--q-line)">
              <title>{t("archive.gap", { why: wordFor(t, "reason", gap.cause) })}</title>
            </rect>
          ))}
        {recorded !== null &&
          visible(recorded, view, WIDTH).map((span) => (
            <rect key={span.start} x={span.x} width={span.w} height={10} fill="var(--q-line-2)" />
          ))}
      </svg>
      <span className="absolute inset-y-0 left-0 max-w-full truncate bg-ground/80 px-1 text-xs leading-4 text-ink">
        {name(camera.name)}
      </span>
    </div>
  );
}
