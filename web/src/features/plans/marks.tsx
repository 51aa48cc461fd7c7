/** What stands on a plan: cameras with where they look and whether they live, ways in, exits, posts, the pressed place. */
import {
  CircleDot,
  Cctv,
  DoorClosed,
  LogOut,
  type LucideIcon,
  Nfc,
  Plug,
  ShieldHalf,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Alarm, Camera, CameraState } from "@/api/types";
import { LevelMark, TONE_FILL, TONE_TEXT, toneOf } from "@/vocabulary/alarms";
import { cameraState, CameraMark } from "@/vocabulary/schools";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import type { PlanPoint, PointKind, WayIn } from "./plans";
import type { At } from "./view";

export const ICONS: Record<PointKind, LucideIcon> = {
  camera: Cctv,
  button: CircleDot,
  contact: Plug,
  panel_zone: Nfc,
  door: DoorClosed,
  exit: LogOut,
  guard_post: ShieldHalf,
  assembly_point: Users,
};

export interface Named {
  point: PlanPoint;
  /** Its own label, else the camera's or the way in's name, else what it is. */
  words: string;
  camera: Camera | undefined;
}

/** Points with their names and, of cameras, what is known of them now. */
export function useNamed(points: readonly PlanPoint[], ways: readonly WayIn[] = []): Named[] {
  const { t, name } = useWords();
  const cameras = useWorld((world) => world.cameras);
  return points.map((point) => {
    const camera = point.camera === null ? undefined : cameras.get(point.camera);
    const way = point.way === null ? undefined : ways.find(({ key }) => key === point.way);
    const known = camera !== undefined ? name(camera.name) : way !== undefined ? name(way.place) : "";
    return { point, camera, words: point.label || known || wordFor(t, "plan_point", point.kind) };
  });
}

/** A camera that the plan names and the world does not is not taken for one that works. */
export function stateOf(camera: Camera | undefined): CameraState {
  return camera === undefined ? "unknown" : cameraState(camera).state;
}

export const WEDGE_PX = 34;
const HALF_ANGLE = 32;

/** A fan of 64° in the direction of the upper edge, to be turned. */
function fan(radius: number): string {
  const x = radius * Math.sin((HALF_ANGLE * Math.PI) / 180);
  const y = radius * Math.cos((HALF_ANGLE * Math.PI) / 180);
  return `M0 0 L${-x} ${-y} A${radius} ${radius} 0 0 1 ${x} ${-y} Z`;
}

/** Where a camera looks; filled while it lives, only outlined and amber when it does not. */
function Wedge({ bearing, live }: { bearing: number; live: boolean }) {
  const size = WEDGE_PX * 2;
  return (
    <svg
      aria-hidden
      viewBox={`${-WEDGE_PX} ${-WEDGE_PX} ${size} ${size}`}
      width={size}
      height={size}
      className={`pointer-events-none absolute -translate-x-1/2 -translate-y-1/2 ${live ? "text-accent" : "text-caution"}`}
    >
      <path
        d={fan(WEDGE_PX - 1)}
        transform={`rotate(${bearing})`}
        fill="currentColor"
        fillOpacity={live ? 0.32 : 0}
        stroke="currentColor"
        strokeWidth={1.25}
        strokeDasharray={live ? undefined : "3 3"}
      />
    </svg>
  );
}

const CHIP =
  "absolute inline-flex -translate-x-1/2 -translate-y-1/2 items-center justify-center rounded-full border bg-surface";

/** The sign itself, around (0, 0). */
export function Sign({ point, camera }: { point: PlanPoint; camera: Camera | undefined }) {
  const Icon = ICONS[point.kind];
  if (point.kind !== "camera") {
    return (
      <span className={`${CHIP} size-5.5 border-line-2 text-ink`}>
        <Icon size={13} aria-hidden />
      </span>
    );
  }
  const state = stateOf(camera);
  const live = state === "live";
  return (
    <>
      {point.bearing_deg !== null && <Wedge bearing={point.bearing_deg} live={live} />}
      <span
        className={`${CHIP} size-5.5 ${live ? "border-accent text-accent" : "border-caution text-caution"}`}
      >
        {live ? <Icon size={12} aria-hidden /> : <CameraMark state={state} size={11} />}
      </span>
    </>
  );
}

/** A name beside its mark. */
export function Label({ children, strong = false }: { children: ReactNode; strong?: boolean }) {
  return (
    <span
      className={`pointer-events-none absolute top-3.5 left-0 w-max max-w-44 -translate-x-1/2 rounded-sm bg-surface/90 px-1 text-center text-xs ${strong ? "font-semibold text-ink" : "text-ink-2"}`}
    >
      {children}
    </span>
  );
}

export function placeStyle({ left, top }: At) {
  return { transform: `translate(${left}px, ${top}px)` };
}

/** Nothing but a point: everything in it is drawn around its place. */
export const AT = "group/mark absolute top-0 left-0 size-0";

/** The pressed place: the level's shape in its colour, and rings that run from it. */
export function Pressed({ alarm, words, at }: { alarm: Alarm; words: string; at: At }) {
  const tone = toneOf(alarm);
  return (
    <div
      className={`${AT} pointer-events-none z-20`}
      style={placeStyle(at)}
      data-testid="plan-pressed"
      data-level={alarm.level}
      role="img"
      aria-label={words}
    >
      <span aria-hidden className={`absolute ${TONE_TEXT[tone]}`}>
        <span className="ringing absolute size-16 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-current" />
        <span className="absolute size-9 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-current bg-surface/60" />
      </span>
      <span className={`absolute -translate-x-1/2 -translate-y-1/2 ${TONE_TEXT[tone]}`}>
        <LevelMark level={alarm.level} kind={alarm.kind} size={20} />
      </span>
      <span
        className={`pointer-events-none absolute top-5.5 left-0 w-max max-w-40 -translate-x-1/2 rounded-sm px-1.5 py-0.5 text-center text-xs leading-3.5 font-semibold @min-[420px]/plan:max-w-48 @min-[420px]/plan:text-sm @min-[420px]/plan:leading-4 ${TONE_FILL[tone]}`}
      >
        {words}
      </span>
    </div>
  );
}
