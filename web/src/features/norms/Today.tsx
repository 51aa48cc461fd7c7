/** What a school does not meet today, the worst first: why, who, until when, what to do and where. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { number, problemText, wordFor } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { type Asked, type NormItem, type SchoolNorms, useSchoolNorms, type Verdict } from "./norms";
import { DueWords, StatusBadge, useOwnerWords, VerdictMark, VERDICTS, VerdictWords } from "./words";

/** Links of the app's router: to a requirement's own page, and to where its lack is mended. */
export interface Ways {
  why: (item: NormItem, className: string, children: ReactNode) => ReactNode;
  /** Null where there is no such place for the one who reads. */
  mend: (item: NormItem) => ReactNode;
}

const FAILING: ReadonlySet<Verdict> = new Set(["not", "partly"]);

/** Items by how they are found out, in the order of the first of each: one way mends a whole group. */
export function byCheck(items: readonly NormItem[]): [how: string, items: NormItem[]][] {
  const groups = new Map<string, NormItem[]>();
  for (const item of items) groups.set(item.how_checked, [...(groups.get(item.how_checked) ?? []), item]);
  return [...groups];
}

export function Today({
  school,
  asked,
  ways,
  most,
  all,
}: {
  school: string;
  asked: Asked;
  ways: Ways;
  /** So many rows at most, with the way to the rest. */
  most?: number;
  all?: (words: string) => ReactNode;
}) {
  const { t } = useWords();
  const { data, error, refetch, isFetching } = useSchoolNorms(school, asked);
  if (data === undefined) {
    if (error === null) return <Skeleton className="m-3 h-40" />;
    return (
      <Notice
        icon={<TriangleAlert size={24} />}
        title={problemText(t, error)}
        detail={t("norms.not_answered")}
        action={
          <Button disabled={isFetching} onClick={() => void refetch()}>
            {t("app.again")}
          </Button>
        }
        data-testid="norms-problem"
      />
    );
  }
  return <Answered data={data} stale={error} ways={ways} most={most} all={all} />;
}

function Answered({
  data,
  stale,
  ways,
  most,
  all,
}: {
  data: SchoolNorms;
  stale: Error | null;
  ways: Ways;
  most?: number;
  all?: (words: string) => ReactNode;
}) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  const lacks = data.items.filter(({ verdict }) => FAILING.has(verdict));
  const unknown = data.items.filter(({ verdict }) => verdict === "unknown");
  const others = data.items.filter((item) => !FAILING.has(item.verdict) && item.verdict !== "unknown");
  const judged = data.items.length > 0;
  return (
    <div data-testid="norms-today" data-gate={data.gate} data-failing={lacks.length}>
      {stale !== null && (
        <p role="alert" className="border-b px-3 py-2 text-sm text-caution">
          {problemText(t, stale)} {t("norms.as_of", { time: dayAndClock(Date.parse(data.as_of)) })}
        </p>
      )}
      {!judged && (
        <Notice
          title={t("norms.none_judged")}
          detail={t("norms.none_judged_detail")}
          data-testid="norms-none"
        />
      )}
      {judged && <Counts data={data} />}
      {judged && lacks.length + unknown.length === 0 && (
        <Notice
          icon={<CircleCheck size={24} />}
          title={t("norms.nothing_fails", { count: countOf(data, "compliant") })}
          data-testid="norms-nothing-fails"
        />
      )}
      {lacks.length > 0 && (
        <ol className="divide-y" aria-label={t("norms.today")}>
          {lacks.slice(0, most).map((item) => (
            <Row key={item.requirement} item={item} now={now} ways={ways} />
          ))}
        </ol>
      )}
      {most === undefined ? (
        <>
          <Unknown items={unknown} ways={ways} />
          <DueSoon items={data.due_soon} now={now} ways={ways} />
          <Met items={others} ways={ways} />
          <p className="px-3 py-2 text-sm text-ink-3">
            {t("norms.as_of", { time: dayAndClock(Date.parse(data.as_of)) })}
          </p>
        </>
      ) : (
        judged &&
        all !== undefined && (
          <p className="px-3 py-2 text-sm">{all(t("norms.all", { count: data.items.length }))}</p>
        )
      )}
    </div>
  );
}

const countOf = ({ counts }: SchoolNorms, verdict: Verdict): number => counts[verdict] ?? 0;

/** The gates in one sentence, then how many there are of each verdict. */
function Counts({ data }: { data: SchoolNorms }) {
  const { t } = useWords();
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1 border-b px-3 py-2">
      <p className="font-medium" data-testid="norms-gate">
        {t(`norms.gate_is.${data.gate}`)}
      </p>
      <ul className="flex flex-wrap gap-x-4 text-sm text-ink-2" aria-label={t("norms.counts")}>
        {VERDICTS.filter((verdict) => countOf(data, verdict) > 0).map((verdict) => (
          <li key={verdict} className="inline-flex gap-1.5" data-testid={`norms-count-${verdict}`}>
            <VerdictWords verdict={verdict} /> {number(countOf(data, verdict))}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Row({ item, now, ways }: { item: NormItem; now: number; ways: Ways }) {
  const { t, name } = useWords();
  const owner = useOwnerWords();
  return (
    <li
      className="grid gap-x-4 gap-y-1 px-3 py-2.5 sm:grid-cols-[120px_minmax(0,1fr)_auto]"
      data-testid="norm-row"
      data-requirement={item.requirement}
      data-verdict={item.verdict}
    >
      <div className="space-y-0.5">
        <VerdictWords verdict={item.verdict} />
        {item.gate && <p className="text-sm text-ink-3">{t("norms.gate")}</p>}
      </div>
      <div className="min-w-0 space-y-1">
        <h3 className="font-medium">{ways.why(item, "hover:underline", name(item.title))}</h3>
        <p>{name(item.what_to_do)}</p>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-ink-2">
          <span>{owner(item.owner)}</span>
          {item.due !== null && <DueWords due={item.due} now={now} />}
          {item.since !== null && (
            <span>{t("norms.since", { time: dayAndClock(Date.parse(item.since)).slice(0, 16) })}</span>
          )}
          <span>{wordFor(t, "norms.how", item.how_checked)}</span>
        </p>
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm text-ink-2">
          <span>{item.clause}</span>
          <StatusBadge status={item.status} />
        </p>
      </div>
      <div className="flex flex-wrap items-start gap-2 sm:flex-col sm:items-end">{ways.mend(item)}</div>
    </li>
  );
}

/** What nobody knows yet, by how it is found out: it is not fine, and one deed may settle many of them. */
function Unknown({ items, ways }: { items: readonly NormItem[]; ways: Ways }) {
  const { t, name } = useWords();
  const owner = useOwnerWords();
  if (items.length === 0) return null;
  const musts = (of: readonly NormItem[]) => of.filter(({ gate }) => gate).length;
  return (
    <section className="border-t" data-testid="norms-unknown" data-count={items.length}>
      <h3 className="flex flex-wrap items-center gap-x-2 px-3 pt-3 font-medium">
        <VerdictMark verdict="unknown" />
        {t("norms.unknown_of", { count: items.length })}
        {musts(items) > 0 && <span>{t("norms.of_them_musts", { count: musts(items) })}</span>}
      </h3>
      <ul className="divide-y">
        {byCheck(items).map(([how, group]) => (
          <li key={how} className="px-3 py-2" data-testid="norms-unknown-group" data-how={how}>
            <details>
              <summary className="cursor-pointer">
                {wordFor(t, "norms.how", how)}: {number(group.length)}
                {musts(group) > 0 && (
                  <span className="text-ink-2"> {t("norms.of_them_musts", { count: musts(group) })}</span>
                )}
              </summary>
              <div className="py-2">{group[0] !== undefined && ways.mend(group[0])}</div>
              <ul className="divide-y">
                {group.map((item) => (
                  <li
                    key={item.requirement}
                    className="space-y-0.5 py-1.5"
                    data-testid="norm-unknown"
                    data-requirement={item.requirement}
                  >
                    <p className="flex flex-wrap items-baseline gap-x-3">
                      {ways.why(item, "hover:underline", name(item.title))}
                      {item.gate && <span className="text-sm text-ink-3">{t("norms.gate")}</span>}
                      <span className="text-sm text-ink-2">{owner(item.owner)}</span>
                    </p>
                    <p className="flex flex-wrap items-center gap-x-2 text-sm text-ink-2">
                      <span>{item.clause}</span>
                      <StatusBadge status={item.status} />
                      <span>{name(item.what_to_do)}</span>
                    </p>
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}

function DueSoon({ items, now, ways }: { items: readonly NormItem[]; now: number; ways: Ways }) {
  const { t, name } = useWords();
  const owner = useOwnerWords();
  return (
    <Panel title={t("norms.due_soon")} className="m-3" data-testid="norms-due-soon">
      {items.length === 0 ? (
        <p className="px-3 py-2 text-ink-2">{t("norms.nothing_due")}</p>
      ) : (
        <ul className="divide-y">
          {items.map((item) => (
            <li
              key={item.requirement}
              className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-3 py-2"
              data-testid="norm-due"
            >
              <span className="min-w-0 flex-1 basis-60">
                {ways.why(item, "hover:underline", name(item.title))}
              </span>
              <span className="text-sm text-ink-2">{owner(item.owner)}</span>
              {item.due !== null && <DueWords due={item.due} now={now} />}
              {ways.mend(item)}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** What holds, and what does not concern this school: there, but folded. */
function Met({ items, ways }: { items: readonly NormItem[]; ways: Ways }) {
  const { t, name } = useWords();
  if (items.length === 0) return null;
  return (
    <details className="m-3 rounded-md border bg-surface" data-testid="norms-met">
      <summary className="cursor-pointer px-3 py-2 text-ink-2">
        {t("norms.met", { count: items.length })}
      </summary>
      <ul className="divide-y border-t">
        {items.map((item) => (
          <li key={item.requirement} className="flex flex-wrap items-center gap-x-3 px-3 py-1.5">
            <VerdictMark verdict={item.verdict} />
            <span className="min-w-0 flex-1 basis-60">
              {ways.why(item, "hover:underline", name(item.title))}
            </span>
            <span className="text-sm text-ink-2">{t(`norms.verdict.${item.verdict}`)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
