/** A node of an explanation as a sentence. The tree decides nothing: the centre has decided, this says why. */
import type { TFunction } from "i18next";
import { dayOf } from "@/vocabulary/remarks";
import { number, wordFor } from "@/vocabulary/text";
import { day } from "@/vocabulary/time";
import type { Reason } from "./norms";

/** A fact's or a collection's name in the reader's language. */
export type Naming = (key: string) => string;
type Plain = boolean | number | string;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TERM = /^(\d+) (d|wd|months|years)$/;

/** A value as people write it: yes, 30 days, 22.11.2026, a village. */
export function valueText(t: TFunction, value: Plain, unit = ""): string {
  if (typeof value === "boolean") return t(value ? "norms.yes" : "norms.no");
  if (typeof value === "number")
    return unit === "" ? number(value) : `${number(value)} ${wordFor(t, "norms.unit", unit)}`;
  if (DAY.test(value)) return dayOf(value);
  const term = TERM.exec(value);
  if (term !== null) {
    const [, amount, of] = term;
    return t(`norms.term.${of as "d" | "wd" | "months" | "years"}`, { count: Number(amount) });
  }
  return wordFor(t, "norms.option", value);
}

function limitText(t: TFunction, { limit, unit }: Reason): string {
  if (limit === null) return t("norms.why.not_published");
  if (typeof limit === "object") return limit.map((one) => valueText(t, one)).join(", ");
  return valueText(t, limit, unit);
}

/** What is known of the fact, in half a sentence. */
function found(t: TFunction, reason: Reason): string {
  switch (reason.state) {
    case "missing":
      return t("norms.why.missing");
    case "expired":
      return reason.expires_at === null
        ? t("norms.why.expired")
        : t("norms.why.expired_on", { day: day(Date.parse(reason.expires_at)) });
    case "none":
      return t("norms.why.none");
    case "pending":
      return t("norms.why.pending");
    default:
      return reason.value === null ? t("norms.why.missing") : valueText(t, reason.value, reason.unit);
  }
}

function wanted(t: TFunction, reason: Reason): string {
  if (reason.state === "parameter_unknown") return t("norms.why.limit_unknown");
  if (reason.compare === "within" && reason.due_on !== null)
    return t("norms.why.until", { day: dayOf(reason.due_on) });
  if (reason.compare === "within") return t("norms.why.within", { limit: limitText(t, reason) });
  if (reason.compare === "not_passed") return t("norms.why.not_passed");
  if (reason.compare === "exists") return t("norms.why.exists");
  if (reason.compare === "is" && reason.limit === true) return t("norms.why.must_be");
  if (reason.compare === "is" && reason.limit === false) return t("norms.why.must_not_be");
  return t(`norms.why.${reason.compare as "is"}`, { limit: limitText(t, reason) });
}

function counted(t: TFunction, reason: Reason, naming: Naming): string {
  const of = naming(reason.collection);
  if (reason.state === "not_listed") return t("norms.why.not_listed", { what: of });
  const { holding, failing, unknown } = reason;
  const counts = [
    t("norms.why.holding", { n: number(holding), of: number(reason.counted) }),
    ...(failing > 0 ? [t("norms.why.failing", { n: number(failing) })] : []),
    ...(unknown > 0 ? [t("norms.why.unknown", { n: number(unknown) })] : []),
  ].join(", ");
  const share = typeof reason.limit === "number" ? reason.limit : null;
  if (reason.says === "some")
    return t("norms.why.some", { what: of, counts, least: share === null ? "?" : number(share) });
  return share !== null && share < 1
    ? t("norms.why.share", { what: of, counts, percent: number(share * 100) })
    : t("norms.why.every", { what: of, counts });
}

/** The node in one sentence, in the reader's language. */
export function sentence(t: TFunction, reason: Reason, naming: Naming): string {
  switch (reason.says) {
    case "all":
      return t("norms.why.all");
    case "any":
      return t("norms.why.any");
    case "not":
      return t("norms.why.not");
    case "every":
    case "some":
      return counted(t, reason, naming);
    default:
      return t("norms.why.fact", {
        fact: naming(reason.fact),
        found: found(t, reason),
        wanted: wanted(t, reason),
      });
  }
}

/** Whether a node's own answer matters to the one who reads: an open branch leads to what fails or is not known. */
export const isOpen = (reason: Reason): boolean => reason.holds !== true;
