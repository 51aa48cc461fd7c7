/** One requirement at one school: the verdict, why by the facts with their age and proof, and the clauses it rests on. */
import type { ReactNode } from "react";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { dayOf } from "@/vocabulary/remarks";
import { problemText, wordFor } from "@/vocabulary/text";
import { day, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { isOpen, type Naming, sentence } from "./explanation";
import {
  type Asked,
  type NormItem,
  type Provision,
  type Reason,
  type RequirementPage,
  useRequirement,
} from "./norms";
import { capital, DueWords, StatusBadge, useOwnerWords, VerdictWords } from "./words";

/** What the words name, as links of the app: what proves a fact, and one camera or button of several by its key. */
export interface Links {
  evidence: (evidence: string) => ReactNode;
  subject: (collection: string, key: string) => ReactNode;
}

export function Requirement({
  school,
  requirement,
  asked,
  links,
  mend,
}: {
  school: string;
  requirement: string;
  asked: Asked;
  links: Links;
  mend: (item: NormItem) => ReactNode;
}) {
  const { t } = useWords();
  const { data, error } = useRequirement(school, requirement, asked);
  if (data === undefined)
    return error === null ? (
      <Skeleton className="h-64" />
    ) : (
      <Notice title={problemText(t, error)} data-testid="norms-problem" />
    );
  return <Page page={data} links={links} mend={mend} />;
}

function Page({
  page,
  links,
  mend,
}: {
  page: RequirementPage;
  links: Links;
  mend: (item: NormItem) => ReactNode;
}) {
  const { t, name } = useWords();
  const owner = useOwnerWords();
  const now = useServerNow(60_000);
  const { item } = page;
  const naming: Naming = (key) => {
    const title = page.titles[key];
    return title === undefined ? wordFor(t, "norms.collection", key) : capital(name(title));
  };
  return (
    <article className="space-y-3" data-testid="norm-page" data-verdict={item.verdict}>
      <header className="space-y-1">
        <h2 className="text-lg font-semibold">{name(item.title)}</h2>
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <VerdictWords verdict={item.verdict} />
          {item.gate && <span className="text-sm text-ink-2">{t("norms.gate_means")}</span>}
        </p>
        <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-ink-2">
          <span>{owner(item.owner)}</span>
          {item.due !== null && <DueWords due={item.due} now={now} />}
          <span>{wordFor(t, "norms.how", item.how_checked)}</span>
          <span>{t("norms.norm_of", { day: dayOf(page.norm_day) })}</span>
        </p>
        <p className="max-w-prose">{name(item.what_to_do)}</p>
        <div>{mend(item)}</div>
      </header>
      {page.check !== null && (
        <Panel title={t("norms.why_title")} data-testid="norm-why">
          <Tree reason={page.check} naming={naming} links={links} />
        </Panel>
      )}
      {page.partly !== null && item.verdict !== "compliant" && (
        <Panel title={t("norms.partly_title")}>
          <Tree reason={page.partly} naming={naming} links={links} />
        </Panel>
      )}
      {page.applies !== null && (
        <Panel title={t("norms.applies_title")}>
          <Tree reason={page.applies} naming={naming} links={links} />
        </Panel>
      )}
      <Panel title={t("norms.clauses")}>
        <ul className="divide-y">
          {page.provisions.map((one) => (
            <Clause key={one.key} clause={one} />
          ))}
        </ul>
      </Panel>
    </article>
  );
}

function Tree({ reason, naming, links }: { reason: Reason; naming: Naming; links: Links }) {
  return (
    <ul className="px-3 py-2">
      <Branch reason={reason} naming={naming} links={links} />
    </ul>
  );
}

/** How a node is marked: a word for the ear, a shape for the eye. */
const MARKS = { yes: "●", no: "▲", unknown: "–" } as const;
const answerOf = (holds: boolean | null): keyof typeof MARKS =>
  holds === null ? "unknown" : holds ? "yes" : "no";

function Branch({ reason, naming, links }: { reason: Reason; naming: Naming; links: Links }) {
  const { t } = useWords();
  const answer = answerOf(reason.holds);
  const first = reason.subjects.length > 1 ? reason.subjects[0] : undefined;
  const line = (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <span aria-hidden className={answer === "no" ? "text-caution" : "text-ink-3"}>
        {MARKS[answer]}
      </span>
      <span className="sr-only">{t(`norms.answer.${answer}`)}</span>
      <span>{sentence(t, reason, naming)}</span>
    </span>
  );
  const below = (
    <>
      <Age reason={reason} links={links} />
      {reason.subjects.length > 0 && (
        <p className="flex flex-wrap gap-x-2 ps-5 text-sm text-ink-2" data-testid="norm-subjects">
          <span>{t("norms.why.subjects")}</span>
          {reason.subjects.map((key) => (
            <span key={key}>{links.subject(reason.collection, key)}</span>
          ))}
        </p>
      )}
      {reason.parts.length > 0 && first !== undefined && (
        <p className="ps-5 text-sm text-ink-2">
          {t("norms.why.first")} {links.subject(reason.collection, first)}
        </p>
      )}
      {reason.parts.length > 0 && (
        <ul className="ms-1.5 border-s ps-4">
          {reason.parts.map((part, at) => (
            <Branch key={at} reason={part} naming={naming} links={links} />
          ))}
        </ul>
      )}
    </>
  );
  if (reason.parts.length === 0)
    return (
      <li className="py-1" data-testid="norm-reason" data-holds={answer}>
        {line}
        {below}
      </li>
    );
  return (
    <li className="py-1" data-testid="norm-reason" data-holds={answer}>
      <details open={isOpen(reason)}>
        <summary className="cursor-pointer">{line}</summary>
        {below}
      </details>
    </li>
  );
}

/** When the fact was seen, until when that counts, and what proves it. */
function Age({ reason, links }: { reason: Reason; links: Links }) {
  const { t } = useWords();
  if (reason.observed_at === null && reason.evidence === "") return null;
  return (
    <p className="flex flex-wrap gap-x-3 ps-5 text-sm text-ink-3">
      {reason.observed_at !== null && (
        <span>{t("norms.why.seen", { time: dayAndClock(Date.parse(reason.observed_at)) })}</span>
      )}
      {reason.expires_at !== null && (
        <span>{t("norms.why.counts_until", { day: day(Date.parse(reason.expires_at)) })}</span>
      )}
      {reason.evidence !== "" && links.evidence(reason.evidence)}
    </p>
  );
}

function Clause({ clause }: { clause: Provision }) {
  const { t, name } = useWords();
  const isLink = /^https:\/\//.test(clause.source);
  return (
    <li className="space-y-1 px-3 py-2" data-testid="norm-clause">
      <p className="flex flex-wrap items-center gap-x-2">
        {/^\d/.test(clause.paragraph) && (
          <span className="font-medium">{t("norms.paragraph", { paragraph: clause.paragraph })}</span>
        )}
        <StatusBadge status={clause.status} />
      </p>
      <p className="max-w-prose">{name(clause.text)}</p>
      <p className="text-sm text-ink-2">{t(`norms.status_means.${clause.status}`)}</p>
      <p className="text-sm text-ink-3">
        {t("norms.source")}{" "}
        {isLink ? (
          <a href={clause.source} rel="noreferrer noopener" target="_blank" className="text-accent">
            {new URL(clause.source).hostname}
          </a>
        ) : (
          clause.source
        )}{" "}
        {t("norms.checked_on", { day: dayOf(clause.checked_on) })}
      </p>
    </li>
  );
}
