/** Standard actions at a school: ordered by the centre, done by the school's own outputs, with a result for each. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { ActionOrder, ActionWord, Kind, SchoolAction } from "@/api/types";

export const ACTIONS = [
  "lockdown",
  "secure",
  "hold",
  "evacuate",
  "shelter",
] as const satisfies readonly ActionWord[];

const ordersKey = (school: string) => ["orders", school] as const;

/** What the centre ordered there, newest first: waiting for the school, taken, or refused. */
export function useOrders(school: string, everyMs: number) {
  return useQuery({
    queryKey: ordersKey(school),
    queryFn: () =>
      taken(
        api.GET("/api/schools/{school_id}/orders", {
          params: { path: { school_id: school }, query: { limit: 5 } },
        }),
      ),
    refetchInterval: everyMs,
  });
}

/** What the school did, newest first, with what every siren, door and speaker answered. */
export function useTaken(school: string, everyMs: number) {
  return useQuery({
    queryKey: ["school-actions", school],
    queryFn: () => taken(api.GET("/api/supervision/actions", { params: { query: { school, limit: 5 } } })),
    refetchInterval: everyMs,
  });
}

export function useOrder(school: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ action, kind }: { action: ActionWord; kind: Kind }): Promise<ActionOrder> => {
      const params = { path: { school_id: school }, header: { "Idempotency-Key": idempotencyKey() } };
      return action === "all_clear"
        ? taken(api.POST("/api/schools/{school_id}/actions/all-clear", { params, body: { kind } }))
        : taken(api.POST("/api/schools/{school_id}/actions", { params, body: { action, kind } }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ordersKey(school) }),
  });
}

/** What holds at the school now: the newest that it took, unless that is the all-clear. */
export function standing(actions: readonly SchoolAction[]): SchoolAction | null {
  const newest = actions[0];
  return newest === undefined || newest.action === "all_clear" ? null : newest;
}

export interface Output {
  key: string;
  ok: boolean;
  reason: string;
  ms: number | null;
}

/** A school's outputs as they are sent: what is missing in one is nothing, not an error. */
export function outputsOf(action: SchoolAction): Output[] {
  return action.outputs.map((raw) => ({
    key: typeof raw["key"] === "string" ? raw["key"] : "",
    ok: raw["ok"] === true,
    reason: typeof raw["reason"] === "string" ? raw["reason"] : "",
    ms: typeof raw["ms"] === "number" ? raw["ms"] : null,
  }));
}
