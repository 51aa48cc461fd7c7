/** What each deed asks of the person, and which of them is the next natural one. Pure. */
import type { RemarkOrder } from "@/api/types";
import type { Remark } from "@/api/types";

export type DeedName = RemarkOrder["deed"];

interface Needs {
  /** Words are demanded. */
  words: boolean;
  /** Words may be said. */
  mayWords: boolean;
  /** A last day is demanded, or may be changed. */
  day: "must" | "may" | null;
  /** A picture belongs to it. */
  frame: boolean;
}

const PLAIN: Needs = { words: false, mayWords: false, day: null, frame: false };
export const NEEDS: Record<DeedName, Needs> = {
  issue: { ...PLAIN, day: "must" },
  accept: { ...PLAIN, mayWords: true },
  object: { ...PLAIN, words: true, mayWords: true },
  uphold: { ...PLAIN, words: true, mayWords: true, day: "may" },
  fix: { ...PLAIN, mayWords: true, frame: true },
  return: { ...PLAIN, words: true, mayWords: true, day: "may" },
  verify: { ...PLAIN, mayWords: true },
  close: { ...PLAIN, mayWords: true },
  withdraw: { ...PLAIN, words: true, mayWords: true },
  extend: { ...PLAIN, words: true, mayWords: true, day: "must" },
  comment: { ...PLAIN, words: true, mayWords: true },
  undo: PLAIN,
};

/** The way forward stands in front and is the only one in colour. */
const FORWARD: readonly DeedName[] = ["issue", "accept", "fix", "verify", "close", "uphold"];
/** A remark that was accepted is to be fixed; that may also be said of one that was just issued. */
const ORDER: readonly DeedName[] = [
  "issue",
  "accept",
  "fix",
  "verify",
  "close",
  "uphold",
  "return",
  "object",
  "extend",
  "withdraw",
  "comment",
  "undo",
];

export function ordered(rights: readonly DeedName[]): { next: DeedName | null; others: DeedName[] } {
  const next = FORWARD.find((deed) => rights.includes(deed)) ?? null;
  return { next, others: ORDER.filter((deed) => deed !== next && rights.includes(deed)) };
}

export interface Said {
  text: string;
  deadline: string | null;
  frame: string | null;
}

export type DeedLack = "words" | "day" | "evidence";

/** What is missing before a deed can be done; the centre asks the same. */
export function lacking(deed: DeedName, said: Said, remark: Pick<Remark, "deadline">): DeedLack | null {
  const needs = NEEDS[deed];
  const silent = said.text.trim() === "";
  if (needs.words && silent) return "words";
  if (deed === "fix" && silent && said.frame === null) return "evidence";
  if (needs.day === "must" && said.deadline === null && (deed === "extend" || remark.deadline === null))
    return "day";
  return null;
}
