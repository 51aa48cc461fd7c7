/** A school's facts as they are typed. An empty field is "not known", which is neither yes nor no nor nought. Pure. */
import type { NewSite, Site } from "./norms";

export const CHOICES = {
  kind: ["kindergarten", "school", "boarding", "college", "extra"],
  ownership: ["state", "private", "private_state_order"],
  settlement: ["village", "district_centre", "city", "capital"],
  premises: ["own", "leased"],
} as const;
export const NUMBERS = ["peak_people", "children"] as const;
export const FLAGS = ["has_preschool", "round_the_clock"] as const;
const MOST = 100_000;

type Answer = "" | "yes" | "no";
export type ChoiceKey = keyof typeof CHOICES;
export type SiteDraft = { [Key in ChoiceKey]: "" | (typeof CHOICES)[Key][number] } & Record<
  (typeof NUMBERS)[number],
  string
> &
  Record<(typeof FLAGS)[number], Answer>;

const answer = (known: boolean | null): Answer => (known === null ? "" : known ? "yes" : "no");
const known = (typed: Answer): boolean | null => (typed === "" ? null : typed === "yes");
const typed = (count: number | null): string => (count === null ? "" : String(count));
/** A count as people type it, "1 200"; null for none, undefined for what is no count. */
function count(text: string): number | null | undefined {
  const bare = text.replaceAll(/\s/g, "");
  if (bare === "") return null;
  return /^\d+$/.test(bare) && Number(bare) <= MOST ? Number(bare) : undefined;
}

export const draftOf = (site: Site): SiteDraft => ({
  kind: site.kind ?? "",
  ownership: site.ownership ?? "",
  settlement: site.settlement ?? "",
  premises: site.premises ?? "",
  peak_people: typed(site.peak_people ?? null),
  children: typed(site.children ?? null),
  has_preschool: answer(site.has_preschool ?? null),
  round_the_clock: answer(site.round_the_clock ?? null),
});

/** One answer of a list, as a change of the draft; what is not in the list is "not known". */
export function chosen(key: ChoiceKey, value: string): Partial<SiteDraft> {
  const known: readonly string[] = CHOICES[key];
  return { [key]: known.includes(value) ? value : "" } as Partial<SiteDraft>;
}

/** The first number that is none; null when all is well. */
export const lackOf = (draft: SiteDraft): (typeof NUMBERS)[number] | null =>
  NUMBERS.find((key) => count(draft[key]) === undefined) ?? null;

export const wishOf = (draft: SiteDraft): NewSite => ({
  kind: draft.kind || null,
  ownership: draft.ownership || null,
  settlement: draft.settlement || null,
  premises: draft.premises || null,
  peak_people: count(draft.peak_people) ?? null,
  children: count(draft.children) ?? null,
  has_preschool: known(draft.has_preschool),
  round_the_clock: known(draft.round_the_clock),
});
