/** Alarms as notices of this browser, also while the console is closed. Nothing is asked before a press. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { BellPlus, BellRing } from "lucide-react";
import { ApiProblem } from "@/api/client";
import { Button } from "@/ui/button";
import { Panel, Skeleton } from "@/ui/surfaces";
import { isLanguage, problemText, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { look, type PushState, subscribe, tryOut, unsubscribe } from "./push";

const LOOKING: PushState = { word: "looking" };

function usePush() {
  const { user } = useSession();
  const { language } = useWords();
  const queries = useQueryClient();
  const key = ["push", user.id];
  const asked = useQuery({ queryKey: key, queryFn: () => look(user.id), retry: false, staleTime: 0 });
  const state = asked.data ?? LOOKING;
  const turn = useMutation({
    mutationFn: async (on: boolean): Promise<PushState> => {
      if (!on) {
        await unsubscribe();
        return await look(user.id);
      }
      return state.word === "off"
        ? await subscribe(user.id, state.key, isLanguage(language) ? language : "kk")
        : state;
    },
    onSuccess: (next) => queries.setQueryData(key, next),
  });
  const test = useMutation({ mutationFn: tryOut });
  return { state, turn, test, error: turn.error ?? test.error ?? asked.error };
}

export function PushPanel() {
  const { t } = useWords();
  const { state, turn, test, error } = usePush();
  return (
    <Panel title={t("push.title")} data-testid="push">
      <div className="flex flex-wrap items-center gap-3 p-3" data-testid="push-state" data-state={state.word}>
        {state.word === "looking" && error === null && <Skeleton className="h-7 w-64" />}
        {state.word !== "looking" && (
          <p className={`min-w-60 flex-1 ${state.word === "on" ? "" : "text-ink-2"}`}>
            {t(`push.${state.word}`)}
            {state.word === "not_configured" && state.reason !== "" && (
              <span className="block text-sm text-ink-3">{wordFor(t, "push_reason", state.reason)}</span>
            )}
          </p>
        )}
        {state.word === "off" && (
          <Button small disabled={turn.isPending} onClick={() => turn.mutate(true)} data-testid="push-on">
            <BellPlus size={15} aria-hidden />
            {t("push.turn_on")}
          </Button>
        )}
        {state.word === "on" && (
          <>
            <Button
              small
              disabled={test.isPending}
              onClick={() => test.mutate(state.id)}
              data-testid="push-test"
            >
              <BellRing size={15} aria-hidden />
              {test.isSuccess ? t("push.test_sent") : t("push.test")}
            </Button>
            <Button
              small
              look="quiet"
              disabled={turn.isPending}
              onClick={() => turn.mutate(false)}
              data-testid="push-off"
            >
              {t("push.turn_off")}
            </Button>
          </>
        )}
        {error !== null && (
          <p role="alert" className="w-full text-sm text-caution" data-testid="push-problem">
            {error instanceof ApiProblem ? problemText(t, error) : t("push.refused")}
          </p>
        )}
      </div>
    </Panel>
  );
}
