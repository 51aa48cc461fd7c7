/** Schools as points of the map. Pure. */
import type { FeatureCollection, Point } from "geojson";
import type { School } from "@/api/types";
import { named } from "@/vocabulary/text";
import { schoolState, type SchoolState } from "@/vocabulary/schools";

export interface PointProperties {
  id: string;
  state: SchoolState;
  name: string;
  /** 1 where a person is needed: counted by clusters. */
  needs: number;
}

export type Points = FeatureCollection<Point, PointProperties>;

/** Schools in alarm apart from the others: a cluster must never swallow one. */
export function pointsOf(schools: Iterable<School>, language: string): { calm: Points; alarmed: Points } {
  const calm: Points = { type: "FeatureCollection", features: [] };
  const alarmed: Points = { type: "FeatureCollection", features: [] };
  for (const school of schools) {
    const state = schoolState(school);
    const into = state === "alarm" ? alarmed : calm;
    into.features.push({
      type: "Feature",
      geometry: { type: "Point", coordinates: [school.lon, school.lat] },
      properties: {
        id: school.id,
        state,
        name: named(school.name, language),
        needs: state === "silent" || state === "partial" ? 1 : 0,
      },
    });
  }
  return { calm, alarmed };
}

export type Bounds = [west: number, south: number, east: number, north: number];

/** Kazakhstan, for when there is nothing to fit to. */
export const COUNTRY: Bounds = [46.4, 40.5, 87.4, 55.5];

/** What holds all points, with a margin around a single one; the country when there are none. */
export function boundsOf(schools: Iterable<School>): Bounds {
  let found: Bounds | null = null;
  for (const { lon, lat } of schools) {
    found =
      found === null
        ? [lon, lat, lon, lat]
        : [
            Math.min(found[0], lon),
            Math.min(found[1], lat),
            Math.max(found[2], lon),
            Math.max(found[3], lat),
          ];
  }
  if (found === null) return COUNTRY;
  const margin = 0.01;
  return [found[0] - margin, found[1] - margin, found[2] + margin, found[3] + margin];
}
