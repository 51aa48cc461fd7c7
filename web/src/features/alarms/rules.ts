/** What may be done to an alarm now. The centre decides (domain/alarms); this only greys what it would refuse. */
import type { Alarm, AlarmState, Disposition, Right, Verdict } from "@/api/types";
import { isWaiting } from "@/vocabulary/alarms";

export const VERDICTS: readonly Verdict[] = ["confirmed", "unverified", "false"];
export const DISPOSITIONS: readonly Disposition[] = [
  "true",
  "false_accident",
  "false_technical",
  "malicious",
  "drill",
  "test",
];

export const STEPS = [
  "acknowledge",
  "release",
  "verify",
  "dispatch",
  "close",
  "sign",
  "withdraw",
  "shelve",
  "confirm_shelf",
  "unshelve",
  "claim",
  "review",
] as const;
export type StepName = (typeof STEPS)[number];

const JUDGED: readonly AlarmState[] = ["confirmed", "unverified", "refuted"];
const SENT: readonly AlarmState[] = ["dispatched", "en_route", "on_scene", "stabilised"];

const TAKES = {
  verify: new Set<AlarmState>(["owned", ...JUDGED, ...SENT]),
  dispatch: new Set<AlarmState>(["confirmed", "unverified", ...SENT]),
  close: new Set<AlarmState>([...JUDGED, ...SENT]),
};

type StepRight = "acknowledge" | "verify" | "dispatch" | "close" | "confirm_closure" | "shelve" | "review";

/** What this person may do. Two-person steps want two different persons. */
export function may(alarm: Alarm, rights: readonly Right[], me: string): Record<StepName, boolean> {
  const right = (name: StepRight) => rights.includes(`alarm.${name}`);
  const { closing, shelf } = alarm;
  const open = alarm.closed_at === null;
  return {
    acknowledge: right("acknowledge") && isWaiting(alarm),
    release: right("acknowledge") && open && alarm.owner?.id === me,
    verify: right("verify") && TAKES.verify.has(alarm.state),
    dispatch: right("dispatch") && TAKES.dispatch.has(alarm.state),
    close: right("close") && TAKES.close.has(alarm.state) && closing === null && !alarm.claimed,
    sign: right("confirm_closure") && closing !== null && closing.by.id !== me && !alarm.claimed,
    withdraw: right("close") && closing !== null && closing.by.id === me,
    shelve: right("shelve") && open && shelf === null,
    confirm_shelf: right("shelve") && shelf !== null && shelf.confirmed_by === null && shelf.by.id !== me,
    unshelve: right("shelve") && shelf !== null,
    claim: right("verify") && open,
    review: right("review") && alarm.state === "closed",
  };
}
