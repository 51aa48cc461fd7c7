/** Camera places: what the norm asks of zones, what a plan's cameras achieve, the lens from a known width. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, ApiProblem, taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { Draft } from "./drafts";
import type { Lens } from "./lenses";
import type { Plan, PlanPoint, Zone } from "./plans";
import { contains } from "./shapes";
import type { Size, Spot } from "./view";

type Schemas = components["schemas"];
export type ZoneRule = Schemas["ZoneNorm"];
/** Classes in rising order; `colour` is that of a class on the map. */
export type DensityScale = Schemas["DensityScale"];
export type Norms = Schemas["ZoneNorms"];
export type ZoneReport = Schemas["ZoneCoverage"];
export type Coverage = Schemas["PlanCoverage"];
export type Calibrated = Schemas["Calibrated"];

/** Where density is asked: the floor, a table or a child's height, a face. */
export const HEIGHTS_M = [0, 1, 1.6] as const;

/** What is in force changes with the centre, not during a shift. */
export function useNorms() {
  return useQuery({
    queryKey: ["zone-norms"],
    queryFn: () => taken(api.GET("/api/norms/zones", {})),
    staleTime: Infinity,
  });
}

/** What stands under the plan's newest revision; another revision is asked anew. */
export function useCoverage(plan: Plan, scale: string | undefined, height: number) {
  return useQuery({
    queryKey: ["coverage", plan.id, plan.revision, scale, height],
    queryFn: () =>
      taken(
        api.GET("/api/plans/{plan_id}/coverage", {
          params: { path: { plan_id: plan.id }, query: { scale, height_m: height } },
        }),
      ),
    enabled: scale !== undefined,
    staleTime: Infinity,
  });
}

export function ruleOf(norms: Norms | undefined, kind: string): ZoneRule | undefined {
  return norms?.zones.find((rule) => rule.kind === kind);
}

/** Cameras that stand where none may be, as far as it can be known while one draws: each with the zone. */
export function standingInPrivate(
  points: readonly PlanPoint[],
  zones: readonly Zone[],
  norms: Norms | undefined,
): { point: PlanPoint; zone: Zone }[] {
  const closed = zones.filter(({ kind }) => ruleOf(norms, kind)?.cameras === "must_not");
  return points
    .filter(({ kind }) => kind === "camera")
    .flatMap((point) =>
      closed.filter(({ outline }) => contains(outline, point)).map((zone) => ({ point, zone })),
    );
}

/** Which camera and which zone the centre speaks of when it refuses a plan because nobody is filmed there. */
export function refusedPair(
  error: Error | null,
  { points, zones }: Pick<Draft, "points" | "zones">,
): { point: PlanPoint; zone: Zone } | null {
  if (!(error instanceof ApiProblem) || error.code !== "plan.camera_private") return null;
  const [, camera, place] = /\(point (\S+), zone (\S+)\)/u.exec(error.message) ?? [];
  const point = points.find(({ key }) => key === camera);
  const zone = zones.find(({ key }) => key === place);
  return point === undefined || zone === undefined ? null : { point, zone };
}

/** Cameras and the zones where nobody is filmed that they stand in or, as the centre said, see into. */
export function privatePairs(
  draft: Pick<Draft, "points" | "zones">,
  norms: Norms | undefined,
  error: Error | null,
): { point: PlanPoint; zone: Zone; how: "stands_in" | "looks_in" }[] {
  const standing = standingInPrivate(draft.points, draft.zones, norms).map((pair) => ({
    ...pair,
    how: "stands_in" as const,
  }));
  const told = refusedPair(error, draft);
  if (told === null) return standing;
  const known = standing.some(
    ({ point, zone }) => point.key === told.point.key && zone.key === told.zone.key,
  );
  const how = contains(told.zone.outline, told.point) ? ("stands_in" as const) : ("looks_in" as const);
  return known ? standing : [...standing, { ...told, how }];
}

/** The resolution with which a plan counts, where another one is measured. */
export function otherThanMeasured(lens: Lens | null, measured: Size | null): measured is Size {
  return (
    lens !== null &&
    measured !== null &&
    (measured.width !== lens.width_px || measured.height !== lens.height_px)
  );
}

/** Two ends of a known width, in pixels of the picture as the lens counts them. */
export interface KnownWidth {
  width_m: number;
  left: { column: number; row: number };
  right: { column: number; row: number };
}

/** Whichever end was chosen first: the centre asks which one is left. */
export function knownWidth(width_m: number, ends: readonly [Spot, Spot], lens: Lens): KnownWidth {
  const [left, right] = [...ends].sort((one, other) => one.x - other.x) as [Spot, Spot];
  const at = ({ x, y }: Spot) => ({ column: x * lens.width_px, row: y * lens.height_px });
  return { width_m, left: at(left), right: at(right) };
}

export function useCalibration(plan: string) {
  return useMutation({
    mutationFn: (wish: { camera: string; solve: "hfov" | "tilt"; lens: Lens } & KnownWidth) =>
      taken(
        api.POST("/api/plans/{plan_id}/calibration", {
          params: { path: { plan_id: plan } },
          body: wish,
        }),
      ),
  });
}
