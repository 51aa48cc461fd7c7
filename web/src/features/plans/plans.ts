/** Plans of a school's floors and grounds: asked for, saved, brought back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ApiProblem, csrfToken, done, problemOf, taken } from "@/api/client";
import type { components } from "@/api/schema";
import type { Draft } from "./drafts";

/** The centre sends every field of a point; it takes points without those that may be empty. */
export type PlanPoint = Required<components["schemas"]["PlanPoint"]>;
export type Plan = Omit<components["schemas"]["Plan"], "points"> & { points: PlanPoint[] };
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
      return items as Plan[];
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
      return items as Plan[];
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
      return { plan: plan as Plan | null, point };
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
    ]);
}

/** Saves what was drawn over `revision`. Refused with 409 when somebody else has saved since. */
export function useSave(school: string) {
  const changed = useChanged(school);
  return useMutation({
    mutationFn: async ({ plan, revision, draft }: { plan: string; revision: number; draft: Draft }) => {
      const saved = await taken(
        api.PUT("/api/plans/{plan_id}", {
          params: { path: { plan_id: plan } },
          body: { revision, ...draft, points: [...draft.points] },
        }),
      );
      return saved as Plan;
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
    mutationFn: (wish: NewPlan) => sent(school, wish, onShare),
    onSuccess: changed,
  });
}

function sent(school: string, wish: NewPlan, onShare: (share: number) => void): Promise<Plan> {
  const form = new FormData();
  form.set("file", wish.file);
  form.set("kind", wish.kind);
  form.set("name", wish.name);
  if (wish.floor !== null) form.set("floor", String(wish.floor));
  form.set("page", String(wish.page));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/schools/${school}/plans`);
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiProblem("unreachable", 0, ""));
    request.onload = () => {
      const { status, response } = request;
      if (status >= 200 && status < 300) resolve(response as Plan);
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
