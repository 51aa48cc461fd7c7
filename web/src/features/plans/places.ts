/** Camera places: what the norm asks of zones, what a plan's cameras achieve, the lens from a known width. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { Lens } from "./lenses";
import { places, type Plan, type PlanPoint, type Zone } from "./plans";
import { contains } from "./shapes";
import type { Spot } from "./view";

type Words = components["schemas"]["Name"];
type Duty = "must" | "may" | "must_not";
/** How far a value of the norms can be trusted. */
type Status = "verified" | "digest" | "statement" | "assumed";

export interface ZoneRule {
  kind: string;
  title: Words;
  cameras: Duty;
  status: Status;
  clause: string;
  source: string;
}

export interface DensityScale {
  key: string;
  title: Words;
  standard: string;
  status: Status;
  /** Rising. `colour`: of the class on the map. */
  classes: { key: string; title: Words; px_m: number; colour: string }[];
}

export interface Norms {
  version: number;
  checked_on: string;
  zones: ZoneRule[];
  scales: DensityScale[];
  needed_share: number;
}

export interface ZoneReport {
  zone: string;
  kind: string;
  cameras: Duty;
  status: Status;
  required: string | null;
  needs_px_m: number;
  area_m2: number;
  seen: number;
  with_class: number;
  enough: boolean;
  blind_spots: { area_m2: number; at: Spot; outline: Spot[] }[];
}

export interface Coverage {
  revision: number;
  scale: string;
  height_m: number;
  /** What is not known of the plan: `scale`. */
  missing: string[];
  /** Keys of cameras without lens or bearing. */
  unmeasured: string[];
  zones: ZoneReport[];
  lacking: string[];
  absent: string[];
  overlaps: { first: string; second: string; area_m2: number }[];
  refusals: { camera: string; zone: string; how: "stands_in" | "looks_in" }[];
  map: string | null;
}

export interface Calibrated {
  degrees: number;
  error_deg: number;
}

/** Where density is asked: the floor, a table or a child's height, a face. */
export const HEIGHTS_M = [0, 1, 1.6] as const;

/** What is in force changes with the centre, not during a shift. */
export function useNorms(offered = true) {
  return useQuery({
    queryKey: ["zone-norms"],
    queryFn: () => taken(places.GET<Norms>("/api/norms/zones", {})),
    enabled: offered,
    staleTime: Infinity,
  });
}

/** What stands under the plan's newest revision; another revision is asked anew. */
export function useCoverage(plan: Plan, scale: string | undefined, height: number) {
  return useQuery({
    queryKey: ["coverage", plan.id, plan.revision, scale, height],
    queryFn: () =>
      taken(
        places.GET<Coverage>("/api/plans/{plan_id}/coverage", {
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
        places.POST<Calibrated>("/api/plans/{plan_id}/calibration", {
          params: { path: { plan_id: plan } },
          body: wish,
        }),
      ),
  });
}
