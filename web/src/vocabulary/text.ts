/** Words for codes that come from outside: they are translated when we know them, and shown as they are when we do not. */
import i18n, { type TFunction } from "i18next";
import type { LocalText } from "@/api/types";
import { ApiProblem } from "@/api/client";

export const LANGUAGES = ["kk", "ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export function isLanguage(text: unknown): text is Language {
  return LANGUAGES.includes(text as Language);
}

/** A name in the reader's language; Kazakh is never empty. */
export function named(text: LocalText, language: string): string {
  return (isLanguage(language) ? text[language] : "") || text.kk;
}

type CodeSpace =
  | "node_fault"
  | "fault"
  | "setup.house_change"
  | "storage.state"
  | "reason"
  | "problem"
  | "action"
  | "tile"
  | "zone"
  | "source"
  | "meaning"
  | "rung"
  | "claim"
  | "presser"
  | "output"
  | "school_action_name"
  | "point"
  | "push_reason"
  | "way_proof"
  | "way_state"
  | "plan_point"
  | "plan_points"
  | "body"
  | "remark.measured.fault"
  | "remark.measured.verdict_is"
  | "norms.owner"
  | "norms.how"
  | "norms.unit"
  | "norms.option"
  | "norms.collection";

/** The word for `code` in `space`, or the code itself: a new code from a newer centre must not be hidden. */
export function wordFor(t: TFunction, space: CodeSpace, code: string): string {
  const key = `${space}.${code.replaceAll(".", "_")}`;
  return i18n.exists(key) ? t(key as never) : code;
}

/** What happened, in words, with the code for whoever is called. */
export function problemText(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiProblem)) return t("problem.unexpected");
  if (error.code === "http") return t("problem.http", { status: error.status });
  return wordFor(t, "problem", error.code);
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 1 234,5 with thin spaces. */
export function number(value: number): string {
  return grouped.format(value).replaceAll(",", "\u2009").replace(".", ",");
}
