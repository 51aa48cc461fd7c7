/** What an officer does to an alarm. Each answer is the whole alarm and is shown at once, before its event arrives. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { Alarm, Disposition, Verdict } from "@/api/types";
import { useAlarm, useWorldStore } from "@/world/hooks";
import type { StepName } from "./rules";

export type Act =
  | { step: "acknowledge" }
  | { step: "release" }
  | { step: "verify"; verdict: Verdict; note: string }
  | { step: "close"; disposition: Disposition; note: string }
  | { step: "sign" }
  | { step: "withdraw" }
  | { step: "shelve"; until: string; reason: string }
  | { step: "confirm_shelf" }
  | { step: "unshelve" }
  | { step: "note"; text: string }
  | ({ step: "claim" } & PhoneClaim)
  | { step: "review"; note: string };

/** What somebody said by telephone. `duress`: whoever said it seemed to be under threat. */
export interface PhoneClaim {
  claim: "cancel" | "again";
  by: string;
  duress: boolean;
  note: string;
}

export const alarmKey = (id: string) => ["alarm", id] as const;

function perform(alarm_id: string, act: Act): Promise<Alarm> {
  const params = { path: { alarm_id }, header: { "Idempotency-Key": idempotencyKey() } };
  switch (act.step) {
    case "acknowledge":
      return taken(api.POST("/api/alarms/{alarm_id}/acknowledgement", { params, body: {} }));
    case "release":
      return taken(api.POST("/api/alarms/{alarm_id}/release", { params, body: {} }));
    case "verify": {
      const { verdict, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/verification", { params, body: { verdict, note } }));
    }
    case "close": {
      const { disposition, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/closure", { params, body: { disposition, note } }));
    }
    case "sign":
      return taken(api.POST("/api/alarms/{alarm_id}/closure/confirmation", { params, body: {} }));
    case "withdraw":
      return taken(api.DELETE("/api/alarms/{alarm_id}/closure", { params }));
    case "shelve": {
      const { until, reason } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/shelf", { params, body: { until, reason } }));
    }
    case "confirm_shelf":
      return taken(api.POST("/api/alarms/{alarm_id}/shelf/confirmation", { params, body: {} }));
    case "unshelve":
      return taken(api.DELETE("/api/alarms/{alarm_id}/shelf", { params }));
    case "note":
      return taken(api.POST("/api/alarms/{alarm_id}/notes", { params, body: { text: act.text } }));
    case "claim": {
      const { claim, by, duress, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/claim", { params, body: { claim, by, duress, note } }));
    }
    case "review":
      return taken(api.POST("/api/alarms/{alarm_id}/review", { params, body: { note: act.note } }));
  }
}

/** Shows an alarm that an answer carried, without waiting for its event. */
export function useLearnAlarm(): (alarm: Alarm) => void {
  const store = useWorldStore();
  const queries = useQueryClient();
  return useCallback(
    (data: Alarm) => {
      store.learn({ type: "event", topic: "alarm", data, at: new Date(store.now()).toISOString() });
      queries.setQueryData(alarmKey(data.id), data);
    },
    [store, queries],
  );
}

export function useAlarmAct(alarm: string) {
  const learn = useLearnAlarm();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (act: Act) => perform(alarm, act),
    onSuccess: learn,
    onError: () => queries.invalidateQueries({ queryKey: alarmKey(alarm) }),
  });
}

export type Doing = ReturnType<typeof useDoing>;

/** Acts, one at a time, and only what is allowed now. */
export function useDoing(alarm: string, allowed: Record<StepName, boolean>) {
  const act = useAlarmAct(alarm);
  const perform_ = (what: Act) => {
    const step = NEEDS[what.step];
    if (!act.isPending && (step === null || allowed[step])) act.mutate(what);
  };
  return { perform: perform_, error: act.error, busy: act.isPending };
}

/** The rule that greys each act; null: whoever may see the alarm. */
const NEEDS: Record<Act["step"], StepName | null> = {
  acknowledge: "acknowledge",
  release: "release",
  verify: "verify",
  close: "close",
  sign: "sign",
  withdraw: "withdraw",
  shelve: "shelve",
  confirm_shelf: "confirm_shelf",
  unshelve: "unshelve",
  note: null,
  claim: "claim",
  review: "review",
};

/**
 * An open alarm from the world, or a closed one from the centre. The newer of the two.
 *
 * An alarm that leaves the world while it is looked at stays as it was last seen until the centre has answered: its
 * screen, and what is typed there, must not go away under the officer's hands.
 */
export function useAlarmAnywhere(id: string): { alarm: Alarm | undefined; error: Error | null } {
  const live = useAlarm(id);
  const [seen, setSeen] = useState(live);
  if (live !== undefined && live !== seen) setSeen(live);
  const known = live ?? (seen?.id === id ? seen : undefined);
  const asked = useQuery({
    queryKey: alarmKey(id),
    queryFn: () => taken(api.GET("/api/alarms/{alarm_id}", { params: { path: { alarm_id: id } } })),
    enabled: live === undefined,
    staleTime: 0, // what an act of our own left behind is older than the reason why it is no longer open
    retry: false,
  });
  const error = live === undefined ? asked.error : null;
  const alarm = newer(known, asked.data);
  return { alarm: error !== null && asked.data === undefined ? undefined : alarm, error };
}

/** Of one version the one from the world, which has a renewed lease. */
export function newer(known: Alarm | undefined, asked: Alarm | undefined): Alarm | undefined {
  if (known === undefined || asked === undefined) return known ?? asked;
  return known.version >= asked.version ? known : asked;
}
