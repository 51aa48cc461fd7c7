/** What differs between two versions of a plan: what stands there now, what is gone, what was moved. Pure. */

import type { Difference, Spot } from "@/vocabulary/plan-picture";

/** As much of a plan, or of one of its versions, as is compared. Versions from before zones and walls have none. */
export interface PlanLayout {
  image: string;
  scale: unknown;
  points: readonly {
    key: string;
    kind: string;
    x: number;
    y: number;
    label?: string;
    camera?: string | null;
    way?: string | null;
    bearing_deg?: number | null;
    lens?: unknown;
  }[];
  zones?: readonly {
    key: string;
    kind: string;
    name?: string;
    outline: readonly Spot[];
    required?: unknown;
  }[];
  walls?: readonly { a: Spot; b: Spot }[];
}

interface Thing {
  key: string;
  of: Difference["of"];
  kind: string;
  label: string;
  outline: Spot[];
  /** Everything that matters, as one text. */
  said: string;
}

/** Places are kept to a ten-thousandth of the drawing: anything less is not a change. */
const place = ({ x, y }: Spot): Spot => ({ x: Math.round(x * 1e4) / 1e4, y: Math.round(y * 1e4) / 1e4 });

function things(layout: PlanLayout): Map<string, Thing> {
  const found = new Map<string, Thing>();
  for (const point of layout.points) {
    const { key, kind, label = "", camera = null, way = null, bearing_deg = null, lens = null } = point;
    const at = place(point);
    const said = JSON.stringify([kind, at, label, camera, way, bearing_deg, lens]);
    found.set(`point ${key}`, { key, of: "point", kind, label, outline: [at], said });
  }
  for (const zone of layout.zones ?? []) {
    const { key, kind, name = "", required = null } = zone;
    const outline = zone.outline.map(place);
    found.set(`zone ${key}`, {
      key,
      of: "zone",
      kind,
      label: name,
      outline,
      said: JSON.stringify([kind, name, outline, required]),
    });
  }
  for (const { a, b } of layout.walls ?? []) {
    const outline = [place(a), place(b)];
    const key = JSON.stringify(outline);
    found.set(`wall ${key}`, { key, of: "wall", kind: "wall", label: "", outline, said: key });
  }
  return found;
}

/** From `before` to `after`; removed ones first, so that they are drawn underneath. */
export function differences(before: PlanLayout, after: PlanLayout): Difference[] {
  const [was, is] = [things(before), things(after)];
  const found: Difference[] = [];
  for (const [id, thing] of was) {
    if (!is.has(id)) found.push({ ...told(thing), change: "removed", before: thing.outline, after: null });
  }
  for (const [id, thing] of is) {
    const former = was.get(id);
    if (former === undefined)
      found.push({ ...told(thing), change: "added", before: null, after: thing.outline });
    else if (former.said !== thing.said)
      found.push({ ...told(thing), change: "changed", before: former.outline, after: thing.outline });
  }
  return found;
}

const told = ({ key, of, kind, label }: Thing) => ({ key, of, kind, label });

/** The drawing itself is another one, or was scaled anew. */
export function sheetDiffers(before: PlanLayout, after: PlanLayout): { drawing: boolean; scale: boolean } {
  return {
    drawing:
      before.image.split("?")[0] !== after.image.split("?")[0] || versionOf(before) !== versionOf(after),
    scale: JSON.stringify(before.scale) !== JSON.stringify(after.scale),
  };
}

const versionOf = ({ image }: PlanLayout): string =>
  new URLSearchParams(image.split("?")[1] ?? "").get("v") ?? "";
