/** What is silent or broken, and whether every way in of alarms is proved: asked for again and again, planned, taken. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import i18n, { type TFunction } from "i18next";
import { api, taken } from "@/api/client";
import type { components } from "@/api/schema";
import { wordFor } from "@/vocabulary/text";

export type Fault = components["schemas"]["Fault"];
export type WayIn = components["schemas"]["WayIn"];
export type PlannedTest = components["schemas"]["PlannedTest"];
export type Proof = WayIn["proof"];

export const PROOFS: readonly Proof[] = ["overdue", "never", "slow", "proved"];
const FAULTS = ["supervision", "faults"] as const;
const TESTS = ["supervision", "tests"] as const;
const PLAN = ["supervision", "plan"] as const;
const LOOK_MS = 10_000;
const PAGE = 100;
const IN_PAGES = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: { next?: string | null }) => last.next ?? undefined,
  refetchInterval: LOOK_MS,
};
const HOUR_MS = 3_600_000;

/** When a test is planned for, from now. */
export const PLAN_IN = { "1h": HOUR_MS, "1d": 24 * HOUR_MS, "3d": 72 * HOUR_MS, "7d": 168 * HOUR_MS };
export type PlanIn = keyof typeof PLAN_IN;

/** Open faults, newest first, a page at a time. */
export const useFaults = () =>
  useInfiniteQuery({
    queryKey: FAULTS,
    queryFn: ({ pageParam }) =>
      taken(
        api.GET("/api/supervision/faults", {
          params: { query: { state: "open", limit: PAGE, cursor: pageParam } },
        }),
      ),
    ...IN_PAGES,
  });

/** Say that one acts on a fault; what is measured closes it. */
export function useTake(fault: Fault) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (note: string) =>
      taken(
        api.POST("/api/supervision/faults/{fault_id}/taking", {
          params: { path: { fault_id: fault.id } },
          body: { note },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: FAULTS }),
  });
}

/** Ways in whose proof is this one. */
export const useTests = (proof: Proof) =>
  useInfiniteQuery({
    queryKey: [...TESTS, proof],
    queryFn: ({ pageParam }) =>
      taken(
        api.GET("/api/supervision/tests", { params: { query: { proof, limit: PAGE, cursor: pageParam } } }),
      ),
    ...IN_PAGES,
  });

/** Tests that are planned and were not pressed yet. */
export const usePlanned = () =>
  useQuery({
    queryKey: PLAN,
    queryFn: () => taken(api.GET("/api/supervision/tests/plan")),
    refetchInterval: LOOK_MS,
  });

export function usePlan(way: WayIn) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (at: number) =>
      taken(
        api.POST("/api/supervision/tests/plan", {
          body: { school: way.school, buttons: [way.key], planned_for: new Date(at).toISOString() },
        }),
      ),
    onSettled: () => Promise.all([TESTS, PLAN].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

export function useCancelTest(test: PlannedTest) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      taken(api.DELETE("/api/supervision/tests/plan/{test_id}", { params: { path: { test_id: test.id } } })),
    onSettled: () => Promise.all([TESTS, PLAN].map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

/** The word for a fault's code: its own, a panel's meaning, or what the node says of itself; else the code. */
export function faultWord(t: TFunction, code: string): string {
  const own = wordFor(t, "fault", code);
  if (own !== code) return own;
  const [where, ...rest] = code.split(".");
  const meaning = rest.join(".");
  if (where === "source" && i18n.exists(`meaning.${meaning}`)) return wordFor(t, "meaning", meaning);
  return wordFor(t, "node_fault", code);
}

/** The key of the way in that a fault is about; null for a node, a link, an area or a centre. */
export function wayOf(fault: Pick<Fault, "subject">): string | null {
  return fault.subject.startsWith("source:") ? fault.subject.slice("source:".length) : null;
}

/** Where that way in is, as its school says it. */
export function placeOf(fault: Pick<Fault, "detail">): string | null {
  const { place } = fault.detail;
  return typeof place === "string" && place !== "" ? place : null;
}

/** What stops alarms comes first; then what should have been acted on the longest. */
export function byUrgency(one: Fault, other: Fault): number {
  if (one.stops_alarms !== other.stops_alarms) return one.stops_alarms ? -1 : 1;
  return Date.parse(one.due_at) - Date.parse(other.due_at);
}
