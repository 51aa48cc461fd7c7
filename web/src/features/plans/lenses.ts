/** What a camera sees of the floor, from its height, tilt, lens and resolution: the pinhole of docs/design/density.md. Pure. */
import type { components } from "@/api/schema";
import type { Wall } from "./shapes";
import type { Size, Spot } from "./view";

/** `tilt_deg`: 0 looks level, 90 straight down. `hfov_deg`: from the left edge of the picture to the right one. */
export type Lens = components["schemas"]["PlanLens"];

/** As the centre takes them (domain/density/camera.py). */
export const LIMITS: Record<keyof Lens, readonly [number, number]> = {
  height_m: [0.3, 60],
  tilt_deg: [-30, 90],
  hfov_deg: [1, 170],
  width_px: [16, 20_000],
  height_px: [16, 20_000],
};

/** What hangs in a corridor as a rule; every value is there to be corrected. */
const USUAL = { height_m: 2.8, tilt_deg: 20, hfov_deg: 90, width_px: 1920, height_px: 1080 };

/** Nominal widths of sensors in millimetres, by the names that data sheets give them. */
export const SENSORS: readonly { name: string; width_mm: number }[] = [
  { name: "1/4″", width_mm: 3.6 },
  { name: "1/3″", width_mm: 4.8 },
  { name: "1/2.8″", width_mm: 5.6 },
  { name: "1/2.7″", width_mm: 5.4 },
  { name: "1/2.5″", width_mm: 5.8 },
  { name: "1/2″", width_mm: 6.4 },
  { name: "1/1.8″", width_mm: 7.2 },
];

const WALL_HANGS_M = 0.1;
const STEP_DEG = 1;

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const degrees = (radians: number) => (radians * 180) / Math.PI;

/** A first lens: the size of the measured stream where it is known, the rest as usual. */
export function usualLens(measured: Size | null): Lens {
  if (measured === null || measured.width < 16 || measured.height < 16) return { ...USUAL };
  return { ...USUAL, width_px: measured.width, height_px: measured.height };
}

/** Null: no camera has such a value. */
export function lensValue(name: keyof Lens, text: string): number | null {
  const value = Number(text.trim().replace(",", "."));
  const [least, most] = LIMITS[name];
  const whole = name === "width_px" || name === "height_px";
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    return null;
  return value;
}

export function hfovOfLens(focal_mm: number, sensor_mm: number): number {
  return 2 * degrees(Math.atan(sensor_mm / 2 / focal_mm));
}

/** The focal length that gives this field of view before such a sensor. */
export function focalOf(hfov_deg: number, sensor_mm: number): number {
  return sensor_mm / 2 / Math.tan(radians(hfov_deg) / 2);
}

function focalPx(lens: Lens): number {
  return lens.width_px / 2 / Math.tan(radians(lens.hfov_deg) / 2);
}

/**
 * Metres along the floor from under the camera to the furthest target at `height_m` in the middle of the picture that
 * still gets `px_m` pixels per metre, as the picture's rows allow. Null: none does.
 */
export function reachOf(lens: Lens, px_m: number, height_m: number): number | null {
  const [sine, cosine] = [Math.sin(radians(lens.tilt_deg)), Math.cos(radians(lens.tilt_deg))];
  const drop = lens.height_m - height_m;
  const depth = focalPx(lens) / px_m;
  const [near, far] = rowsReach(lens, drop);
  const byDensity = cosine < 1e-9 ? Infinity : (depth - drop * sine) / cosine;
  const reach = Math.min(byDensity, far);
  return reach > Math.max(near, 0) ? reach : null;
}

/** Metres ahead at which the lower and the upper edge of the picture meet the plane `drop` below the lens. */
function rowsReach(lens: Lens, drop: number): readonly [number, number] {
  const half = Math.atan(lens.height_px / 2 / focalPx(lens));
  const [lower, upper] = [radians(lens.tilt_deg) + half, radians(lens.tilt_deg) - half];
  const meets = (down: number) => (down <= 0 ? Infinity : down >= Math.PI / 2 ? 0 : drop / Math.tan(down));
  if (drop > 0) return [meets(lower), meets(upper)];
  const above = (down: number) => (down >= 0 ? Infinity : -drop / Math.tan(-down));
  return [above(upper), above(lower)];
}

interface Metres {
  x: number;
  y: number;
}

/** What the picture shows of the floor up to `far` metres ahead: near left, near right, far right, far left; ahead is −y. */
function footprint(lens: Lens, far: number): Metres[] {
  const focal = focalPx(lens);
  const [sine, cosine] = [Math.sin(radians(lens.tilt_deg)), Math.cos(radians(lens.tilt_deg))];
  const drop = lens.height_m;
  const horizon = (focal * (drop * cosine - far * sine)) / (drop * sine + far * cosine);
  const [top, bottom] = [Math.max(-lens.height_px / 2, horizon), lens.height_px / 2];
  if (top >= bottom) return [];
  const across = lens.width_px / 2 / focal;
  const at = (row: number, side: number): Metres => {
    const below = row / focal;
    const along = drop / (sine + below * cosine);
    return { x: side * across * along, y: -along * (cosine - below * sine) };
  };
  return [at(bottom, -1), at(bottom, 1), at(top, 1), at(top, -1)];
}

/** Where a ray from (0, 0) enters a convex outline and where it leaves it; null when it passes by. */
function crossing(outline: readonly Metres[], towards: Metres): readonly [number, number] | null {
  let [enter, leave] = [0, Infinity];
  outline.forEach((a, index) => {
    const b = outline[(index + 1) % outline.length] ?? a;
    const [nx, ny] = [b.y - a.y, a.x - b.x]; // into the outline, as `footprint` orders its corners
    const [ahead, away] = [nx * towards.x + ny * towards.y, nx * -a.x + ny * -a.y];
    if (Math.abs(ahead) < 1e-12) {
      if (away < 0) leave = -1;
    } else if (ahead > 0) enter = Math.max(enter, -away / ahead);
    else leave = Math.min(leave, -away / ahead);
  });
  return leave > enter ? [enter, leave] : null;
}

/** How far a ray from `from` goes before a wall; a wall the camera hangs on does not count. */
function freeWay(walls: readonly { a: Metres; b: Metres }[], towards: Metres): number {
  let free = Infinity;
  for (const { a, b } of walls) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const turn = towards.x * dy - towards.y * dx;
    if (Math.abs(turn) < 1e-12) continue;
    const along = (a.x * dy - a.y * dx) / turn;
    const share = (a.x * towards.y - a.y * towards.x) / turn;
    if (along > WALL_HANGS_M && share >= 0 && share <= 1) free = Math.min(free, along);
  }
  return free;
}

/** The drawing, and how many metres one of its pixels is. */
export interface Ground extends Size {
  metresPerPx: number;
}

/**
 * What a camera sees of the floor, as outlines on the plan: to `far` metres at most, and not beyond walls. Several when
 * a wall parts what it sees.
 */
export function cone(
  ground: Ground,
  at: Spot,
  bearing_deg: number,
  lens: Lens,
  walls: readonly Wall[],
  far: number,
): Spot[][] {
  const outline = footprint(lens, far);
  if (outline.length === 0) return [];
  const [px, py] = [ground.width * ground.metresPerPx, ground.height * ground.metresPerPx];
  const near = walls
    .map(({ a, b }) => ({
      a: { x: (a.x - at.x) * px, y: (a.y - at.y) * py },
      b: { x: (b.x - at.x) * px, y: (b.y - at.y) * py },
    }))
    .filter((wall) => distanceFromHere(wall) > WALL_HANGS_M);
  const pieces: { near: Spot; far: Spot }[][] = [[]];
  for (const angle of anglesOf(outline)) {
    const seen = crossing(outline, direction(angle));
    const towards = direction(angle + bearing_deg);
    const end = seen === null ? 0 : Math.min(seen[1], freeWay(near, towards));
    if (seen === null || end <= seen[0]) {
      if (pieces.at(-1)?.length !== 0) pieces.push([]);
      continue;
    }
    const onPlan = (metres: number) => ({
      x: at.x + (towards.x * metres) / px,
      y: at.y + (towards.y * metres) / py,
    });
    pieces.at(-1)?.push({ near: onPlan(seen[0]), far: onPlan(end) });
  }
  return pieces
    .filter((piece) => piece.length > 1)
    .map((piece) => [...piece.map(({ far }) => far), ...piece.map(({ near }) => near).reverse()]);
}

/** From left to right, in degrees from straight ahead: steps, and exactly those in which the outline has its corners. */
function anglesOf(outline: readonly Metres[]): number[] {
  const under = crossing(outline, { x: 0, y: 1 })?.[0] === 0;
  const corners = outline.map(({ x, y }) => degrees(Math.atan2(x, -y)));
  const edge = under ? 180 : Math.max(...corners);
  const steps = Math.max(2, Math.ceil((2 * edge) / STEP_DEG));
  const even = Array.from({ length: steps + 1 }, (_, step) => ((2 * step) / steps - 1) * edge);
  // A hair inside: a ray along the very edge would miss the outline by rounding
  return [...even, ...corners].sort((one, other) => one - other).map((angle) => angle * (1 - 1e-9));
}

function direction(bearing: number): Metres {
  return { x: Math.sin(radians(bearing)), y: -Math.cos(radians(bearing)) };
}

function distanceFromHere({ a, b }: { a: Metres; b: Metres }): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, -(a.x * dx + a.y * dy) / length));
  return Math.hypot(a.x + share * dx, a.y + share * dy);
}
