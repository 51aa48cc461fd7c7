/** A school's plans: looked at, printed, drawn. What was drawn and not saved is not left behind unasked. */
import { Link, useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useRef } from "react";
import type { School } from "@/api/types";
import { PlanBoard } from "@/features/plans/PlanBoard";
import { PlanReviews } from "@/features/remarks/Reviews";
import { WriteButton } from "@/features/remarks/WriteButton";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Notice, Skeleton } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";
import { useConnection, useSchool, useSession } from "@/world/hooks";

export function PlanPage() {
  const { t } = useWords();
  const { id } = useParams({ from: "/schools/$id/plan" });
  const school = useSchool(id);
  const loading = useConnection().state === "loading";
  if (school !== undefined) return <Page key={school.id} school={school} />;
  if (loading) return <Skeleton className="m-4 h-64" />;
  return (
    <Notice title={t("school.not_found")} detail={t("school.not_found_detail")} data-testid="no-right" />
  );
}

function Page({ school }: { school: School }) {
  const { t, name } = useWords();
  const { rights } = useSession();
  const place = useSearch({ from: "/schools/$id/plan" });
  const navigate = useNavigate({ from: "/schools/$id/plan" });
  const go = useNavigate();
  const unsaved = useRef(false);
  const blocker = useBlocker({
    shouldBlockFn: () => unsaved.current,
    enableBeforeUnload: () => unsaved.current,
    withResolver: true,
  });
  const onUnsaved = useCallback((now: boolean) => {
    unsaved.current = now;
  }, []);
  return (
    <div className="flex h-full min-h-0 flex-col" data-testid="plan-page" data-school={school.id}>
      <header className="flex min-h-10 shrink-0 flex-wrap items-center gap-x-3 border-b px-3 py-1 print:hidden">
        <Link to="/schools/$id" params={{ id: school.id }} className="text-accent">
          {name(school.name)}
        </Link>
        <h1 className="font-semibold">{t("plan.plans")}</h1>
      </header>
      <PlanBoard
        school={school}
        plan={place.plan}
        editing={place.edit === true}
        onPlace={({ plan, edit }) =>
          void navigate({ search: { plan, edit: edit === true ? true : undefined } })
        }
        onUnsaved={onUnsaved}
        deeds={(plan, zone) => (
          <>
            {zone === null && rights.includes("remarks.read") && (
              <PlanReviews
                plan={plan.id}
                revision={plan.revision}
                link={(review, className, children) => (
                  <Link
                    to="/reviews/$id"
                    params={{ id: review.id }}
                    className={className}
                    data-testid="review-link"
                  >
                    {children}
                  </Link>
                )}
                onOpened={({ id }) => void go({ to: "/reviews/$id", params: { id } })}
              />
            )}
            <WriteButton
              about={{
                school: school.id,
                target: {
                  kind: zone === null ? "plan" : "zone",
                  plan: plan.id,
                  revision: plan.revision,
                  zone: zone?.key ?? null,
                },
                title:
                  zone === null
                    ? t("remark.target.plan_of", { plan: plan.name })
                    : t("remark.target.zone_of", { zone: zone.title, plan: plan.name }),
                zoneKind: zone?.kind,
              }}
              onWritten={({ id }) => void go({ to: "/remarks/$id", params: { id } })}
            />
          </>
        )}
      />
      <Dialog
        open={blocker.status === "blocked"}
        onClose={() => blocker.reset?.()}
        title={t("plan.leave_title")}
      >
        <div className="space-y-4 p-4" data-testid="plan-leave-ask">
          <p>{t("plan.leave_detail")}</p>
          <div className="flex flex-wrap gap-3">
            <Button autoFocus look="primary" onClick={() => blocker.reset?.()} data-testid="plan-stay">
              {t("plan.stay")}
            </Button>
            <Button onClick={() => blocker.proceed?.()} data-testid="plan-leave-anyway">
              {t("plan.leave")}
            </Button>
          </div>
        </div>
      </Dialog>
    </div>
  );
}
