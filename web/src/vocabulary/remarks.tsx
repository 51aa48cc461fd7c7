/** How remarks look and read: their states, what they are about, how long is left. */
import type { Remark } from "@/api/types";
import { wordFor } from "./text";
import { isoDay } from "./time";
import { useWords } from "./use-words";

export type RemarkState = Remark["state"];
export type Category = Remark["category"];
export type Body = Remark["body"];
export type Target = Remark["target"];

export const CATEGORIES: readonly Category[] = [
  "place",
  "angle",
  "quality",
  "resolution",
  "storage",
  "other",
];
export const BODIES: readonly Body[] = ["education", "police", "emergency", "prosecutor", "other"];
/** As a remark goes through them. */
export const REMARK_STATES: readonly RemarkState[] = [
  "draft",
  "issued",
  "accepted",
  "objected",
  "fixed",
  "verified",
  "closed",
  "withdrawn",
];

const UNFIXED: ReadonlySet<RemarkState> = new Set(["issued", "accepted", "objected"]);
const DAY_MS = 86_400_000;

/** Whether its last day still matters. */
export function isRunning(remark: Pick<Remark, "state" | "deadline">): boolean {
  return remark.deadline !== null && UNFIXED.has(remark.state);
}

/** Days until the last one, by the calendar of Asia/Almaty: 0 today, negative when it has passed. */
export function daysLeft(deadline: string, now: number): number {
  return Math.round((Date.parse(`${deadline}T00:00:00Z`) - Date.parse(`${isoDay(now)}T00:00:00Z`)) / DAY_MS);
}

/** 2026-11-25 → 25.11.2026 */
export function dayOf(isoDate: string): string {
  return isoDate.split("-").toReversed().join(".");
}

/** So many days from now, as the centre wants it. */
export function inDays(days: number, now: number): string {
  return isoDay(now + days * DAY_MS);
}

/** What is overdue first, then what is due soonest; what has no running deadline after it, the newest first. */
export function byDeadline(one: Remark, other: Remark): number {
  const [running, otherRunning] = [isRunning(one), isRunning(other)];
  if (running !== otherRunning) return running ? -1 : 1;
  if (running && one.deadline !== other.deadline)
    return (one.deadline ?? "") < (other.deadline ?? "") ? -1 : 1;
  return one.changed_at < other.changed_at ? 1 : one.changed_at > other.changed_at ? -1 : 0;
}

const SHAPES: Record<RemarkState, { path: string; hollow: boolean; colour: string }> = {
  draft: { path: "M3 2h7l3 3v9H3Z", hollow: true, colour: "text-ink-3" },
  issued: { path: "M8 1.5 15 14H1Z", hollow: false, colour: "text-caution" },
  accepted: { path: "M8 1.5 15 14H1Z", hollow: true, colour: "text-caution" },
  objected: { path: "M2.5 2.5h11v11h-11Z", hollow: false, colour: "text-caution" },
  fixed: { path: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", hollow: true, colour: "text-accent" },
  verified: { path: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", hollow: false, colour: "text-accent" },
  closed: { path: "M2.5 7h11v2h-11Z", hollow: false, colour: "text-ink-3" },
  withdrawn: {
    path: "M2 4 4 2l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4Z",
    hollow: false,
    colour: "text-ink-3",
  },
};

export function RemarkMark({ state, size = 12 }: { state: RemarkState; size?: number }) {
  const { path, hollow, colour } = SHAPES[state];
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden className={`shrink-0 ${colour}`}>
      <path
        d={path}
        fill={hollow ? "none" : "currentColor"}
        stroke="currentColor"
        strokeWidth={hollow ? 2 : 0}
      />
    </svg>
  );
}

export function RemarkStateWords({ state }: { state: RemarkState }) {
  const { t } = useWords();
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <RemarkMark state={state} />
      {t(`remark.state.${state}`)}
    </span>
  );
}

/** The last day, and how far it is: amber when it has passed. Nothing of a remark that has none. */
export function DeadlineWords({ remark, now }: { remark: Remark; now: number }) {
  const { t } = useWords();
  if (remark.deadline === null) return null;
  const day = dayOf(remark.deadline);
  if (!isRunning(remark)) return <span className="text-ink-3">{t("remark.deadline_is", { day })}</span>;
  const left = daysLeft(remark.deadline, now);
  if (left < 0) {
    return (
      <span className="font-medium text-caution" data-testid="remark-overdue">
        {t("remark.overdue_by", { count: -left, day })}
      </span>
    );
  }
  return (
    <span>{left === 0 ? t("remark.due_today", { day }) : t("remark.due_in", { count: left, day })}</span>
  );
}

/** What it is about, in words: the camera, the zone and its plan, the plan, the school as a whole. */
export function useTargetWords() {
  const { t, name } = useWords();
  return ({ kind, camera_name, plan_name, zone_name }: TargetNames): string => {
    if (kind === "camera") return camera_name === null ? t("remark.target.camera") : name(camera_name);
    if (kind === "school") return t("remark.target.school");
    const plan = plan_name ?? t("remark.target.plan");
    if (kind === "plan") return t("remark.target.plan_of", { plan });
    const zone = zone_name ? name(zone_name) : t("remark.target.zone");
    return t("remark.target.zone_of", { zone, plan });
  };
}

export type TargetNames = Pick<Target, "kind" | "camera_name" | "plan_name"> &
  Partial<Pick<Target, "zone_name">>;

export function useBodyWords() {
  const { t } = useWords();
  return (body: Body | null): string => (body === null ? t("remark.for_school") : wordFor(t, "body", body));
}
