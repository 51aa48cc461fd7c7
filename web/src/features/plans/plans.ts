/** Plans of a school's floors and grounds: asked for, saved, brought back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiProblem, csrfToken, done, problemOf, taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { Draft } from "./drafts";
import type { Wall } from "./shapes";
import type { Spot } from "./view";

export type { Wall };

export type ZoneKind = components["schemas"]["ZoneKind"];
/** `required`: key of a class that this zone shall have instead of the norm's. */
export type Zone = Omit<Required<components["schemas"]["PlanZone"]>, "outline"> & {
  outline: readonly Spot[];
};

/** The centre sends every field of a point and of a zone; it takes them without those that may be empty. */
export type PlanPoint = Required<components["schemas"]["PlanPoint"]>;
type Told = components["schemas"]["Plan"];
export type Plan = Omit<Told, "points" | "zones"> & { points: PlanPoint[]; zones: Zone[] };

/** A plan of the centre, with what it may leave out. */
export function planOf(told: Told): Plan {
  return {
    ...told,
    points: told.points.map((point) => ({
      ...point,
      bearing_deg: point.bearing_deg ?? null,
      camera: point.camera ?? null,
      lens: point.lens ?? null,
      way: point.way ?? null,
    })),
    zones: told.zones.map((zone) => ({ ...zone, required: zone.required ?? null })),
  };
}

export type PointKind = PlanPoint["kind"];
export type Scale = NonNullable<Plan["scale"]>;
export type WayIn = components["schemas"]["WayIn"];

/** What somebody else may have drawn meanwhile is seen after so long. */
const LOOK_MS = 60_000;
const MOST_WAYS = 500;

const plansOf = (school: string) => ["plans", school] as const;
const revisionsOf = (plan: string) => ["plan-revisions", plan] as const;

/** All plans of a school: its grounds first, then the floors from below. */
export function usePlans(school: string) {
  return useQuery({
    queryKey: plansOf(school),
    queryFn: async () => {
      const { items } = await taken(
        api.GET("/api/schools/{school_id}/plans", { params: { path: { school_id: school } } }),
      );
      return items.map(planOf);
    },
    refetchInterval: LOOK_MS,
  });
}

/** Those that were taken away, for who may bring them back. */
export function useRemoved(school: string, mayBringBack: boolean) {
  return useQuery({
    queryKey: [...plansOf(school), "removed"],
    queryFn: async () => {
      const { items } = await taken(
        api.GET("/api/schools/{school_id}/plans", {
          params: { path: { school_id: school }, query: { removed: true } },
        }),
      );
      return items.map(planOf);
    },
    enabled: mayBringBack,
  });
}

/** The plan on which an alarm's way in stands, and its point there. */
export function usePlace(alarm: string) {
  return useQuery({
    queryKey: ["alarm-place", alarm],
    queryFn: async () => {
      const { plan, point } = await taken(
        api.GET("/api/alarms/{alarm_id}/place", { params: { path: { alarm_id: alarm } } }),
      );
      return { plan: plan === null ? null : planOf(plan), point };
    },
    staleTime: LOOK_MS,
  });
}

/** Every way in of a school: what can be drawn, and the names of what is. */
export function useWays(school: string) {
  return useQuery({
    queryKey: ["ways-in", school],
    queryFn: () =>
      taken(api.GET("/api/supervision/tests", { params: { query: { school, limit: MOST_WAYS } } })),
    staleTime: LOOK_MS,
  });
}

/** After a change: everybody who shows plans of this school asks anew. */
function useChanged(school: string) {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: plansOf(school) }),
      queries.invalidateQueries({ queryKey: ["alarm-place"] }),
      queries.invalidateQueries({ queryKey: ["plan-revisions"] }),
      queries.invalidateQueries({ queryKey: ["coverage"] }),
    ]);
}

/** Saves what was drawn over `revision`. Refused with 409 when somebody else has saved since. */
export function useSave(school: string) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: async ({ plan, revision, draft }: { plan: string; revision: number; draft: Draft }) => {
      const { points, walls, zones } = draft;
      const saved = await taken(
        api.PUT("/api/plans/{plan_id}", {
          params: { path: { plan_id: plan } },
          body: {
            ...draft,
            revision,
            points: [...points],
            walls: [...walls],
            zones: zones.map((zone) => ({ ...zone, outline: [...zone.outline] })),
          },
        }),
      );
      return planOf(saved);
    },
    onSuccess: changed,
  });
}

/** Somebody else was faster. */
export function isStale(error: Error | null): boolean {
  return error instanceof ApiProblem && error.code === "conflict";
}

export function useRevisions(plan: string) {
  return useQuery({
    queryKey: revisionsOf(plan),
    queryFn: () => taken(api.GET("/api/plans/{plan_id}/revisions", { params: { path: { plan_id: plan } } })),
    staleTime: 0,
  });
}

/** A plan's layout as it was: revisions are never changed. */
export function useRevision(plan: string, number: number | null) {
  return useQuery({
    queryKey: ["plan-revision", plan, number],
    queryFn: async () => {
      const then = await taken(
        api.GET("/api/plans/{plan_id}/revisions/{number}", {
          params: { path: { plan_id: plan, number: number ?? 0 } },
        }),
      );
      return planOf(then);
    },
    enabled: number !== null,
    staleTime: Infinity,
  });
}

export function useRestore(school: string) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: ({ plan, revision, to }: { plan: string; revision: number; to: number }) =>
      taken(
        api.POST("/api/plans/{plan_id}/restore", {
          params: { path: { plan_id: plan } },
          body: { revision, to },
        }),
      ),
    onSuccess: changed,
  });
}

/** Taken away, it can be brought back. */
export function useTakeAway(school: string) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: (plan: string) =>
      done(api.DELETE("/api/plans/{plan_id}", { params: { path: { plan_id: plan } } })),
    onSuccess: changed,
  });
}

export function useBringBack(school: string) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: (plan: string) =>
      done(api.POST("/api/plans/{plan_id}/return", { params: { path: { plan_id: plan } } })),
    onSuccess: changed,
  });
}

export interface NewPlan {
  file: File;
  kind: Plan["kind"];
  name: string;
  floor: number | null;
  /** Of a PDF, from 1. */
  page: number;
}

/** Sends a picture or a PDF. `onShare` hears how much of it has left, 0…1: `fetch` cannot tell. */
export function useUpload(school: string, onShare: (share: number) => void) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: ({ file, kind, name, floor, page }: NewPlan) =>
      sent(`/api/schools/${school}/plans`, onShare, {
        file,
        kind,
        name,
        floor: floor === null ? null : String(floor),
        page: String(page),
      }),
    onSuccess: changed,
  });
}

/** Another drawing under what stands on the plan; as a new revision, so that the old one can be restored. */
export function useReplace(plan: Plan, onShare: (share: number) => void) {
  const changed = useChanged(plan.school);
  return useMutation({
    mutationFn: ({ file, page }: { file: File; page: number }) =>
      sent(`/api/plans/${plan.id}/image`, onShare, {
        file,
        revision: String(plan.revision),
        page: String(page),
      }),
    onSuccess: changed,
  });
}

function sent(
  path: string,
  onShare: (share: number) => void,
  fields: Record<string, string | File | null>,
): Promise<Plan> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== null) form.set(name, value);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiProblem("unreachable", 0, ""));
    request.onload = () => {
      const { status, response } = request;
      if (status >= 200 && status < 300) resolve(planOf(response as Told));
      else reject(problemOf(response, status));
    };
    request.send(form);
  });
}

/** A new point's name for itself, a UUID (RFC 9562 version 4); made without a secure context too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
