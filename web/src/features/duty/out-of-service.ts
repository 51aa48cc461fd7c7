/** Ways in of alarms, and which of them are out of service: a defect with a clock. What they raise still comes in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, done, taken } from "@/api/client";
import type { components } from "@/api/schema";

export type WayIn = components["schemas"]["WayIn"];

const KEY = ["out-of-service"] as const;
const LOOK_MS = 30_000;
const MOST = 500;
const HOUR_MS = 3_600_000;

/** How long something may be out of service; the centre allows thirty days, by its own clock. */
export const LENGTHS = { "8h": 8 * HOUR_MS, "1d": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 719 * HOUR_MS };
export type Length = keyof typeof LENGTHS;

/** What is out of service now; of one school when it is named. */
export function useOutOfService(school?: string) {
  return useQuery({
    queryKey: [...KEY, school ?? "all"],
    queryFn: () =>
      taken(api.GET("/api/out-of-service", { params: { query: school === undefined ? {} : { school } } })),
    refetchInterval: LOOK_MS,
  });
}

/** Every way in of a school, with its state and the proof that it works. */
export function useWaysIn(school: string) {
  return useQuery({
    queryKey: ["ways-in", school],
    queryFn: () => taken(api.GET("/api/supervision/tests", { params: { query: { school, limit: MOST } } })),
    refetchInterval: LOOK_MS,
  });
}

interface Point {
  school: string;
  key: string;
}

export function useTakeOut({ school, key }: Point) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { reason: string; until: string }) =>
      taken(
        api.PUT("/api/schools/{school_id}/sources/{key}/out-of-service", {
          params: { path: { school_id: school, key } },
          body,
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function usePutBack({ school, key }: Point) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      done(
        api.DELETE("/api/schools/{school_id}/sources/{key}/out-of-service", {
          params: { path: { school_id: school, key } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
