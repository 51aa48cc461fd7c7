/** The dialogue with units about one alarm: what was offered, who is near, and what is said. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { Alarm, Dispatch } from "@/api/types";
import type { Verb } from "./verbs";

const dispatchesKey = (alarm: string) => ["dispatches", alarm] as const;

/** Read anew with each change of the alarm: every verb is a line in its log. */
export function useDispatches(alarm: Alarm) {
  return useQuery({
    queryKey: [...dispatchesKey(alarm.id), alarm.version],
    queryFn: () =>
      taken(api.GET("/api/alarms/{alarm_id}/dispatches", { params: { path: { alarm_id: alarm.id } } })),
    placeholderData: keepPreviousData,
  });
}

export function useCandidates(alarm: Alarm) {
  return useQuery({
    queryKey: ["candidates", alarm.id, alarm.version],
    queryFn: () =>
      taken(api.GET("/api/alarms/{alarm_id}/units", { params: { path: { alarm_id: alarm.id } } })),
    placeholderData: keepPreviousData,
  });
}

export interface Offer {
  units: readonly string[];
  note: string;
  by: string;
}

function offer(alarm_id: string, unit: string, { note, by }: Offer): Promise<Dispatch> {
  const params = { path: { alarm_id }, header: { "Idempotency-Key": idempotencyKey() } };
  const body = { unit, note, by, record: "" };
  return taken(api.POST("/api/alarms/{alarm_id}/dispatches", { params, body }));
}

export interface Said {
  dispatch: string;
  verb: Verb;
  by: string;
  reason: string;
}

function say({ dispatch, verb, by, reason }: Said): Promise<Dispatch> {
  const params = { path: { dispatch_id: dispatch, verb }, header: { "Idempotency-Key": idempotencyKey() } };
  const body = { by, record: "", reason, note: "" };
  return taken(api.POST("/api/dispatches/{dispatch_id}/{verb}", { params, body }));
}

export function useCalls(alarm: Alarm) {
  const queries = useQueryClient();
  const again = () => queries.invalidateQueries({ queryKey: dispatchesKey(alarm.id) });
  const offering = useMutation({
    mutationFn: (what: Offer) => Promise.all(what.units.map((unit) => offer(alarm.id, unit, what))),
    onSettled: again,
  });
  const saying = useMutation({ mutationFn: say, onSettled: again });
  return { offering, saying };
}
