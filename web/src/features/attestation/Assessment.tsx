/** One school in a campaign: where it stands, its criteria, and the three voices on each requirement. */
import { type ReactNode, useState } from "react";
import { Button, buttonClass } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Panel, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { AnswerForm } from "./AnswerForm";
import { ANSWERS, type Finding } from "./assessment";
import {
  type GivenGrade,
  type SchoolAssessment,
  useAssessment,
  useDeed,
  useDelta,
  type Which,
} from "./attestation";
import { Differences } from "./Differences";
import { SideBySide, type Ways } from "./SideBySide";

type Deeds = ReturnType<typeof useDeed>;

export function Assessment({
  which,
  why,
  mayRecord,
}: {
  which: Which;
  why: Ways["why"];
  /** Whether the one who reads decides at all; the centre says when. */
  mayRecord: boolean;
}) {
  const { t, language } = useWords();
  const { data, error } = useAssessment(which);
  const deeds = useDeed(which);
  if (data === undefined)
    return error === null ? (
      <Skeleton className="h-64" />
    ) : (
      <Problem error={error} testId="assessment-problem" />
    );
  return (
    <div className="space-y-3" data-testid="assessment" data-state={data.state}>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="font-medium">{t(`attestation.state.${data.state}`)}</span>
        <span data-testid="assessment-gates">{t(`norms.gate_is.${data.gates}`)}</span>
        <span className="text-sm text-ink-2">
          {t("attestation.measured_at", { time: dayAndClock(Date.parse(data.measured_at)) })}
        </span>
        <span className="grow" />
        {data.record !== null && (
          <a
            href={`/api/attestation/records/${data.record}/bundle.pdf?language=${language}`}
            className={buttonClass("plain", true)}
            data-testid="bundle"
          >
            {t("attestation.bundle")}
          </a>
        )}
      </p>
      <Steps data={data} deeds={deeds} mayRecord={mayRecord && data.state === "decided"} />
      {data.record !== null && <Since record={data.record} />}
      <section className="rounded-md border bg-surface">
        <SideBySide
          findings={data.findings}
          ways={{ why, deed: (one) => <Voice data={data} finding={one} deeds={deeds} /> }}
        />
      </section>
    </div>
  );
}

/** Beside a record: what today's norm asks otherwise. */
function Since({ record }: { record: string }) {
  const { t } = useWords();
  const { data, error } = useDelta(record);
  return (
    <Panel title={t("attestation.since")}>
      {data === undefined ? (
        <Problem error={error} className="px-3 py-2" />
      ) : (
        <Differences items={data.items} />
      )}
    </Panel>
  );
}

/** What the one who reads may do with the whole of it. */
function Steps({ data, deeds, mayRecord }: { data: SchoolAssessment; deeds: Deeds; mayRecord: boolean }) {
  const { t } = useWords();
  const step = (deed: "submit" | "record"): ReactNode => (
    <Button
      look="primary"
      disabled={deeds.isPending}
      onClick={() => deeds.mutate({ deed })}
      data-testid={`assessment-${deed}`}
    >
      {t(`attestation.deed.${deed}`)}
    </Button>
  );
  return (
    <>
      <Panel title={t("attestation.criteria")}>
        <Grades key={data.state} data={data} deeds={deeds} />
      </Panel>
      <div className="flex flex-wrap items-center gap-3">
        {data.may_answer && step("submit")}
        {mayRecord && step("record")}
        <Problem error={deeds.error} testId="assessment-refused" />
      </div>
    </>
  );
}

const GRADES = [5, 4, 3, 2];

/** Each criterion with the range that was measured; the inspector gives the grade within it, or says why not. */
function Grades({ data, deeds }: { data: SchoolAssessment; deeds: Deeds }) {
  const { t, name } = useWords();
  const [given, setGiven] = useState<Record<string, GivenGrade>>(() =>
    Object.fromEntries(
      data.scores.map(({ score, highest, grade, words }) => [
        score,
        { score, grade: grade ?? highest, words },
      ]),
    ),
  );
  return (
    <form
      data-testid="grades"
      onSubmit={(event) => {
        event.preventDefault();
        deeds.mutate({ deed: "decide", grades: Object.values(given) });
      }}
    >
      <ul className="divide-y">
        {data.scores.map((one) => {
          const mine = given[one.score] ?? { score: one.score, grade: one.highest, words: "" };
          const set = (change: Partial<GivenGrade>) =>
            setGiven((before) => ({ ...before, [one.score]: { ...mine, ...change } }));
          return (
            <li key={one.score} className="grid gap-3 px-3 py-2 sm:grid-cols-3" data-testid="score">
              <div>
                <p className="font-medium">{name(one.title)}</p>
                <p className="text-sm text-ink-2">
                  {one.lowest === one.highest
                    ? t("attestation.measured_grade", { grade: one.lowest })
                    : t("attestation.range", { lowest: one.lowest, highest: one.highest })}
                </p>
              </div>
              {data.may_decide ? (
                <>
                  <Field label={t("attestation.grade")}>
                    <select
                      value={mine.grade}
                      onChange={(event) => set({ grade: Number(event.target.value) })}
                      className={INPUT}
                      data-testid="grade"
                    >
                      {GRADES.map((grade) => (
                        <option key={grade} value={grade}>
                          {grade}
                        </option>
                      ))}
                    </select>
                  </Field>
                  <Field label={t("attestation.words")}>
                    <input
                      value={mine.words ?? ""}
                      maxLength={2_000}
                      onChange={(event) => set({ words: event.target.value })}
                      className={INPUT}
                      data-testid="grade-words"
                    />
                  </Field>
                </>
              ) : (
                one.grade !== null && (
                  <p className="sm:col-span-2" data-testid="grade-given">
                    {t("attestation.grade")}: {one.grade}
                    {one.words !== "" && ` (${one.words})`}
                  </p>
                )
              )}
            </li>
          );
        })}
      </ul>
      {data.may_decide && (
        <div className="px-3 py-2">
          <Button type="submit" look="primary" disabled={deeds.isPending} data-testid="assessment-decide">
            {t("attestation.deed.decide")}
          </Button>
        </div>
      )}
    </form>
  );
}

/** The form under a requirement: the school's own answer, or the inspector's verdict; none for who only reads. */
function Voice({ data, finding, deeds }: { data: SchoolAssessment; finding: Finding; deeds: Deeds }) {
  const { t } = useWords();
  const by = data.may_answer ? "school" : data.may_decide ? "inspector" : null;
  if (by === null) return null;
  const verdict = ANSWERS.find((one) => one === (by === "school" ? finding.own : finding.inspector));
  const words = by === "school" ? finding.own_words : finding.inspector_words;
  const { requirement } = finding;
  return (
    <details data-testid="voice">
      <summary className="cursor-pointer text-sm text-accent">{t(`attestation.verdict_of.${by}`)}</summary>
      <div className="pt-2">
        <AnswerForm
          by={by}
          measured={finding.measured}
          before={verdict === undefined ? null : { verdict, words, evidence: finding.evidence }}
          busy={deeds.isPending}
          error={null}
          onSay={(said) =>
            deeds.mutate(
              by === "school"
                ? {
                    deed: "answer",
                    answer: { requirement, own: said.verdict, words: said.words, evidence: said.evidence },
                  }
                : { deed: "judge", judgement: { requirement, verdict: said.verdict, words: said.words } },
            )
          }
        />
      </div>
    </details>
  );
}
