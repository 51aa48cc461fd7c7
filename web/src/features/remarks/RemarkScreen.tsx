/** One remark: what it is about, as it was and as it is, what was said and done, and what I may do now. */
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import type { Remark } from "@/api/types";
import { Panel } from "@/ui/surfaces";
import { DeadlineWords, RemarkStateWords, useBodyWords, useTargetWords } from "@/vocabulary/remarks";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { BeforeAfter, Shot, useMayLook } from "./BeforeAfter";
import { DeedPanel } from "./DeedPanel";
import { DraftForm } from "./DraftForm";
import { MeasuredTable } from "./Measured";
import { PlanThen } from "./PlanThen";
import { Thread } from "./Thread";

/** Ways out of this screen, as links of the app's router. */
export interface Links {
  back: (className: string, children: ReactNode) => ReactNode;
  school: (school: string, words: string) => ReactNode;
  camera: (camera: string, at: string | null, words: string) => ReactNode;
  plan: (school: string, plan: string, words: string) => ReactNode;
}

export function RemarkScreen({
  remark,
  links,
  onDeleted,
}: {
  remark: Remark;
  links: Links;
  onDeleted: () => void;
}) {
  const { t } = useWords();
  return (
    <div
      className="mx-auto max-w-[1500px] space-y-3 p-3 sm:p-4"
      data-testid="remark-screen"
      data-remark={remark.id}
      data-state={remark.state}
    >
      <Head remark={remark} links={links} />
      <div className="grid items-start gap-3 lg:grid-cols-[minmax(0,3fr)_minmax(320px,2fr)]">
        <div className="min-w-0 space-y-3">
          <Panel>
            <div className="space-y-2 p-3">
              <p className="text-lg whitespace-pre-line" data-testid="remark-text">
                {remark.text}
              </p>
              {remark.clause !== "" && (
                <p className="text-sm text-ink-2">{t("remark.clause_is", { clause: remark.clause })}</p>
              )}
            </div>
          </Panel>
          <Pictures remark={remark} />
          <PlanThen remark={remark} link={links.plan} />
        </div>
        <div className="min-w-0 space-y-3">
          {remark.state === "draft" ? (
            <DraftForm key={remark.version} remark={remark} onDeleted={onDeleted} />
          ) : (
            <DeedPanel remark={remark} />
          )}
          {remark.state !== "draft" && <Thread remark={remark} />}
        </div>
      </div>
    </div>
  );
}

function Head({ remark, links }: { remark: Remark; links: Links }) {
  const { t, name } = useWords();
  const target = useTargetWords();
  const bodyWords = useBodyWords();
  const now = useServerNow(60_000);
  const { camera } = remark.target;
  const about = target(remark.target);
  return (
    <header className="space-y-1">
      {links.back(
        "inline-flex items-center gap-1 text-sm text-accent",
        <>
          <ArrowLeft size={14} aria-hidden /> {t("remark.title")}
        </>,
      )}
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h1 className="text-xl font-semibold">
          {remark.number === null ? t("remark.draft_title") : t("remark.numbered", { number: remark.number })}
          {" · "}
          {t(`remark.category.${remark.category}`)}
        </h1>
        <span data-testid="remark-state">
          <RemarkStateWords state={remark.state} />
        </span>
        <DeadlineWords remark={remark} now={now} />
      </div>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-ink-2">
        <span>{links.school(remark.school, name(remark.school_name))}</span>
        <span>{!camera ? about : links.camera(camera, remark.before.frame?.taken_at ?? null, about)}</span>
        <span>
          {bodyWords(remark.body)} · {remark.by.name}
        </span>
        {remark.issued_at !== null && (
          <span>{t("remark.issued_at", { time: dayAndClock(Date.parse(remark.issued_at)) })}</span>
        )}
      </p>
    </header>
  );
}

function Pictures({ remark }: { remark: Remark }) {
  const { t } = useWords();
  const mayLook = useMayLook();
  const { before, after, photos } = remark;
  const [was, is] = [before.frame, after?.frame ?? null];
  const measured = before.measured !== null || (after !== null && after.measured !== null);
  if (was === null && is === null && photos.length === 0 && !measured && after === null) return null;
  return (
    <Panel title={t(after === null ? "remark.as_it_was" : "remark.was_and_is")} data-testid="evidence">
      <div className="space-y-3 p-3">
        {was !== null && is !== null ? (
          <BeforeAfter before={was} after={is} />
        ) : (
          <>
            {was !== null && <Shot frame={was} words={t("remark.before")} />}
            {is !== null && <Shot frame={is} words={t("remark.after")} />}
          </>
        )}
        {photos.length > 0 && mayLook && (
          <ul className="grid gap-2 sm:grid-cols-2">
            {photos.map((photo, index) => (
              <li key={photo}>
                <a href={photo} target="_blank" rel="noreferrer">
                  <img
                    src={photo}
                    alt={t("remark.photo_alt", { number: index + 1 })}
                    loading="lazy"
                    className="max-h-96 w-full rounded-sm bg-video object-contain"
                    data-testid="remark-photo"
                  />
                </a>
              </li>
            ))}
          </ul>
        )}
        {after !== null && (
          <p data-testid="remark-fixed">
            <span className="block text-sm text-ink-2">
              {t("remark.fixed_by", { name: after.by.name, time: dayAndClock(Date.parse(after.at)) })}
            </span>
            {after.note}
          </p>
        )}
        {remark.verified_by !== null && (
          <p className="text-sm text-ink-2" data-testid="remark-verified">
            {t("remark.verified_by", { name: remark.verified_by.name })}
          </p>
        )}
        {measured && <MeasuredTable before={before.measured} after={after?.measured ?? null} />}
      </div>
    </Panel>
  );
}
