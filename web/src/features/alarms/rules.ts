/** What may be done to an alarm now. The centre decides (domain/alarms); this only greys what it would refuse. */
import type { Alarm, AlarmState, Disposition, Right, Verdict } from "@/api/types";

export const VERDICTS: readonly Verdict[] = ["confirmed", "unverified", "false"];
export const DISPOSITIONS: readonly Disposition[] = [
  "true",
  "false_accident",
  "false_technical",
  "malicious",
  "drill",
  "test",
];

type StepName = "acknowledge" | "verify" | "dispatch" | "close";

const TAKES: Record<StepName, ReadonlySet<AlarmState>> = {
  acknowledge: new Set(["stored", "presented"]),
  verify: new Set(["owned", "confirmed", "unverified", "refuted"]),
  dispatch: new Set(["confirmed", "unverified", "dispatched"]),
  close: new Set(["confirmed", "unverified", "refuted", "dispatched"]),
};

export function may(alarm: Alarm, rights: readonly Right[]): Record<StepName, boolean> {
  const can = (step: StepName) => TAKES[step].has(alarm.state) && rights.includes(`alarm.${step}`);
  return {
    acknowledge: can("acknowledge"),
    verify: can("verify"),
    dispatch: can("dispatch"),
    close: can("close"),
  };
}
