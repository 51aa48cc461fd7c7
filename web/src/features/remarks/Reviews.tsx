/** Joint reviews where one meets them: those that wait for my signature, those of one plan, and the way to a new one. */
import { PenLine, Users } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { JointReview } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Problem } from "@/vocabulary/problem";
import { BODIES, type Body, inDays } from "@/vocabulary/remarks";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession } from "@/world/hooks";
import { Deadline } from "./Deadline";
import { useOpenReview, usePlanReviews, useReviews } from "./remarks";
import { ReviewDue } from "./ReviewScreen";

export type ReviewLink = (review: JointReview, className: string, children: ReactNode) => ReactNode;

/** Above the list of remarks; no room is taken while nothing waits. */
export function WaitingReviews({ link }: { link: ReviewLink }) {
  const { t, name } = useWords();
  const { rights } = useSession();
  const { data, error } = useReviews({ mine: true }, rights.includes("remarks.write"));
  if (error !== null) return <Problem error={error} className="border-b px-3 py-2" />;
  if (data === undefined || data.length === 0) return null;
  return (
    <section className="border-b px-3 py-2" data-testid="reviews-waiting">
      <h2 className="flex items-center gap-2 font-medium">
        <PenLine size={15} aria-hidden /> {t("joint.waiting", { count: data.length })}
      </h2>
      <ul>
        {data.map((review) => (
          <li key={review.id} className="py-1" data-testid="review-waiting" data-review={review.id}>
            {link(
              review,
              "flex flex-wrap gap-x-4 rounded-sm hover:bg-raised",
              <>
                <span className="text-accent">
                  {t("joint.of_version", { name: review.plan.name, number: review.revision })}
                </span>
                <span className="text-ink-2">{name(review.school_name)}</span>
                <ReviewDue review={review} />
              </>,
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** On a plan: its open review, or the way to ask for one. */
export function PlanReviews({
  plan,
  revision,
  link,
  onOpened,
}: {
  plan: string;
  revision: number;
  link: ReviewLink;
  onOpened: (review: JointReview) => void;
}) {
  const { t } = useWords();
  const { rights } = useSession();
  const { data } = usePlanReviews(plan);
  const [asking, setAsking] = useState(false);
  const open = data?.find(({ state }) => state === "open");
  if (data === undefined) return null;
  if (open !== undefined) {
    return link(
      open,
      "inline-flex h-7 items-center gap-1.5 rounded-md border border-line-2 px-2 text-sm text-accent",
      <>
        <Users size={15} aria-hidden />
        {t("joint.open_now", { count: open.signatures.length, all: open.bodies.length })}
      </>,
    );
  }
  if (!rights.includes("reviews.open")) return null;
  return (
    <>
      <Button small look="quiet" onClick={() => setAsking(true)} data-testid="review-open">
        <Users size={15} aria-hidden /> {t("joint.ask")}
      </Button>
      {asking && (
        <Dialog open onClose={() => setAsking(false)} title={t("joint.ask")}>
          <AskForm plan={plan} revision={revision} onOpened={onOpened} />
        </Dialog>
      )}
    </>
  );
}

const USUAL: readonly Body[] = ["education", "police", "emergency"];
const USUAL_DAYS = 14;

function AskForm({
  plan,
  revision,
  onOpened,
}: {
  plan: string;
  revision: number;
  onOpened: (review: JointReview) => void;
}) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  const ask = useOpenReview(plan);
  const [bodies, setBodies] = useState<readonly Body[]>(USUAL);
  const [deadline, setDeadline] = useState<string | null>(() => inDays(USUAL_DAYS, now));
  const [text, setText] = useState("");
  const ready = bodies.length > 0 && deadline !== null;
  return (
    <form
      className="space-y-4 p-4"
      data-testid="review-ask"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        ask.mutate(
          { revision, bodies: BODIES.filter((body) => bodies.includes(body)), deadline, text: text.trim() },
          { onSuccess: onOpened },
        );
      }}
    >
      <p className="text-sm text-ink-2">{t("joint.ask_means", { number: revision })}</p>
      <fieldset>
        <legend className="mb-1 text-sm text-ink-2">{t("joint.who")}</legend>
        <div className="grid gap-1">
          {BODIES.map((body) => (
            <label key={body} className="flex min-h-9 items-center gap-2">
              <input
                type="checkbox"
                checked={bodies.includes(body)}
                onChange={(event) =>
                  setBodies(event.target.checked ? [...bodies, body] : bodies.filter((one) => one !== body))
                }
                className="size-4 accent-[var(--q-accent)]"
                data-testid={`body-${body}`}
              />
              {t(`body.${body}`)}
            </label>
          ))}
        </div>
        <Trouble>{bodies.length === 0 && t("joint.nobody")}</Trouble>
      </fieldset>
      <Deadline value={deadline} onChange={setDeadline} label={t("joint.until")} />
      <Field label={t("remark.say")}>
        <textarea
          rows={2}
          maxLength={2_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className={`${INPUT} h-auto py-1.5`}
        />
      </Field>
      <Problem error={ask.error} testId="review-ask-problem" />
      <Button type="submit" look="primary" disabled={!ready || ask.isPending} data-testid="review-ask-do">
        {t("joint.ask")}
      </Button>
    </form>
  );
}
