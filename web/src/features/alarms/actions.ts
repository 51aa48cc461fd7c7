/** What an officer does to an alarm. Each answer is the whole alarm and is shown at once, before its event arrives. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { Alarm, Disposition, Verdict } from "@/api/types";
import { useAlarm, useWorldStore } from "@/world/hooks";

export type Act =
  | { step: "acknowledge" }
  | { step: "verify"; verdict: Verdict; note: string }
  | { step: "dispatch"; unit: string; note: string }
  | { step: "close"; disposition: Disposition; note: string };

const alarmKey = (id: string) => ["alarm", id] as const;

/** Networks repeat themselves; the centre does not act twice on one key. Works without a secure context too. */
function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

function perform(alarm_id: string, act: Act): Promise<Alarm> {
  const params = { path: { alarm_id }, header: { "Idempotency-Key": idempotencyKey() } };
  switch (act.step) {
    case "acknowledge":
      return taken(api.POST("/api/alarms/{alarm_id}/acknowledgement", { params, body: {} }));
    case "verify": {
      const { verdict, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/verification", { params, body: { verdict, note } }));
    }
    case "dispatch": {
      const { unit, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/dispatch", { params, body: { unit, note } }));
    }
    case "close": {
      const { disposition, note } = act;
      return taken(api.POST("/api/alarms/{alarm_id}/closure", { params, body: { disposition, note } }));
    }
  }
}

export function useAlarmAct(alarm: string) {
  const store = useWorldStore();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (act: Act) => perform(alarm, act),
    onSuccess: (data) => {
      store.learn({ type: "event", topic: "alarm", data, at: new Date(store.now()).toISOString() });
      queries.setQueryData(alarmKey(data.id), data);
    },
    onError: () => queries.invalidateQueries({ queryKey: alarmKey(alarm) }),
  });
}

/** An open alarm from the world, or a closed one from the centre. The newer of the two. */
export function useAlarmAnywhere(id: string): { alarm: Alarm | undefined; error: Error | null } {
  const live = useAlarm(id);
  const asked = useQuery({
    queryKey: alarmKey(id),
    queryFn: () => taken(api.GET("/api/alarms/{alarm_id}", { params: { path: { alarm_id: id } } })),
    enabled: live === undefined,
    retry: false,
  });
  const newer = live !== undefined && (asked.data === undefined || live.version >= asked.data.version);
  return { alarm: newer ? live : asked.data, error: live === undefined ? asked.error : null };
}
