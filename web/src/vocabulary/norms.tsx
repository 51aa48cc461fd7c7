/** How verdicts look and read. Shape and word say it; colour only helps. */
import type { components } from "@/api/schema";
import { useWords } from "./use-words";

export type Verdict = components["schemas"]["NormItem"]["verdict"];

/** The worst first. What is not known stands before what holds: it is never taken for it. */
export const VERDICTS: readonly Verdict[] = ["not", "partly", "unknown", "compliant", "not_applicable"];

const SHAPES: Record<Verdict, { path: string; hollow: boolean; colour: string }> = {
  not: { path: "M8 1.5 15 14H1Z", hollow: false, colour: "text-caution" },
  partly: { path: "M8 1.5 15 14H1Z", hollow: true, colour: "text-caution" },
  unknown: { path: "M2.5 7h11v2h-11Z", hollow: false, colour: "text-unknown" },
  compliant: { path: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z", hollow: false, colour: "text-ink-3" },
  not_applicable: { path: "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z", hollow: true, colour: "text-ink-3" },
};

export function VerdictMark({ verdict, size = 12 }: { verdict: Verdict; size?: number }) {
  const { path, hollow, colour } = SHAPES[verdict];
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

export function VerdictWords({ verdict }: { verdict: Verdict }) {
  const { t } = useWords();
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-verdict={verdict}>
      <VerdictMark verdict={verdict} />
      {t(`norms.verdict.${verdict}`)}
    </span>
  );
}
