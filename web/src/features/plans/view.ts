/** Which part of a plan is in sight: zoom, pan, and the way between the screen's pixels and places on the plan. Pure. */

export interface Size {
  width: number;
  height: number;
}

/** A place on a plan: 0…1 from its left and upper edge, as the API has it. */
export interface Spot {
  x: number;
  y: number;
}

/** In CSS pixels, from the left and upper edge of the box that shows the plan. */
export interface At {
  left: number;
  top: number;
}

/** `scale` is screen pixels for one pixel of the plan; `left`, `top` is where the plan's corner lies in the box. */
export interface View extends At {
  scale: number;
}

/** How much closer than the whole plan one can come, at least; a plan of few pixels is not enlarged beyond sense. */
const CLOSEST = 8;
/** Room around what must be in sight, of the box's shorter side. */
const MARGIN = 0.14;
/** Even a single point is shown with the rooms around it: so much closer than the whole plan, and no more. */
const AROUND_CLOSEST = 2.4;

const between = (low: number, value: number, high: number) => Math.min(high, Math.max(low, value));

function fitScale(plan: Size, box: Size): number {
  return Math.min(box.width / plan.width, box.height / plan.height);
}

/** The whole plan, in the middle of the box. */
export function fit(plan: Size, box: Size): View {
  const scale = fitScale(plan, box);
  return {
    scale,
    left: (box.width - plan.width * scale) / 2,
    top: (box.height - plan.height * scale) / 2,
  };
}

/** How much closer than the whole plan: 1 is all of it. */
export function closeness(view: View, plan: Size, box: Size): number {
  return view.scale / fitScale(plan, box);
}

export function onScreen(view: View, plan: Size, spot: Spot): At {
  return {
    left: view.left + spot.x * plan.width * view.scale,
    top: view.top + spot.y * plan.height * view.scale,
  };
}

/** The place on the plan under a pixel of the box; outside of 0…1 beside the plan. */
export function onPlan(view: View, plan: Size, at: At): Spot {
  return {
    x: (at.left - view.left) / (plan.width * view.scale),
    y: (at.top - view.top) / (plan.height * view.scale),
  };
}

export function inside(spot: Spot): boolean {
  return spot.x >= 0 && spot.x <= 1 && spot.y >= 0 && spot.y <= 1;
}

/** The nearest place that lies on the plan, as exactly as the centre keeps it. */
export function held(spot: Spot): Spot {
  const whole = (value: number) => Math.round(between(0, value, 1) * 1_000_000) / 1_000_000;
  return { x: whole(spot.x), y: whole(spot.y) };
}

/** A plan smaller than the box stays in its middle; a larger one leaves no gap at an edge. */
function keptIn(view: View, plan: Size, box: Size): View {
  const along = (start: number, length: number, room: number) =>
    length <= room ? (room - length) / 2 : between(room - length, start, 0);
  return {
    scale: view.scale,
    left: along(view.left, plan.width * view.scale, box.width),
    top: along(view.top, plan.height * view.scale, box.height),
  };
}

/** Closer (`factor` > 1) or farther; the place under `at` stays where it is. */
export function zoomed(view: View, plan: Size, box: Size, factor: number, at: At): View {
  const least = fitScale(plan, box);
  const scale = between(least, view.scale * factor, least * CLOSEST);
  const by = scale / view.scale;
  return keptIn(
    { scale, left: at.left - (at.left - view.left) * by, top: at.top - (at.top - view.top) * by },
    plan,
    box,
  );
}

export function moved(view: View, plan: Size, box: Size, by: At): View {
  return keptIn({ ...view, left: view.left + by.left, top: view.top + by.top }, plan, box);
}

/** As close as these places with room around them allow, the first of them nearest to the middle; all of it for none. */
export function around(plan: Size, box: Size, spots: readonly Spot[]): View {
  const [first] = spots;
  if (first === undefined) return fit(plan, box);
  const room = 1 - 2 * MARGIN;
  const reach = (of: (spot: Spot) => number) =>
    Math.max(...spots.map((spot) => Math.abs(of(spot) - of(first)))) * 2;
  const widest = (box.width * room) / Math.max(1, reach(({ x }) => x) * plan.width);
  const highest = (box.height * room) / Math.max(1, reach(({ y }) => y) * plan.height);
  const least = fitScale(plan, box);
  const scale = between(least, Math.min(widest, highest), least * AROUND_CLOSEST);
  const start = {
    scale,
    left: box.width / 2 - first.x * plan.width * scale,
    top: box.height / 2 - first.y * plan.height * scale,
  };
  return keptIn(start, plan, box);
}

/** The box has another size: what was in its middle stays there, as close as before. */
export function resized(view: View, plan: Size, before: Size, box: Size): View {
  const middle = onPlan(view, plan, { left: before.width / 2, top: before.height / 2 });
  const scale = closeness(view, plan, before) * fitScale(plan, box);
  const start = {
    scale,
    left: box.width / 2 - middle.x * plan.width * scale,
    top: box.height / 2 - middle.y * plan.height * scale,
  };
  return keptIn(start, plan, box);
}

/** Where something looks that is turned towards `to`: degrees clockwise from the plan's upper edge, 0…359. */
export function bearing(from: At, to: At): number {
  const degrees = (Math.atan2(to.left - from.left, from.top - to.top) * 180) / Math.PI;
  return Math.round(degrees + 360) % 360;
}

/** From one place on the plan to another in pixels of the plan. */
export function pixelsBetween(plan: Size, a: Spot, b: Spot): number {
  return Math.hypot((a.x - b.x) * plan.width, (a.y - b.y) * plan.height);
}

/** A length for the bar below a plan: 1, 2 or 5 times a power of ten, in metres, as wide as fits into `room` pixels. */
export function barLength(metresPerPixel: number, room: number): { metres: number; pixels: number } {
  const most = metresPerPixel * room;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
  return { metres, pixels: metres / metresPerPixel };
}
