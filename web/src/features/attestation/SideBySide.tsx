/** A school's assessment: its own answer, the measurement and the inspector's verdict beside each other. */
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Notice } from "@/ui/surfaces";
import { type Verdict, VerdictWords } from "@/vocabulary/norms";
import { dayOf } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import { type Finding, ordered } from "./assessment";

/** `why`: a link to the requirement's own page. `deed`: the form of whoever reads, null where nothing is to be done. */
export interface Ways {
  why: (finding: Finding, className: string, children: ReactNode) => ReactNode;
  deed: (finding: Finding) => ReactNode;
}

export function SideBySide({ findings, ways }: { findings: readonly Finding[]; ways: Ways }) {
  const { t } = useWords();
  if (findings.length === 0)
    return <Notice title={t("attestation.no_findings")} data-testid="assessment-none" />;
  const waiting = findings.filter(({ settled }) => !settled).length;
  return (
    <div data-testid="side-by-side" data-waiting={waiting}>
      {waiting > 0 && (
        <p className="border-b px-3 py-2 font-medium">{t("attestation.waiting", { count: waiting })}</p>
      )}
      <ol className="divide-y" aria-label={t("attestation.assessment")}>
        {ordered(findings).map((one) => (
          <Row key={one.requirement} finding={one} ways={ways} />
        ))}
      </ol>
    </div>
  );
}

function Row({ finding, ways }: { finding: Finding; ways: Ways }) {
  const { t, name } = useWords();
  const { contradiction, excepted_until: excepted } = finding;
  return (
    <li
      className="space-y-2 px-3 py-2.5"
      data-testid="finding"
      data-requirement={finding.requirement}
      data-counts={finding.counts}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5">
        <h3 className="font-medium">{ways.why(finding, "hover:underline", name(finding.title))}</h3>
        {finding.gate && <span className="text-sm text-ink-3">{t("norms.gate")}</span>}
        <span className="text-sm text-ink-2">{finding.clause}</span>
      </div>
      <dl className="grid gap-x-4 gap-y-2 sm:grid-cols-3">
        <Says who={t("attestation.own")} verdict={finding.own} words={finding.own_words}>
          {finding.evidence !== "" && (
            <p className="text-sm text-ink-2">{t("attestation.evidence", { paper: finding.evidence })}</p>
          )}
        </Says>
        <Says who={t("attestation.measured")} verdict={finding.measured} words="" />
        <Says who={t("attestation.inspector")} verdict={finding.inspector} words={finding.inspector_words} />
      </dl>
      {contradiction !== null && (
        <p className="flex items-center gap-1.5 text-caution" data-testid="contradiction">
          <TriangleAlert size={16} aria-hidden />
          {t(`attestation.contradiction.${contradiction}`)}
        </p>
      )}
      {excepted !== null && (
        <p className="text-sm" data-testid="excepted">
          {t("attestation.excepted", { day: dayOf(excepted) })}
        </p>
      )}
      {ways.deed(finding)}
    </li>
  );
}

function Says({
  who,
  verdict,
  words,
  children,
}: {
  who: string;
  verdict: Verdict | null;
  words: string;
  children?: ReactNode;
}) {
  const { t } = useWords();
  return (
    <div className="min-w-0 space-y-0.5">
      <dt className="text-sm text-ink-3">{who}</dt>
      <dd className="space-y-0.5">
        {verdict === null ? (
          <span className="text-ink-3">{t("attestation.silent")}</span>
        ) : (
          <VerdictWords verdict={verdict} />
        )}
        {words !== "" && <p className="text-sm break-words whitespace-pre-line">{words}</p>}
        {children}
      </dd>
    </div>
  );
}
