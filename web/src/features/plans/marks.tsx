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
import { type ReactNode, useMemo } from "react";
import type { Alarm, Camera, CameraState } from "@/api/types";
import { LevelMark, TONE_FILL, TONE_TEXT, toneOf } from "@/vocabulary/alarms";
import { cameraState, CameraMark } from "@/vocabulary/schools";
import { wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useWorld } from "@/world/hooks";
import { arranged, type Name, sized } from "./labels";
import type { PlanPoint, PointKind, WayIn } from "./plans";
import type { At, Spot } from "./view";
import type { Frame } from "./Viewport";

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

const NO_WAYS: readonly WayIn[] = [];

/** Points with their names and, of cameras, what is known of them now. */
export function useNamed(points: readonly PlanPoint[], ways: readonly WayIn[] = NO_WAYS): Named[] {
  const { t, name } = useWords();
  const cameras = useWorld((world) => world.cameras);
  return useMemo(
    () =>
      points.map((point) => {
        const camera = point.camera === null ? undefined : cameras.get(point.camera);
        const way = point.way === null ? undefined : ways.find(({ key }) => key === point.way);
        const known = camera !== undefined ? name(camera.name) : way !== undefined ? name(way.place) : "";
        return { point, camera, words: point.label || known || wordFor(t, "plan_point", point.kind) };
      }),
    [points, ways, cameras, name, t],
  );
}

/** A camera that the plan names and the world does not is not taken for one that works. */
export function stateOf(camera: Camera | undefined): CameraState {
  return camera === undefined ? "unknown" : cameraState(camera).state;
}

export const WEDGE_PX = 34;
/** Of a camera whose lens nobody has told. */
const HALF_ANGLE = 32;

/** A fan in the direction of the upper edge, to be turned. */
function fan(radius: number, half: number): string {
  const x = radius * Math.sin((half * Math.PI) / 180);
  const y = radius * Math.cos((half * Math.PI) / 180);
  return `M0 0 L${-x} ${-y} A${radius} ${radius} 0 0 1 ${x} ${-y} Z`;
}

/** Where a camera looks; filled while it lives, only outlined and amber when it does not. */
function Wedge({ bearing, hfov, live }: { bearing: number; hfov: number | undefined; live: boolean }) {
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
        d={fan(WEDGE_PX - 1, hfov === undefined ? HALF_ANGLE : hfov / 2)}
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
      {point.bearing_deg !== null && (
        <Wedge bearing={point.bearing_deg} hfov={point.lens?.hfov_deg} live={live} />
      )}
      <span
        className={`${CHIP} size-5.5 ${live ? "border-accent text-accent" : "border-caution text-caution"}`}
      >
        {live ? <Icon size={12} aria-hidden /> : <CameraMark state={state} size={11} />}
      </span>
    </>
  );
}

/** A name beside its mark: below it, or with its upper left corner `offset` from the mark. */
export function Label({
  children,
  strong = false,
  offset,
}: {
  children: ReactNode;
  strong?: boolean;
  offset?: At;
}) {
  return (
    <span
      className={`pointer-events-none absolute w-max max-w-44 rounded-sm bg-surface/90 px-1 text-center text-xs ${strong ? "font-semibold text-ink" : "text-ink-2"} ${offset === undefined ? "top-3.5 left-0 -translate-x-1/2" : ""}`}
      style={offset}
    >
      {children}
    </span>
  );
}

const LABEL_PX = 176; // max-w-44
const LABEL_LINE_PX = 16;
const LABEL_EDGE_PX = 8;
/** Room for what is wrong with a camera, below its name. */
const TROUBLE_PX = 120;

let ruler: CanvasRenderingContext2D | null = null;

/** Of a line in the console's small type, in CSS pixels. */
export function widthOf(words: string): number {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (ruler === null) return words.length * 7;
  ruler.font = '500 12px "Inter Variable", system-ui, sans-serif';
  return ruler.measureText(words).width;
}

/**
 * Where names stand so that none covers another, each from its mark; names that found no room are missing. `shown`:
 * how many pixels of the screen one pixel of a drawing of `size` has.
 */
export function arrangedNames(
  named: readonly Named[],
  size: { width: number; height: number },
  shown: number,
  strong: string | null,
  pressed: PressedName | null = null,
): Map<string, At> {
  const on = ({ x, y }: Spot): At => ({ left: x * size.width * shown, top: y * size.height * shown });
  const names = named.map(({ point, camera, words }) => {
    const box = sized(words, widthOf, LABEL_PX - LABEL_EDGE_PX, LABEL_LINE_PX);
    const troubled = camera !== undefined && stateOf(camera) !== "live";
    return {
      key: point.key,
      at: on(point),
      width: (troubled ? Math.max(TROUBLE_PX, box.width) : box.width) + LABEL_EDGE_PX,
      height: box.height + (troubled ? LABEL_LINE_PX : 0),
      must: point.key === strong,
    };
  });
  const all = pressed === null ? names : [...names, boxOfPressed(pressed, on(pressed.spot))];
  const places = arranged(all, { width: size.width * shown, height: size.height * shown });
  return new Map(
    names.flatMap(({ key, at }) => {
      const place = places.get(key);
      return place === undefined ? [] : [[key, { left: place.left - at.left, top: place.top - at.top }]];
    }),
  );
}

/** The name of the pressed place is larger than the others, and none of them covers it. */
export interface PressedName {
  spot: Spot;
  words: string;
}

const PRESSED_PX = 192;

function boxOfPressed({ words }: PressedName, at: At): Name {
  const box = sized(words, (line) => widthOf(line) * 1.2, PRESSED_PX, LABEL_LINE_PX);
  return { key: "pressed", at, width: box.width + 12, height: box.height + 12, must: true };
}

/** The same for what is in sight; panning changes nothing of it. */
export function useArrangedNames(
  named: readonly Named[],
  frame: Frame,
  strong: string | null,
  pressed: PressedName | null = null,
) {
  const { scale, size } = frame;
  const { width, height } = size;
  const [x, y, words] = [pressed?.spot.x ?? 0, pressed?.spot.y ?? 0, pressed?.words ?? null];
  return useMemo(
    () =>
      arrangedNames(
        named,
        { width, height },
        scale,
        strong,
        words === null ? null : { spot: { x, y }, words },
      ),
    [named, width, height, scale, strong, x, y, words],
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
