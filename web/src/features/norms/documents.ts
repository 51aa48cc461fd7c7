/** A document as it is typed, and what is still missing. Pure. Days are ISO days of the users' time zone. */
import type { NewDocument, SchoolDocument } from "./norms";

export interface Draft {
  kind: string;
  number: string;
  issued: string;
  valid_to: string;
  issuer: string;
}

export const EMPTY: Draft = { kind: "", number: "", issued: "", valid_to: "", issuer: "" };
export type Lack = "kind" | "issued" | "future" | "end" | "order";

/** What the form asks for before it can be sent; null when nothing is missing. `ends`: of its kind. */
export function lackOf(draft: Draft, today: string, ends: boolean): Lack | null {
  if (draft.kind === "") return "kind";
  if (draft.issued === "") return "issued";
  if (draft.issued > today) return "future";
  if (ends && draft.valid_to === "") return "end";
  return draft.valid_to !== "" && draft.valid_to < draft.issued ? "order" : null;
}

export const wishOf = (draft: Draft): NewDocument => ({
  kind: draft.kind,
  number: draft.number.trim(),
  issued: draft.issued,
  valid_to: draft.valid_to === "" ? null : draft.valid_to,
  issuer: draft.issuer.trim(),
});

/** What ends first stands first; without an end after it, withdrawn ones last. */
export function ordered(items: readonly SchoolDocument[]): SchoolDocument[] {
  const rank = (one: SchoolDocument) =>
    one.withdrawn_at !== null ? "2" : one.valid_to === null ? "1" : `0${one.valid_to}`;
  return items.toSorted((one, other) => (rank(one) < rank(other) ? -1 : rank(one) > rank(other) ? 1 : 0));
}
