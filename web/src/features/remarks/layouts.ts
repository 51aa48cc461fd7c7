/** Versions of plans, as they were. */
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import { useSession } from "@/world/hooks";
import type { PlanLayout } from "./differences";

export interface Layout extends PlanLayout {
  id: string;
  name: string;
  kind: "floor" | "site";
  revision: number;
  width_px: number;
  height_px: number;
}

const HOUR_MS = 3_600_000;

interface Version {
  school: string;
  plan: string | null | undefined;
  revision: number | null | undefined;
}

/** A version never changes: it is asked for once. The newest comes with the school's plans. */
export function useLayout({ school, plan, revision }: Version) {
  return useQuery({
    queryKey: ["plan-layout", plan, revision],
    queryFn: async (): Promise<Layout> => {
      const { items } = await taken(
        api.GET("/api/schools/{school_id}/plans", { params: { path: { school_id: school } } }),
      );
      const newest = items.find((one) => one.id === plan && one.revision === revision);
      if (newest !== undefined) return newest;
      return taken(
        api.GET("/api/plans/{plan_id}/revisions/{number}", {
          params: { path: { plan_id: plan ?? "", number: revision ?? 0 } },
        }),
      );
    },
    enabled: typeof plan === "string" && typeof revision === "number",
    staleTime: HOUR_MS,
  });
}

/** The plan on which a camera stands, as it is now; null when it stands on none, or may not be seen. */
export function usePlanOf(school: string, camera: string | null) {
  const mayRead = useSession().rights.includes("plans.read");
  return useQuery({
    queryKey: ["plan-of-camera", school, camera],
    queryFn: async () => {
      const { items } = await taken(
        api.GET("/api/schools/{school_id}/plans", { params: { path: { school_id: school } } }),
      );
      const plan = items.find(({ points }) => points.some((point) => point.camera === camera));
      return plan === undefined ? null : { plan: plan.id, revision: plan.revision };
    },
    enabled: camera !== null && mayRead,
    staleTime: 0,
  });
}
