/** What a school, the measurement and an inspector say of one requirement, and what a form still lacks. Pure. */
import type { LocalText } from "@/api/types";
import type { Verdict } from "@/vocabulary/norms";

export type Contradiction = "overstated" | "understated" | "unproved";

export interface Finding {
  requirement: string;
  title: LocalText;
  clause: string;
  gate: boolean;
  measured: Verdict;
  /** What the school says of itself; null: nothing yet. */
  own: Verdict | null;
  own_words: string;
  evidence: string;
  inspector: Verdict | null;
  inspector_words: string;
  counts: Verdict;
  contradiction: Contradiction | null;
  /** False while it waits for the inspector: nobody measured it, or the school says otherwise than was measured. */
  settled: boolean;
  /** ISO day until which an exception bears it; changes no verdict. */
  excepted_until: string | null;
}

/** What a later norm asks otherwise than the one of a record. */
export interface Difference {
  change: "added" | "repealed" | "changed" | "carried";
  requirement: string;
  title: LocalText;
  counted: Verdict | null;
  now: Verdict | null;
}

export type Answer = Exclude<Verdict, "unknown">;
/** Nobody answers that they do not know. */
export const ANSWERS: readonly Answer[] = ["compliant", "partly", "not", "not_applicable"];

/** What waits for the inspector first, then gates before the rest; the centre's order among equals. */
export function ordered(findings: readonly Finding[]): Finding[] {
  const rank = (one: Finding) => (one.settled ? 2 : 0) + (one.gate ? 0 : 1);
  return findings.toSorted((one, other) => rank(one) - rank(other));
}

export type Lack = "answer" | "why";

/** What the school's form asks for before it can be sent; null when nothing is missing. */
export function lackOfAnswer(own: Answer | "", words: string): Lack | null {
  if (own === "") return "answer";
  return own === "not_applicable" && words.trim() === "" ? "why" : null;
}

/** The inspector's: whoever decides against the measurement says why. */
export function lackOfJudgement(verdict: Answer | "", words: string, measured: Verdict): Lack | null {
  if (verdict === "") return "answer";
  return verdict !== measured && words.trim() === "" ? "why" : null;
}

export type WaiverState = "asked" | "granted" | "refused" | "withdrawn";

/** An exception: what is not met is borne until a day, by another person's word. */
export interface Waiver {
  id: string;
  requirement: string;
  /** Null for a requirement that no pack of today knows. */
  title: LocalText | null;
  state: WaiverState;
  reason: string;
  /** The last day on which it is borne; an ISO day. */
  until: string;
  expired: boolean;
  asked_by: { id: string; name: string };
  decided_by: { id: string; name: string } | null;
  /** Of whoever decided. */
  words: string;
}

export type WaiverDeed = "grant" | "refuse" | "withdraw";

/** What the one who reads may do with an exception: nobody grants what they asked for themselves, and whoever asked or
 * decides may end it. */
export function deedsOf(waiver: Waiver, me: string, mayDecide: boolean): WaiverDeed[] {
  const mine = waiver.asked_by.id === me;
  const found: WaiverDeed[] = [];
  if (waiver.state === "asked" && mayDecide && !mine) found.push("grant", "refuse");
  if ((waiver.state === "asked" || waiver.state === "granted") && (mine || mayDecide)) found.push("withdraw");
  return found;
}

const LONGEST_DAYS = 365;

/** The last day that an exception may be asked for: a year from `today` (both ISO days). */
export function latest(today: string): string {
  const day = new Date(`${today}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + LONGEST_DAYS);
  return day.toISOString().slice(0, 10);
}

export type WaiverLack = "reason" | "until" | "too_long";

/** What is still missing in a request for an exception; null when nothing is. */
export function lackOfWaiver(reason: string, until: string, today: string): WaiverLack | null {
  if (reason.trim() === "") return "reason";
  if (until <= today) return "until";
  return until > latest(today) ? "too_long" : null;
}
