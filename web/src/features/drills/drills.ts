/** A school's drills: what is due, what is planned, how they went. */
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Drill = Schemas["Drill"];
export type DrillYear = Schemas["DrillYear"];
export type Demand = DrillYear["demands"][number];

const DRILLS = ["drills"];
const AGAIN_MS = 30_000;
const RUNNING_AGAIN_MS = 2_000;
/** Of a school's page: the latest ones. */
export const SHOWN = 10;

export function useDrillYear(school: string) {
  return useQuery({
    queryKey: [...DRILLS, "year", school],
    queryFn: () =>
      taken(api.GET("/api/schools/{school_id}/drill-year", { params: { path: { school_id: school } } })),
    refetchInterval: AGAIN_MS,
  });
}

/** While one runs it is asked for more often: a real alarm may end it. */
export function useDrills(school: string) {
  return useQuery({
    queryKey: [...DRILLS, "list", school],
    queryFn: () => taken(api.GET("/api/drills", { params: { query: { school, limit: SHOWN } } })),
    refetchInterval: ({ state }) =>
      state.data?.items.some((one) => one.state === "running") === true ? RUNNING_AGAIN_MS : AGAIN_MS,
  });
}

/** What somebody has to do something about. */
export function presses(demand: Demand): boolean {
  return demand.state === "overdue" || demand.state === "unscheduled";
}
