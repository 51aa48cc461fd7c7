/** A joint review: which bodies were asked about which version of a plan, what each says, and my signature. */
import { ArrowLeft, Check, CircleDashed, MessageSquareWarning, Minus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { JointReview } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Panel, Skeleton } from "@/ui/surfaces";
import { PlanPicture } from "@/vocabulary/plan-picture";
import { Problem } from "@/vocabulary/problem";
import { daysLeft, dayOf, useBodyWords } from "@/vocabulary/remarks";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { Compared } from "./Compared";
import { useLayout } from "./layouts";
import { useEndReview, useSignReview } from "./remarks";

export type Answer = JointReview["signatures"][number]["answer"];
const ANSWERS: readonly Answer[] = ["agree", "remarks", "not_competent"];
const LONGEST_TEXT = 2_000;

export interface ReviewLinks {
  back: (className: string, children: ReactNode) => ReactNode;
  school: (school: string, words: string) => ReactNode;
  plan: (school: string, plan: string, words: string) => ReactNode;
  /** The remarks on this plan. */
  remarks: (plan: string, words: string) => ReactNode;
  /** A remark on this plan is written here; nothing for those who write none. */
  write: (review: JointReview) => ReactNode;
}

export function ReviewScreen({ review, links }: { review: JointReview; links: ReviewLinks }) {
  const { t } = useWords();
  const { data: layout, error } = useLayout({
    school: review.school,
    plan: review.plan.id,
    revision: review.revision,
  });
  const [compared, setCompared] = useState(false);
  const changed = review.plan_revision_now !== review.revision;
  const title = t("joint.of_version", { name: review.plan.name, number: review.revision });
  return (
    <div
      className="mx-auto max-w-[1500px] space-y-3 p-3 sm:p-4"
      data-testid="review-screen"
      data-review={review.id}
      data-state={review.state}
    >
      <Head review={review} title={title} links={links} />
      <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,3fr)_minmax(320px,2fr)]">
        <Panel
          title={t("joint.plan")}
          actions={
            <span className="flex flex-wrap items-center gap-2 text-sm">
              {links.plan(review.school, review.plan.id, t("remark.plan_now"))}
            </span>
          }
        >
          {changed && (
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-3 py-2 text-sm">
              <span className="text-caution" data-testid="plan-changed-since">
                {t("joint.plan_changed", { number: review.plan_revision_now })}
              </span>
              <Button
                small
                aria-pressed={compared}
                className="aria-pressed:border-accent"
                onClick={() => setCompared(!compared)}
                data-testid="differences-open"
              >
                {t("joint.differences")}
              </Button>
            </div>
          )}
          <Problem error={error} className="p-3" />
          {layout === undefined && error === null && <Skeleton className="m-3 h-64" />}
          {compared && changed ? (
            <Compared
              school={review.school}
              plan={review.plan.id}
              from={review.revision}
              to={review.plan_revision_now}
            />
          ) : (
            layout !== undefined && <PlanPicture layout={layout} label={title} />
          )}
        </Panel>
        <div className="min-w-0 space-y-3">
          <Bodies review={review} />
          {review.rights.includes("sign") && <Sign review={review} links={links} />}
          {(review.rights.includes("close") || review.rights.includes("cancel")) && <End review={review} />}
        </div>
      </div>
    </div>
  );
}

function Head({ review, title, links }: { review: JointReview; title: string; links: ReviewLinks }) {
  const { t, name } = useWords();
  return (
    <header className="space-y-1">
      {links.back(
        "inline-flex items-center gap-1 text-sm text-accent",
        <>
          <ArrowLeft size={14} aria-hidden /> {t("remark.title")}
        </>,
      )}
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h1 className="text-xl font-semibold">{t("joint.title")}</h1>
        <span className="text-ink-2">{title}</span>
        <span data-testid="review-state">{t(`joint.state.${review.state}`)}</span>
        <ReviewDue review={review} />
      </div>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-ink-2">
        <span>{links.school(review.school, name(review.school_name))}</span>
        <span>
          {t("joint.opened_by", {
            name: review.opened_by.name,
            time: dayAndClock(Date.parse(review.opened_at)),
          })}
        </span>
        {review.ended_by !== null && review.ended_at !== null && (
          <span>
            {t("joint.ended_by", {
              name: review.ended_by.name,
              time: dayAndClock(Date.parse(review.ended_at)),
            })}
          </span>
        )}
        <span>{links.remarks(review.plan.id, t("joint.remarks_on_plan"))}</span>
      </p>
      {review.text !== "" && <p className="whitespace-pre-line">{review.text}</p>}
      {review.reason !== "" && <p className="text-ink-2">{t("joint.reason", { reason: review.reason })}</p>}
    </header>
  );
}

/** Until when one signs; only while it is open. */
export function ReviewDue({ review }: { review: JointReview }) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  if (review.state !== "open") return null;
  const day = dayOf(review.deadline);
  const left = daysLeft(review.deadline, now);
  if (left < 0)
    return <span className="font-medium text-caution">{t("remark.overdue_by", { count: -left, day })}</span>;
  return (
    <span>{left === 0 ? t("remark.due_today", { day }) : t("remark.due_in", { count: left, day })}</span>
  );
}

const ICONS = { agree: Check, remarks: MessageSquareWarning, not_competent: Minus } as const;

function Bodies({ review }: { review: JointReview }) {
  const { t } = useWords();
  const words = useBodyWords();
  return (
    <Panel
      title={t("joint.bodies")}
      actions={
        <span className="text-sm text-ink-2" data-testid="review-count">
          {t("joint.signed_of", { count: review.signatures.length, all: review.bodies.length })}
        </span>
      }
    >
      <ul className="divide-y">
        {review.bodies.map((body) => {
          const signed = review.signatures.find((one) => one.body === body);
          const Icon = signed === undefined ? CircleDashed : ICONS[signed.answer];
          return (
            <li
              key={body}
              className="flex gap-3 px-3 py-2"
              data-testid="review-body"
              data-body={body}
              data-answer={signed?.answer ?? ""}
            >
              <Icon
                size={18}
                aria-hidden
                className={`mt-0.5 shrink-0 ${signed === undefined ? "text-ink-3" : signed.answer === "remarks" ? "text-caution" : "text-accent"}`}
              />
              <div className="min-w-0">
                <p className="font-medium">{words(body)}</p>
                {signed === undefined ? (
                  <p className="text-sm text-ink-3">
                    {t(review.state === "open" ? "joint.not_signed_yet" : "joint.not_signed")}
                  </p>
                ) : (
                  <>
                    <p>
                      {t(`joint.answer.${signed.answer}`)}
                      {signed.remarks > 0 && ` · ${t("joint.remarks_count", { count: signed.remarks })}`}
                    </p>
                    {signed.text !== "" && <p className="whitespace-pre-line text-ink-2">{signed.text}</p>}
                    <p className="text-sm text-ink-3">
                      {signed.by.name} · {dayAndClock(Date.parse(signed.at))}
                    </p>
                  </>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Sign({ review, links }: { review: JointReview; links: ReviewLinks }) {
  const { t } = useWords();
  const words = useBodyWords();
  const { body } = useSession();
  const sign = useSignReview(review);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [text, setText] = useState("");
  return (
    <Panel title={t("joint.sign_for", { body: words(body) })} data-testid="sign">
      <form
        className="space-y-3 p-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (answer !== null) sign.mutate({ answer, text: text.trim() });
        }}
      >
        <div className="grid gap-2" role="group" aria-label={t("joint.answer_is")}>
          {ANSWERS.map((one) => (
            <Button
              key={one}
              aria-pressed={answer === one}
              className="justify-start aria-pressed:border-accent aria-pressed:text-accent"
              onClick={() => setAnswer(one)}
              data-testid={`answer-${one}`}
            >
              {t(`joint.answer.${one}`)}
            </Button>
          ))}
        </div>
        {answer === "remarks" && (
          <div className="space-y-2 text-sm text-ink-2">
            <p>{t("joint.remarks_first")}</p>
            {links.write(review)}
          </div>
        )}
        <Field label={t("remark.say")}>
          <textarea
            rows={3}
            maxLength={LONGEST_TEXT}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${INPUT} h-auto py-1.5`}
            data-testid="sign-text"
          />
        </Field>
        <Problem error={sign.error} testId="sign-problem" />
        <Button
          type="submit"
          look="primary"
          disabled={answer === null || sign.isPending}
          data-testid="sign-do"
        >
          {t("joint.sign")}
        </Button>
      </form>
    </Panel>
  );
}

function End({ review }: { review: JointReview }) {
  const { t } = useWords();
  const end = useEndReview(review);
  const [cancelling, setCancelling] = useState(false);
  const [text, setText] = useState("");
  const may = (deed: string) => review.rights.includes(deed);
  return (
    <Panel title={t("joint.end")}>
      <div className="space-y-3 p-3">
        {!may("close") && <p className="text-sm text-ink-2">{t("joint.close_later")}</p>}
        <div className="flex flex-wrap gap-2">
          {may("close") && (
            <Button
              look="primary"
              disabled={end.isPending}
              onClick={() => end.mutate({ how: "close", text: "" })}
              data-testid="review-close"
            >
              {t("joint.close")}
            </Button>
          )}
          {may("cancel") && (
            <Button
              aria-pressed={cancelling}
              disabled={end.isPending}
              onClick={() => setCancelling(!cancelling)}
              data-testid="review-cancel"
            >
              {t("joint.cancel")}
            </Button>
          )}
        </div>
        {cancelling && (
          <form
            className="space-y-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (text.trim() !== "") end.mutate({ how: "cancel", text: text.trim() });
            }}
          >
            <Field label={t("remark.say_why")}>
              <textarea
                autoFocus
                rows={2}
                maxLength={LONGEST_TEXT}
                value={text}
                onChange={(event) => setText(event.target.value)}
                className={`${INPUT} h-auto py-1.5`}
                data-testid="review-reason"
              />
            </Field>
            <Button
              type="submit"
              disabled={text.trim() === "" || end.isPending}
              data-testid="review-cancel-do"
            >
              {t("joint.cancel")}
            </Button>
          </form>
        )}
        <Problem error={end.error} testId="review-problem" />
      </div>
    </Panel>
  );
}
