/** A plan as it is being drawn: what can be done to it, undone and done again, and how it differs from another. Pure. */
import type { Plan, PlanPoint, Scale } from "./plans";
import { held, type Spot } from "./view";

/** What is sent when it is saved. */
export interface Draft {
  name: string;
  kind: Plan["kind"];
  floor: number | null;
  scale: Scale | null;
  points: readonly PlanPoint[];
}

export function draftOf(plan: Plan): Draft {
  const { name, kind, floor, scale, points } = plan;
  return { name, kind, floor, scale, points };
}

export type NewPoint = Pick<PlanPoint, "kind" | "camera" | "way" | "label">;

export function placed(draft: Draft, key: string, what: NewPoint, spot: Spot): Draft {
  return { ...draft, points: [...draft.points, { ...what, ...held(spot), key, bearing_deg: null }] };
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

export interface Difference {
  key: string;
  what: "added" | "changed" | "removed";
  /** Ours, where we have it; else theirs. */
  point: PlanPoint;
}

const fields = (point: PlanPoint) => [
  point.kind,
  point.x,
  point.y,
  point.camera,
  point.way,
  point.label,
  point.bearing_deg,
];

/** What `mine` would do to the points of `theirs`. */
export function differences(theirs: Draft, mine: Draft): Difference[] {
  const there = new Map(theirs.points.map((point) => [point.key, point]));
  const here = new Set(mine.points.map(({ key }) => key));
  const found: Difference[] = [];
  for (const point of mine.points) {
    const other = there.get(point.key);
    if (other === undefined) found.push({ key: point.key, what: "added", point });
    else if (!same(fields(point), fields(other))) found.push({ key: point.key, what: "changed", point });
  }
  for (const point of theirs.points) {
    if (!here.has(point.key)) found.push({ key: point.key, what: "removed", point });
  }
  return found;
}

/** `draft` with one difference taken over. What stands there under another key is the same camera or way in, moved. */
export function takenOver(draft: Draft, { key, what, point }: Difference): Draft {
  if (what === "removed") return removed(draft, key);
  const there = draft.points.find((other) => other.key === key || standsFor(other, point));
  if (there === undefined) return { ...draft, points: [...draft.points, point] };
  return changed(draft, there.key, { ...point, key: there.key });
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
 * Their newer plan with what I did to the plan as a whole (name, floor, scale) since `base`. My points are not put
 * over theirs unasked: `differences(base, mine)` says what I did, and each of them is taken over by hand.
 */
export function rebased(theirs: Draft, base: Draft, mine: Draft): Draft {
  return {
    name: mine.name === base.name ? theirs.name : mine.name,
    kind: mine.kind === base.kind ? theirs.kind : mine.kind,
    floor: mine.floor === base.floor ? theirs.floor : mine.floor,
    scale: same(mine.scale, base.scale) ? theirs.scale : mine.scale,
    points: theirs.points,
  };
}

/** Those of my differences that `now` does not have yet. */
export function pending(now: Draft, mine: readonly Difference[]): Difference[] {
  return mine.filter((one) => !alike(now, takenOver(now, one)));
}
