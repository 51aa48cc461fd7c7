/** Which cameras stand on the wall. Pure. */
import type { Camera, School } from "@/api/types";

export const TILE_COUNTS = [1, 4, 9, 16] as const;
export type TileCount = (typeof TILE_COUNTS)[number];

export function isTileCount(value: unknown): value is TileCount {
  return TILE_COUNTS.includes(value as TileCount);
}

/** The cameras of the chosen school, or of all schools; in a fixed order, so that a tile keeps its place. */
export function wallCameras(
  cameras: ReadonlyMap<string, Camera>,
  schools: ReadonlyMap<string, School>,
  chosen: { school?: string; cams?: readonly string[] },
): Camera[] {
  if (chosen.cams !== undefined && chosen.cams.length > 0) {
    return chosen.cams.map((id) => cameras.get(id)).filter((camera) => camera !== undefined);
  }
  // A neighbour's cameras come with an alarm alone, without their school: they are shown there, and on no wall.
  const site = (camera: Camera) => schools.get(camera.school)?.site ?? "";
  return [...cameras.values()]
    .filter((camera) => schools.has(camera.school))
    .filter((camera) => chosen.school === undefined || camera.school === chosen.school)
    .sort((a, b) => site(a).localeCompare(site(b)) || a.key.localeCompare(b.key));
}

/** One page of the wall, and how many there are. A page beyond the last is the last. */
export function pageOf<T>(
  items: readonly T[],
  tiles: number,
  page: number,
): { items: T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / tiles));
  const shown = Math.min(Math.max(0, page), pages - 1);
  return { items: items.slice(shown * tiles, (shown + 1) * tiles), page: shown, pages };
}
