/** What a camera should see by day and by night: proposed, signed by the school, then by the police. */
import { useState } from "react";
import type { Camera } from "@/api/types";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { type ApprovedView, type Period, usePropose, useSign, useViews, useWithdraw } from "./quality";
import { StillFigure } from "./Still";

const PERIODS: readonly Period[] = ["day", "night"];
const ENDED = new Set(["superseded", "withdrawn"]);

export function Views({ camera, purpose }: { camera: Camera; purpose: string | null }) {
  const { t } = useWords();
  const { data, error } = useViews(camera.id);
  const propose = usePropose(camera.id, camera.has_sub ? "sub" : "main", purpose ?? "");
  if (data === undefined) return error === null ? <Skeleton className="h-40" /> : <Problem error={error} />;
  return (
    <section className="space-y-3" data-testid="views">
      <h2 className="font-semibold">{t("quality.views")}</h2>
      <p className="max-w-prose text-sm text-ink-2">{t("quality.views_detail")}</p>
      <div className="grid gap-4 md:grid-cols-2">
        {PERIODS.map((period) => {
          const standing = data.items.filter((view) => view.period === period && !ENDED.has(view.state));
          return (
            <div key={period} className="space-y-2" data-testid={`views-${period}`}>
              <h3 className="font-medium">{t(`quality.period.${period}`)}</h3>
              {standing.length === 0 && <p className="text-sm text-ink-3">{t("quality.no_view")}</p>}
              {standing.map((view) => (
                <View key={view.id} view={view} />
              ))}
              {data.may_propose && purpose !== null && (
                <Button
                  small
                  disabled={propose.isPending}
                  onClick={() => propose.mutate(period)}
                  data-testid={`view-propose-${period}`}
                >
                  {t("quality.propose")}
                </Button>
              )}
            </div>
          );
        })}
      </div>
      <Problem error={propose.error} testId="view-problem" />
    </section>
  );
}

function View({ view }: { view: ApprovedView }) {
  const { t } = useWords();
  const sign = useSign();
  const withdraw = useWithdraw();
  const [asking, setAsking] = useState(false);
  const busy = sign.isPending || withdraw.isPending;
  return (
    <article className="space-y-1 border p-2" data-testid="view" data-state={view.state}>
      <StillFigure image={view.image} at={view.taken_at} words={t(`quality.view_state.${view.state}`)} />
      <ul className="text-sm text-ink-2">
        <li>
          {t("quality.proposed_by", {
            who: view.proposed_by.name,
            time: dayAndClock(Date.parse(view.proposed_at)),
          })}
        </li>
        {view.signatures.map((one) => (
          <li key={one.side}>
            {t(`quality.signed_for.${one.side}`, {
              who: one.by.name,
              time: dayAndClock(Date.parse(one.at)),
            })}
          </li>
        ))}
      </ul>
      {view.state === "approved" && (
        <p className="text-sm" data-testid="view-in-use" data-in-use={view.in_use}>
          {t(view.in_use ? "quality.in_use" : "quality.not_in_use")}
        </p>
      )}
      {view.refusal !== "" && (
        <p className="text-sm text-caution">{t("quality.view_refused", { code: view.refusal })}</p>
      )}
      {view.changed.length > 0 && (
        <p className="text-sm text-caution" data-testid="view-changed">
          {t("quality.view_changed")}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {view.deeds.includes("sign") && (
          <Button small disabled={busy} onClick={() => sign.mutate(view.id)} data-testid="view-sign">
            {t("quality.sign")}
          </Button>
        )}
        {view.deeds.includes("withdraw") &&
          (asking ? (
            <>
              <Button
                small
                disabled={busy}
                onClick={() => withdraw.mutate({ view: view.id, reason: "" })}
                data-testid="view-withdraw-yes"
              >
                {t("quality.withdraw_yes")}
              </Button>
              <Button small look="quiet" onClick={() => setAsking(false)}>
                {t("quality.keep")}
              </Button>
            </>
          ) : (
            <Button small look="quiet" onClick={() => setAsking(true)} data-testid="view-withdraw">
              {t("quality.withdraw")}
            </Button>
          ))}
      </div>
      <Problem error={sign.error ?? withdraw.error} />
    </article>
  );
}
