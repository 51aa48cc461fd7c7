/** Borders of regions and districts as paths of a picture. Pure. */
import type { Feature, FeatureCollection, MultiPolygon, Polygon, Position } from "geojson";

export interface Area {
  code: string;
  path: string;
  /** Where its number stands. */
  at: { x: number; y: number };
}

export type Borders = FeatureCollection<Polygon | MultiPolygon, { code: string; region?: string }>;

const RADIANS = Math.PI / 180;
/** Mercator, as on the map of schools; y grows to the south. */
const project = ([lon = 0, lat = 0]: Position): [number, number] => [
  lon,
  -Math.log(Math.tan(Math.PI / 4 + (lat * RADIANS) / 2)) / RADIANS,
];

const ringsOf = ({ geometry }: Feature<Polygon | MultiPolygon>): Position[][] =>
  geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();

const outlines = ({ geometry }: Feature<Polygon | MultiPolygon>): Position[][] =>
  (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).flatMap((one) =>
    one.slice(0, 1),
  );

/** Twice the signed area, and the centre of gravity, of a projected ring. */
function weigh(ring: readonly [number, number][]): { area: number; x: number; y: number } {
  let [area, x, y] = [0, 0, 0];
  ring.forEach(([ax, ay], at) => {
    const [bx, by] = ring[(at + 1) % ring.length] ?? [ax, ay];
    const cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  });
  return area === 0
    ? { area: 0, x: ring[0]?.[0] ?? 0, y: ring[0]?.[1] ?? 0 }
    : { area, x: x / (3 * area), y: y / (3 * area) };
}

/** All of them fitted into a box `width` wide; its height follows. */
export function areasOf(
  features: readonly Feature<Polygon | MultiPolygon, { code: string }>[],
  width: number,
): { areas: Area[]; height: number } {
  const all = features.flatMap(outlines).flat().map(project);
  if (all.length === 0) return { areas: [], height: 0 };
  const bounds = all.reduce(
    (box, [x, y]) =>
      [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] as const,
    [Infinity, Infinity, -Infinity, -Infinity] as readonly [number, number, number, number],
  );
  const scale = width / Math.max(bounds[2] - bounds[0], 1e-6);
  const fit = (at: Position): [number, number] => {
    const [x, y] = project(at);
    return [(x - bounds[0]) * scale, (y - bounds[1]) * scale];
  };
  const areas = features.map((feature) => {
    const path = ringsOf(feature)
      .map(
        (ring) =>
          `M${ring
            .map((at) =>
              fit(at)
                .map((one) => one.toFixed(1))
                .join(" "),
            )
            .join("L")}Z`,
      )
      .join("");
    const largest = outlines(feature)
      .map((ring) => weigh(ring.map(fit)))
      .reduce((most, one) => (Math.abs(one.area) > Math.abs(most.area) ? one : most));
    return { code: feature.properties.code, path, at: { x: largest.x, y: largest.y } };
  });
  return { areas, height: (bounds[3] - bounds[1]) * scale };
}
