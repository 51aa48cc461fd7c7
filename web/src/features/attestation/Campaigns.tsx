/** Campaigns, the newest first, and which schools have begun in the one that is chosen. */
import type { ReactNode } from "react";
import { Notice, Panel, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { dayOf } from "@/vocabulary/remarks";
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { type AssessmentState, type Campaign, useAssessments, useCampaigns, type Which } from "./attestation";

const STATES: readonly AssessmentState[] = ["open", "submitted", "decided", "recorded"];

/** `link`: to one school's assessment. `own`: the school of a head, who sees no list of schools. */
export function Campaigns({
  own,
  link,
}: {
  own: string | null;
  link: (which: Which, words: string) => ReactNode;
}) {
  const { t } = useWords();
  const { data, error } = useCampaigns();
  if (data === undefined)
    return error === null ? (
      <Skeleton className="h-48" />
    ) : (
      <Problem error={error} testId="campaigns-problem" />
    );
  if (data.items.length === 0)
    return <Notice title={t("attestation.no_campaigns")} data-testid="campaigns-none" />;
  return (
    <div className="space-y-3">
      {data.items.map((one) => (
        <Panel key={one.id} title={one.title} data-testid="campaign">
          <About campaign={one} />
          {own === null ? (
            <Begun campaign={one.id} link={link} />
          ) : (
            <p className="px-3 pb-2">
              {link({ campaign: one.id, school: own }, t("attestation.assessment"))}
            </p>
          )}
        </Panel>
      ))}
    </div>
  );
}

function About({ campaign }: { campaign: Campaign }) {
  const { t, name } = useWords();
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 px-3 py-2 text-sm text-ink-2">
      <span>{campaign.region === null ? t("norms.country") : name(campaign.region)}</span>
      <span>{t("attestation.norm_of", { day: dayOf(campaign.norm_day) })}</span>
      <span>
        {campaign.ended_at === null
          ? t("attestation.ends", { day: dayOf(campaign.ends) })
          : t("attestation.ended")}
      </span>
      {STATES.map((state) => (
        <span key={state}>
          {t(`attestation.state.${state}`)}: {number(campaign.counts[state] ?? 0)}
        </span>
      ))}
    </p>
  );
}

function Begun({ campaign, link }: { campaign: string; link: (which: Which, words: string) => ReactNode }) {
  const { t, name } = useWords();
  const { data, error } = useAssessments(campaign);
  if (data === undefined) return error === null ? null : <Problem error={error} className="px-3 py-2" />;
  if (data.items.length === 0) return <p className="px-3 pb-2 text-ink-2">{t("attestation.none_begun")}</p>;
  return (
    <ul className="divide-y border-t">
      {data.items.map((one) => (
        <li key={one.school} className="flex flex-wrap gap-x-4 px-3 py-1.5" data-testid="assessment-row">
          <span className="min-w-0 flex-1 basis-60">
            {link({ campaign: one.campaign, school: one.school }, name(one.school_name))}
          </span>
          <span className="text-sm text-ink-2">{t(`attestation.state.${one.state}`)}</span>
        </li>
      ))}
    </ul>
  );
}
