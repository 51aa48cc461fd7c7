/** How the state of a school and of its cameras looks and reads. */
import type { Camera, CameraReason, CameraState, School, Stream, StreamName } from "@/api/types";
import { useWords } from "./use-words";
import { wordFor } from "./text";

export type SchoolState = "alarm" | "silent" | "partial" | "never" | "normal";

export function schoolState(school: School): SchoolState {
  if (school.alarm_level !== null) return "alarm";
  if (school.node.state === "silent") return "silent";
  if (school.node.state === "never") return "never";
  return school.cameras_live < school.cameras_total ? "partial" : "normal";
}

/** Worst first. */
export const SCHOOL_STATES: readonly SchoolState[] = ["alarm", "silent", "partial", "never", "normal"];

const LOOK: Record<SchoolState, { colour: string; path: string; hollow: boolean }> = {
  alarm: { colour: "text-alarm", path: "M8 0.8 15.2 8 8 15.2 0.8 8Z", hollow: false },
  silent: { colour: "text-caution", path: "M2.5 2.5h11v11h-11Z", hollow: false },
  partial: { colour: "text-caution", path: "M8 2 14.5 13.5H1.5Z", hollow: true },
  never: { colour: "text-unknown", path: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z", hollow: true },
  normal: { colour: "text-ink-3", path: "M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z", hollow: false },
};

export function SchoolMark({ state, size = 12 }: { state: SchoolState; size?: number }) {
  const { colour, path, hollow } = LOOK[state];
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden className={`shrink-0 ${colour}`}>
      <path
        d={path}
        fill={hollow ? "none" : "currentColor"}
        stroke="currentColor"
        strokeWidth={hollow ? 2 : 0}
      />
    </svg>
  );
}

export function SchoolStateWords({ school }: { school: School }) {
  const { t } = useWords();
  const state = schoolState(school);
  if (state === "partial") {
    return <>{t("school.state.partial", { count: school.cameras_total - school.cameras_live })}</>;
  }
  return <>{t(`school.state.${state}`)}</>;
}

export function streamOf(camera: Camera, stream: StreamName): Stream | undefined {
  return camera.streams.find((candidate) => candidate.stream === stream);
}

/** The stream walls use. */
export function wallStream(camera: Camera): StreamName {
  return camera.has_sub ? "sub" : "main";
}

/** The worse of its streams: a camera works when all of it works. */
export function cameraState(camera: Camera): {
  state: CameraState;
  reason: CameraReason;
  since: string | null;
} {
  const bad = camera.streams.find((stream) => stream.state !== "live");
  const told = bad ?? camera.streams[0];
  return told ?? { state: "unknown", reason: "none", since: null };
}

const STATE_LOOK: Record<CameraState, { colour: string; path: string }> = {
  live: { colour: "text-ink-2", path: "M8 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z" },
  connecting: { colour: "text-ink-3", path: "M8 3a5 5 0 1 0 5 5h-2.5A2.5 2.5 0 1 1 8 5.5Z" },
  stalled: { colour: "text-caution", path: "M3.5 2.5h3v11h-3Zm6 0h3v11h-3Z" },
  failed: { colour: "text-caution", path: "M2 4 4 2l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4Z" },
  disabled: { colour: "text-unknown", path: "M2.5 7h11v2h-11Z" },
  unknown: { colour: "text-unknown", path: "M2.5 7h11v2h-11Z" },
};

export function CameraMark({ state, size = 12 }: { state: CameraState; size?: number }) {
  const { colour, path } = STATE_LOOK[state];
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden className={`shrink-0 ${colour}`}>
      <path d={path} fill="currentColor" />
    </svg>
  );
}

/** "live", or the reason why it is not; never a bare "failed". */
export function CameraStateWords({ camera }: { camera: Camera }) {
  const { t } = useWords();
  const { state, reason } = cameraState(camera);
  if (reason !== "none") return <>{wordFor(t, "reason", reason)}</>;
  return <>{t(`camera.state.${state}`)}</>;
}
