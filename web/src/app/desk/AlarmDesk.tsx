/** The alarm's screen with what other features bring to it: units, checklist, the school's actions. */
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import type { Alarm } from "@/api/types";
import { TellSchool, ToldShort } from "@/features/actions/TellSchool";
import { AlarmScreen, type Parts } from "@/features/alarms/AlarmScreen";
import { ChecklistPanel } from "@/features/dispatch/ChecklistPanel";
import { DispatchBoard, SentShort } from "@/features/dispatch/DispatchBoard";
import { useSession } from "@/world/hooks";
import { KeepEvidence } from "./KeepEvidence";

/** Its code comes when the alarm has been painted. */
const AlarmPlan = lazy(() => import("@/features/plans/AlarmPlan"));

export function AlarmDesk(props: { id: string; onChoose: (alarm: Alarm) => void; onLeave: () => void }) {
  const { rights } = useSession();
  const navigate = useNavigate();
  const mayTick = rights.includes("checklist.tick");
  const parts: Parts = useMemo(
    () => ({
      steps: (alarm) => ({
        dispatch: (allowed) => <DispatchBoard alarm={alarm} allowed={allowed} />,
        sent: <SentShort alarm={alarm} />,
        tell: () => <TellSchool school={alarm.school} kind={alarm.kind} />,
        told: <ToldShort school={alarm.school} />,
      }),
      plan: (seen) => (
        <Suspense fallback={null}>
          <AlarmPlan {...seen} />
        </Suspense>
      ),
      evidence: (alarm) => <KeepEvidence alarm={alarm} />,
      checklist: (alarm) => <ChecklistPanel alarm={alarm} mayTick={mayTick} />,
    }),
    [mayTick],
  );
  return (
    <AlarmScreen
      {...props}
      parts={parts}
      onReport={(alarm) => void navigate({ to: "/alarms/$id/report", params: { id: alarm.id } })}
    />
  );
}
