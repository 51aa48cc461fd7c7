/** A camera's quality: how it is, what was wrong with it with the pictures before and after, and its measures. */
import { useState } from "react";
import { Notice, Segmented, Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { useFaultWords, VerdictWords } from "@/vocabulary/quality";
import { number } from "@/vocabulary/text";
import { dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { Plots } from "./Plot";
import { type ApprovedView, type Spell, type StillPicture, useHistory, useViews, viewOf } from "./quality";
import { StillFigure } from "./Still";
import { Streams } from "./Streams";

const DAYS = ["3", "14", "90"] as const;
const DAY_MS = 86_400_000;

export function History({ camera }: { camera: string }) {
  const { t } = useWords();
  const [days, setDays] = useState<(typeof DAYS)[number]>("14");
  const { data, error } = useHistory(camera, Number(days));
  const views = useViews(camera).data?.items ?? [];
  const now = useServerNow(60_000);
  if (data === undefined) {
    return error === null ? <Skeleton className="h-64" /> : <Problem error={error} />;
  }
  if (data.camera === null) {
    return (
      <div className="space-y-4">
        <Streams streams={data.streams} />
        <Notice title={t("quality.never_judged")} detail={t("quality.never_judged_detail")} />
      </div>
    );
  }
  return (
    <section className="space-y-4" data-testid="quality-history">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <VerdictWords verdict={data.camera.verdict} />
        <span className="text-sm text-ink-2">
          {t("quality.since", { time: dayAndClock(Date.parse(data.camera.since)) })}
        </span>
        {!data.camera.heard && <span className="text-sm text-ink-3">{t("quality.not_heard")}</span>}
        <span className="grow" />
        <Segmented
          label={t("quality.days")}
          value={days}
          onChoose={setDays}
          choices={DAYS.map((value) => ({
            value,
            label: t("quality.days_of", { days: value }),
          }))}
          testId="quality-days"
        />
      </div>
      <Measured measures={data.measures} />
      <Streams streams={data.streams} />
      <Plots hours={data.hours} spells={data.spells} start={now - Number(days) * DAY_MS} end={now} />
      {data.spells.length === 0 && <p className="text-ink-2">{t("quality.no_faults")}</p>}
      <ol className="space-y-4">
        {data.spells.map((spell) => (
          <SpellItem key={spell.id} spell={spell} approved={viewOf(spell, views)} />
        ))}
      </ol>
    </section>
  );
}

const MEASURED = ["mean", "sharpness", "contrast", "noise"] as const;

/** The numbers of the last look; nothing where nobody could look. */
function Measured({ measures }: { measures: Readonly<Record<string, number>> }) {
  const { t } = useWords();
  const told = MEASURED.filter((one) => measures[one] !== undefined);
  if (told.length === 0) return null;
  return (
    <dl className="flex flex-wrap gap-x-6 text-sm" aria-label={t("quality.measured")} data-testid="measured">
      {told.map((one) => (
        <div key={one} className="flex gap-1.5">
          <dt className="text-ink-2">{t(`quality.measure.${one}`)}</dt>
          <dd>{(measures[one] ?? 0).toFixed(one === "mean" ? 0 : 2).replace(".", ",")}</dd>
        </div>
      ))}
    </dl>
  );
}

function SpellItem({ spell, approved }: { spell: Spell; approved: ApprovedView | undefined }) {
  const { t } = useWords();
  const word = useFaultWords();
  const time = (at: string) => dayAndClock(Date.parse(at));
  return (
    <li
      className="border-t pt-3"
      data-testid="spell"
      data-fault={spell.fault}
      data-open={spell.closed_at === null}
    >
      <p className="flex flex-wrap gap-x-4 gap-y-1">
        <strong className="inline-block font-semibold first-letter:uppercase">
          {word(spell.fault, undefined, spell.stream)}
        </strong>
        <span className="text-ink-2">{t("quality.first_seen", { time: time(spell.opened_at) })}</span>
        {spell.closed_at === null ? (
          <span className="text-caution">
            {t("quality.still_there", { time: time(spell.last_seen), times: number(spell.told) })}
          </span>
        ) : (
          <span className="text-ink-2">{t("quality.over", { time: time(spell.closed_at) })}</span>
        )}
      </p>
      <div className="mt-2 grid gap-1 sm:grid-cols-2 xl:grid-cols-4">
        <Before spell={spell} approved={approved} />
        <Shown still={spell.still} words={t("quality.then")} testId="still-then" />
        <Shown still={spell.latest} words={t("quality.latest")} testId="still-latest" />
        <Shown still={spell.after} words={t("quality.after")} testId="still-after" />
      </div>
    </li>
  );
}

/** The approved view where there was one already; else how the camera looked when all was well. */
function Before({ spell, approved }: { spell: Spell; approved: ApprovedView | undefined }) {
  const { t } = useWords();
  if (spell.fault === "moved" && approved !== undefined) {
    return (
      <StillFigure
        image={approved.image}
        at={approved.taken_at}
        words={t(`quality.approved_by.${approved.period}`)}
        testId="still-before"
      />
    );
  }
  return <Shown still={spell.before} words={t("quality.before")} testId="still-before" />;
}

function Shown({ still, words, testId }: { still: StillPicture | null; words: string; testId: string }) {
  if (still === null) return null;
  return <StillFigure image={still.image} at={still.at} words={words} testId={testId} />;
}
