/** Who sits at which desk, and the protocol between two shifts. Read again often: both sides work on one list. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { Handover } from "@/api/types";

const DUTY_KEY = ["duty"] as const;
const handoverKey = (id: string) => ["handover", id] as const;
const LOOK_MS = 3_000;
const RARELY_MS = 20_000;

export function useDuty() {
  return useQuery({
    queryKey: DUTY_KEY,
    queryFn: () => taken(api.GET("/api/duty")),
    refetchInterval: RARELY_MS,
  });
}

export function useShift() {
  const queries = useQueryClient();
  const onSettled = () => queries.invalidateQueries({ queryKey: DUTY_KEY });
  const begin = useMutation({
    mutationFn: (body: { desk: string; reason: string }) => taken(api.POST("/api/duty/shift", { body })),
    onSettled,
  });
  const end = useMutation({
    mutationFn: () => taken(api.POST("/api/duty/shift/end", { body: {} })),
    onSettled,
  });
  const open = useMutation({
    mutationFn: () => taken(api.POST("/api/duty/handover", { body: { note: "" } })),
    onSettled,
  });
  return { begin, end, open };
}

export type HandoverAct =
  { step: "accept"; keys: string[]; accepted: boolean } | { step: "sign" } | { step: "withdraw" };

function perform(handover_id: string, act: HandoverAct): Promise<Handover> {
  const params = { path: { handover_id } };
  switch (act.step) {
    case "accept": {
      const { keys, accepted } = act;
      return taken(
        api.PUT("/api/duty/handover/{handover_id}/items", {
          params,
          body: { keys, accepted, note: "" },
        }),
      );
    }
    case "sign":
      return taken(api.POST("/api/duty/handover/{handover_id}/signature", { params, body: {} }));
    case "withdraw":
      return taken(api.DELETE("/api/duty/handover/{handover_id}", { params }));
  }
}

export function useHandover(id: string) {
  const queries = useQueryClient();
  const asked = useQuery({
    queryKey: handoverKey(id),
    queryFn: () =>
      taken(api.GET("/api/duty/handover/{handover_id}", { params: { path: { handover_id: id } } })),
    refetchInterval: (query) => (query.state.data?.state === "open" ? LOOK_MS : false),
    retry: false,
  });
  const act = useMutation({
    mutationFn: (what: HandoverAct) => perform(id, what),
    onSuccess: (data) => queries.setQueryData(handoverKey(id), data),
    onError: () => queries.invalidateQueries({ queryKey: handoverKey(id) }),
    onSettled: () => queries.invalidateQueries({ queryKey: DUTY_KEY }),
  });
  return { handover: asked.data, error: asked.error, act };
}
