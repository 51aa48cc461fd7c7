/** One answer to one requirement: the school's own, or the inspector's verdict. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import type { Verdict } from "@/vocabulary/norms";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { type Answer, ANSWERS, lackOfAnswer, lackOfJudgement } from "./assessment";

const MAX_WORDS = 2_000;
const MAX_EVIDENCE = 300;

export interface Said {
  verdict: Answer;
  words: string;
  /** The number and day of a paper; always empty from the inspector. */
  evidence: string;
}

export function AnswerForm({
  by,
  measured,
  before,
  busy,
  error,
  onSay,
}: {
  by: "school" | "inspector";
  measured: Verdict;
  before: Said | null;
  busy: boolean;
  error: Error | null;
  onSay: (said: Said) => void;
}) {
  const { t } = useWords();
  const [verdict, setVerdict] = useState<Answer | "">(before?.verdict ?? "");
  const [words, setWords] = useState(before?.words ?? "");
  const [evidence, setEvidence] = useState(before?.evidence ?? "");
  const [tried, setTried] = useState(false);
  const lack = by === "school" ? lackOfAnswer(verdict, words) : lackOfJudgement(verdict, words, measured);
  return (
    <form
      className="grid gap-3 sm:grid-cols-3"
      data-testid="answer-form"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (lack === null && verdict !== "")
          onSay({ verdict, words: words.trim(), evidence: evidence.trim() });
      }}
    >
      <Field label={t(`attestation.verdict_of.${by}`)}>
        <select
          value={verdict}
          onChange={(event) => setVerdict(ANSWERS.find((one) => one === event.target.value) ?? "")}
          aria-invalid={tried && lack === "answer"}
          className={INPUT}
          data-testid="answer-verdict"
        >
          <option value="">{t("norms.choose")}</option>
          {ANSWERS.map((one) => (
            <option key={one} value={one}>
              {t(`norms.verdict.${one}`)}
            </option>
          ))}
        </select>
      </Field>
      <Field label={t("attestation.words")}>
        <textarea
          value={words}
          rows={2}
          maxLength={MAX_WORDS}
          onChange={(event) => setWords(event.target.value)}
          aria-invalid={tried && lack === "why"}
          className={`${INPUT} h-auto py-1`}
          data-testid="answer-words"
        />
      </Field>
      {by === "school" && (
        <Field label={t("attestation.paper")} hint={t("attestation.paper_hint")}>
          <input
            value={evidence}
            maxLength={MAX_EVIDENCE}
            onChange={(event) => setEvidence(event.target.value)}
            className={INPUT}
            data-testid="answer-evidence"
          />
        </Field>
      )}
      <div className="flex flex-wrap items-center gap-3 sm:col-span-3">
        <Button type="submit" small disabled={busy} data-testid="answer-say">
          {t("attestation.say")}
        </Button>
        <Trouble testId="answer-lack">
          {tried &&
            lack !== null &&
            t(lack === "answer" ? "attestation.lack.answer" : `attestation.lack.${by}`)}
        </Trouble>
        <Problem error={error} testId="answer-problem" />
      </div>
    </form>
  );
}
