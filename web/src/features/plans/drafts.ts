/** A plan as it is being drawn: what can be done to it, undone and done again, and how it differs from another. Pure. */
import type { Plan, PlanPoint, Scale, Zone } from "./plans";
import { between, FEWEST_CORNERS, type Wall, wallKey } from "./shapes";
import { held, type Spot } from "./view";

/** What is sent when it is saved. */
export interface Draft {
  name: string;
  kind: Plan["kind"];
  floor: number | null;
  scale: Scale | null;
  points: readonly PlanPoint[];
  walls: readonly Wall[];
  zones: readonly Zone[];
}

export function draftOf(plan: Pick<Plan, keyof Draft>): Draft {
  const { name, kind, floor, scale, points, walls, zones } = plan;
  return { name, kind, floor, scale, points, walls, zones };
}

export type NewPoint = Pick<PlanPoint, "kind" | "camera" | "way" | "label">;

export function placed(draft: Draft, key: string, what: NewPoint, spot: Spot): Draft {
  return {
    ...draft,
    points: [...draft.points, { ...what, ...held(spot), key, bearing_deg: null, lens: null }],
  };
}

export function changed(draft: Draft, key: string, change: Partial<PlanPoint>): Draft {
  return {
    ...draft,
    points: draft.points.map((point) => (point.key === key ? { ...point, ...change } : point)),
  };
}

export const shifted = (draft: Draft, key: string, spot: Spot): Draft => changed(draft, key, held(spot));

export function removed(draft: Draft, key: string): Draft {
  return { ...draft, points: draft.points.filter((point) => point.key !== key) };
}

export function zoned(draft: Draft, zone: Zone): Draft {
  return { ...draft, zones: [...draft.zones, zone] };
}

export function zoneChanged(draft: Draft, key: string, change: Partial<Zone>): Draft {
  return { ...draft, zones: draft.zones.map((zone) => (zone.key === key ? { ...zone, ...change } : zone)) };
}

export function zoneRemoved(draft: Draft, key: string): Draft {
  return { ...draft, zones: draft.zones.filter((zone) => zone.key !== key) };
}

function outlined(draft: Draft, key: string, how: (outline: readonly Spot[]) => Spot[]): Draft {
  const zone = draft.zones.find((one) => one.key === key);
  return zone === undefined ? draft : zoneChanged(draft, key, { outline: how(zone.outline) });
}

export function cornerMoved(draft: Draft, key: string, corner: number, spot: Spot): Draft {
  return outlined(draft, key, (outline) =>
    outline.map((other, index) => (index === corner ? held(spot) : other)),
  );
}

/** A new corner in the middle of the side that begins at `corner`, or at `spot`. */
export function cornerInserted(draft: Draft, key: string, corner: number, spot?: Spot): Draft {
  return outlined(draft, key, (outline) => {
    const [a, b] = [outline[corner], outline[(corner + 1) % outline.length]];
    if (a === undefined || b === undefined) return [...outline];
    const added = spot === undefined ? between(a, b) : held(spot);
    return [...outline.slice(0, corner + 1), added, ...outline.slice(corner + 1)];
  });
}

/** An outline keeps three corners: the third last one cannot be taken away. */
export function cornerRemoved(draft: Draft, key: string, corner: number): Draft {
  return outlined(draft, key, (outline) =>
    outline.length <= FEWEST_CORNERS ? [...outline] : outline.filter((_, index) => index !== corner),
  );
}

/** The same wall twice is one; one without length is none. */
export function walled(draft: Draft, wall: Wall): Draft {
  const known = draft.walls.some((other) => wallKey(other) === wallKey(wall));
  if (known || (wall.a.x === wall.b.x && wall.a.y === wall.b.y)) return draft;
  return { ...draft, walls: [...draft.walls, wall] };
}

/** Moves one end of a wall; walls that hang together at that place go along. */
export function endMoved(draft: Draft, from: Spot, to: Spot): Draft {
  const there = (spot: Spot) => (spot.x === from.x && spot.y === from.y ? held(to) : spot);
  return { ...draft, walls: draft.walls.map(({ a, b }) => ({ a: there(a), b: there(b) })) };
}

export function wallRemoved(draft: Draft, key: string): Draft {
  return { ...draft, walls: draft.walls.filter((wall) => wallKey(wall) !== key) };
}

/** Whether the centre speaks of this zone when it refuses a plan: by its key, its name, or what kind of zone it is. */
export function namesZone(error: Error | null, { key, name, kind }: Zone): boolean {
  return error !== null && (error.message.includes(key) || error.message.includes(`'${name || kind}'`));
}

/** The same of a point; `camera`: how the school's node calls the camera that it stands for. */
export function namesPoint(error: Error | null, { key, label }: PlanPoint, camera = ""): boolean {
  const called = label || camera;
  return (
    error !== null &&
    (error.message.includes(key) || (called !== "" && error.message.includes(`camera ${called} `)))
  );
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Order of points and of fields is no difference. */
export function alike(one: Draft, other: Draft): boolean {
  const rest = ({ name, kind, floor, scale }: Draft) => [
    name,
    kind,
    floor,
    scale?.a,
    scale?.b,
    scale?.metres,
  ];
  return same(rest(one), rest(other)) && differences(one, other).length === 0;
}

/** What differs: a point, a zone or a wall; ours, where we have it, else theirs. */
export type Thing =
  { of: "point"; point: PlanPoint } | { of: "zone"; zone: Zone } | { of: "wall"; wall: Wall };

/** A wall has no name of its own: one that is moved is one taken away and one added. */
export type Difference = { key: string; what: "added" | "changed" | "removed" } & Thing;

const fields = (point: PlanPoint) => [
  point.kind,
  point.x,
  point.y,
  point.camera,
  point.way,
  point.label,
  point.bearing_deg,
  point.lens && [
    point.lens.height_m,
    point.lens.tilt_deg,
    point.lens.hfov_deg,
    point.lens.width_px,
    point.lens.height_px,
  ],
];

const fieldsOf = (zone: Zone) => [
  zone.kind,
  zone.name,
  zone.required,
  zone.outline.map(({ x, y }) => [x, y]),
];

interface Keyed {
  key: string;
}

function compared<T extends Keyed>(
  theirs: readonly T[],
  mine: readonly T[],
  of: (one: T) => unknown,
): { one: T; what: Difference["what"] }[] {
  const there = new Map(theirs.map((one) => [one.key, one]));
  const here = new Set(mine.map(({ key }) => key));
  const found: { one: T; what: Difference["what"] }[] = [];
  for (const one of mine) {
    const other = there.get(one.key);
    if (other === undefined) found.push({ one, what: "added" });
    else if (!same(of(one), of(other))) found.push({ one, what: "changed" });
  }
  for (const one of theirs) if (!here.has(one.key)) found.push({ one, what: "removed" });
  return found;
}

const keyed = (walls: readonly Wall[]) => walls.map((wall) => ({ key: wallKey(wall), wall }));

/** What `mine` would do to the points, zones and walls of `theirs`. */
export function differences(theirs: Draft, mine: Draft): Difference[] {
  return [
    ...compared(theirs.points, mine.points, fields).map(({ one, what }) => ({
      key: one.key,
      what,
      of: "point" as const,
      point: one,
    })),
    ...compared(theirs.zones, mine.zones, fieldsOf).map(({ one, what }) => ({
      key: one.key,
      what,
      of: "zone" as const,
      zone: one,
    })),
    ...compared(keyed(theirs.walls), keyed(mine.walls), ({ key }) => key).map(({ one, what }) => ({
      key: one.key,
      what,
      of: "wall" as const,
      wall: one.wall,
    })),
  ];
}

/** `draft` with one difference taken over. What stands there under another key is the same camera or way in, moved. */
export function takenOver(draft: Draft, difference: Difference): Draft {
  const { key, what } = difference;
  switch (difference.of) {
    case "wall":
      return what === "removed" ? wallRemoved(draft, key) : walled(draft, difference.wall);
    case "zone":
      if (what === "removed") return zoneRemoved(draft, key);
      return draft.zones.some((zone) => zone.key === key)
        ? zoneChanged(draft, key, difference.zone)
        : zoned(draft, difference.zone);
    case "point": {
      if (what === "removed") return removed(draft, key);
      const { point } = difference;
      const there = draft.points.find((other) => other.key === key || standsFor(other, point));
      if (there === undefined) return { ...draft, points: [...draft.points, point] };
      return changed(draft, there.key, { ...point, key: there.key });
    }
  }
}

function standsFor(one: PlanPoint, other: PlanPoint): boolean {
  return (one.camera !== null && one.camera === other.camera) || (one.way !== null && one.way === other.way);
}

/** What was drawn, step by step. */
export interface Story {
  past: readonly Draft[];
  now: Draft;
  future: readonly Draft[];
  /** What the last step was about: steps about the same thing, one after another, are one. */
  about: string | null;
}

const MOST_STEPS = 200;

export const begun = (draft: Draft): Story => ({ past: [], now: draft, future: [], about: null });

/** The next step. `about` joins it to the last one if that has the same: a drag, a row of arrow keys, typing. */
export function stepped(story: Story, now: Draft, about: string | null = null): Story {
  if (now === story.now) return story;
  const joined = about !== null && about === story.about;
  return {
    past: joined ? story.past : [...story.past, story.now].slice(-MOST_STEPS),
    now,
    future: [],
    about,
  };
}

/** The next change about the same thing is a step of its own. */
export const settled = (story: Story): Story => (story.about === null ? story : { ...story, about: null });

export function undone(story: Story): Story {
  const now = story.past.at(-1);
  if (now === undefined) return story;
  return { past: story.past.slice(0, -1), now, future: [story.now, ...story.future], about: null };
}

export function redone(story: Story): Story {
  const [now, ...future] = story.future;
  if (now === undefined) return story;
  return { past: [...story.past, story.now], now, future, about: null };
}

/**
 * Their newer plan with what I did to the plan as a whole (name, floor, scale) since `base`. My points, zones and walls
 * are not put over theirs unasked: `differences(base, mine)` says what I did, and each of them is taken over by hand.
 */
export function rebased(theirs: Draft, base: Draft, mine: Draft): Draft {
  return {
    name: mine.name === base.name ? theirs.name : mine.name,
    kind: mine.kind === base.kind ? theirs.kind : mine.kind,
    floor: mine.floor === base.floor ? theirs.floor : mine.floor,
    scale: same(mine.scale, base.scale) ? theirs.scale : mine.scale,
    points: theirs.points,
    walls: theirs.walls,
    zones: theirs.zones,
  };
}

/** Those of my differences that `now` does not have yet. */
export function pending(now: Draft, mine: readonly Difference[]): Difference[] {
  return mine.filter((one) => !alike(now, takenOver(now, one)));
}
