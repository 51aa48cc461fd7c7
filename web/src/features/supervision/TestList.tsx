/** Whether every button and contact is proved: overdue and never tested ones first, and the plan of tests. */
import { useState } from "react";
import { Button } from "@/ui/button";
import { Panel, Segmented } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { number, problemText, wordFor } from "@/vocabulary/text";
import { clockOrDay, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useServerNow, useSession, useWorldStore } from "@/world/hooks";
import { Pages } from "./Pages";
import {
  PLAN_IN,
  type PlanIn,
  type PlannedTest,
  type Proof,
  PROOFS,
  useCancelTest,
  usePlan,
  usePlanned,
  useTests,
  type WayIn,
} from "./supervision";

export function TestList() {
  const { t } = useWords();
  const [proof, setProof] = useState<Proof>("overdue");
  const [when, setWhen] = useState<PlanIn>("1d");
  const mayPlan = useSession().rights.includes("faults.take");
  const asked = useTests(proof);
  const ways = asked.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={t("supervision.tests")} data-testid="tests">
      <div className="flex flex-wrap items-center gap-3 border-b p-3">
        <Segmented
          label={t("supervision.tests")}
          value={proof}
          onChoose={setProof}
          choices={PROOFS.map((value) => ({ value, label: t(`supervision.proof.${value}`) }))}
          testId="proof"
        />
        {mayPlan && (
          <Segmented
            label={t("supervision.plan_in")}
            value={when}
            onChoose={setWhen}
            choices={(Object.keys(PLAN_IN) as PlanIn[]).map((value) => ({
              value,
              label: t(`supervision.in.${value}`),
            }))}
            testId="plan-in"
          />
        )}
      </div>
      <Pages asked={asked} none={t("supervision.no_tests")} testId="tests-none">
        {ways.map((way) => (
          <Way key={way.id} way={way} plan={mayPlan ? when : null} />
        ))}
      </Pages>
    </Panel>
  );
}

function Way({ way, plan }: { way: WayIn; plan: PlanIn | null }) {
  const { t, name } = useWords();
  const store = useWorldStore();
  const school = useSchool(way.school);
  const now = useServerNow(60_000);
  const planning = usePlan(way);
  const { last_test } = way;
  return (
    <li
      className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2"
      data-testid="way"
      data-key={way.key}
    >
      <span className="min-w-60 flex-1">
        <span className="block font-medium">
          {school === undefined ? "" : `${name(school.name)} · `}
          {name(way.place)}
        </span>
        <span className="block text-sm text-ink-2">
          {wordFor(t, "source", way.kind)} · {way.key}
        </span>
      </span>
      <span className="text-sm text-ink-2">
        {last_test === null
          ? t("supervision.never_tested")
          : t("supervision.tested", {
              time: clockOrDay(Date.parse(last_test.at), now),
              seconds: number(last_test.took_s),
            })}
      </span>
      {way.planned_for !== null && (
        <span className="text-sm text-ink-2" data-testid="way-planned">
          {t("supervision.planned_for", { time: dayAndClock(Date.parse(way.planned_for)) })}
        </span>
      )}
      {plan !== null && (
        <Button
          small
          disabled={planning.isPending}
          onClick={() => planning.mutate(store.now() + PLAN_IN[plan])}
          data-testid="plan-test"
        >
          {t("supervision.plan")}
        </Button>
      )}
      <Problem error={planning.error} className="w-full" />
    </li>
  );
}

/** What is planned, the next one first; nothing while there is no plan. */
export function PlanList() {
  const { t } = useWords();
  const asked = usePlanned();
  const tests = asked.data?.items ?? [];
  if (asked.error !== null) return <p className="p-3 text-caution">{problemText(t, asked.error)}</p>;
  if (tests.length === 0) return null;
  return (
    <Panel title={t("supervision.planned")} data-testid="planned">
      <ul className="divide-y">
        {tests.map((test) => (
          <Planned key={test.id} test={test} />
        ))}
      </ul>
    </Panel>
  );
}

function Planned({ test }: { test: PlannedTest }) {
  const { t, name } = useWords();
  const school = useSchool(test.school);
  const mayPlan = useSession().rights.includes("faults.take");
  const cancel = useCancelTest(test);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2" data-testid="planned-test">
      <span className="min-w-60 flex-1 font-medium">
        {school === undefined ? "" : `${name(school.name)} · `}
        {test.button}
      </span>
      <span className={`text-sm ${test.late ? "text-caution" : "text-ink-2"}`}>
        {t(test.late ? "supervision.plan_late" : "supervision.planned_for", {
          time: dayAndClock(Date.parse(test.planned_for)),
        })}
        {test.planned_by !== null && ` · ${test.planned_by.name}`}
      </span>
      {mayPlan && (
        <Button small look="quiet" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          {t("supervision.cancel")}
        </Button>
      )}
      <Problem error={cancel.error} className="w-full" />
    </li>
  );
}
