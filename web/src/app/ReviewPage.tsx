/** One joint review, with the ways to its school, plan and remarks. */
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useRemarkEvents, useReview } from "@/features/remarks/remarks";
import { ReviewScreen } from "@/features/remarks/ReviewScreen";
import { WriteButton } from "@/features/remarks/WriteButton";
import { buttonClass } from "@/ui/button";
import { Notice, Skeleton } from "@/ui/surfaces";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { toPlan, toRemarks, toSchool } from "./RemarkPage";

export function ReviewPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/reviews/$id" });
  const navigate = useNavigate();
  useRemarkEvents();
  const { data, error } = useReview(id);
  if (error !== null && data === undefined) {
    return (
      <Notice
        title={problemText(t, error)}
        action={toRemarks(buttonClass(), t("remark.title"))}
        data-testid="no-right"
      />
    );
  }
  if (data === undefined) return <Skeleton className="m-4 h-64" />;
  return (
    <ReviewScreen
      review={data}
      links={{
        back: toRemarks,
        school: toSchool,
        plan: toPlan,
        remarks: (plan, words) => (
          <Link
            to="/remarks"
            search={{ school: data.school, plan, whose: "all" }}
            className="text-accent"
            data-testid="review-remarks"
          >
            {words}
          </Link>
        ),
        write: ({ school, plan, revision }) => (
          <WriteButton
            about={{
              school,
              target: { kind: "plan", plan: plan.id, revision },
              title: t("remark.target.plan_of", { plan: plan.name }),
            }}
            onWritten={(remark) =>
              remark.state === "draft" && void navigate({ to: "/remarks/$id", params: { id: remark.id } })
            }
          />
        ),
      }}
    />
  );
}
