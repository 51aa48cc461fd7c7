/** One alarm in the centre of the desk: what, where, pictures of now and of the minute before, and the next step. */
import { FileText, Gauge, Phone } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Alarm } from "@/api/types";
import { useAfterPaint } from "@/ui/after-paint";
import { Button, buttonClass, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Skeleton } from "@/ui/surfaces";
import { LevelMark, LevelWords, TONE_FILL, toneOf } from "@/vocabulary/alarms";
import { problemText, wordFor } from "@/vocabulary/text";
import { clock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSchool, useSession } from "@/world/hooks";
import { useAlarmAnywhere, useDoing } from "./actions";
import { AlarmLog } from "./AlarmLog";
import { useReportDrawn } from "./drawn";
import { Escalation } from "./Escalation";
import { PhoneClaim } from "./PhoneClaim";
import { Pictures, type Seen } from "./Pictures";
import { Age, useQueue } from "./Queue";
import { Review } from "./Review";
import { may } from "./rules";
import { Shelf } from "./Shelf";
import { type Brought, Steps } from "./Steps";
import { Warnings } from "./Warnings";

interface Moves {
  onChoose: (alarm: Alarm) => void;
  onLeave: () => void;
  onReport: (alarm: Alarm) => void;
}

/** What other features bring to this screen. */
export interface Parts {
  steps: (alarm: Alarm) => Brought;
  checklist: (alarm: Alarm) => ReactNode;
  /** Where it is: the plan of the pressed place. */
  plan: (seen: Seen) => ReactNode;
  /** Keeping what the cameras saw as evidence. */
  evidence: (alarm: Alarm) => ReactNode;
}

export function AlarmScreen({ id, ...rest }: { id: string; parts: Parts } & Moves) {
  const { t } = useWords();
  const { alarm, error } = useAlarmAnywhere(id);
  useKeys({ Escape: rest.onLeave }); // here, so that one can leave while the alarm is still asked for, too
  if (alarm !== undefined) return <Shown key={alarm.id} alarm={alarm} {...rest} />;
  if (error === null) return <Skeleton className="m-2 h-full" />;
  return (
    <Notice
      title={t("alarm.not_found")}
      detail={problemText(t, error)}
      action={<Button onClick={rest.onLeave}>{t("action_word.back")}</Button>}
      data-testid="alarm-refused"
    />
  );
}

export const casePaper = (alarm: string, language: string): string =>
  `/api/alarms/${alarm}/case.pdf?language=${language}`;

function Shown({ alarm, parts, onChoose, onLeave, onReport }: { alarm: Alarm; parts: Parts } & Moves) {
  const { t, language } = useWords();
  const { rights, user } = useSession();
  useReportDrawn(alarm);
  const queue = useQueue();
  const next = queue.find((other) => other.id !== alarm.id);
  const painted = useAfterPaint(alarm.id);
  const allowed = may(alarm, rights, user.id);
  const doing = useDoing(alarm.id, allowed);
  const heading = useRef<HTMLElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useKeys({
    KeyN: () => next !== undefined && onChoose(next),
    KeyP: () => window.open(casePaper(alarm.id, language), "_blank", "noopener"),
    KeyI: () => onReport(alarm),
  });
  return (
    <article
      ref={heading}
      tabIndex={-1}
      className="flex h-full min-h-0 flex-col overflow-y-auto outline-none"
      data-testid="alarm-screen"
      data-alarm={alarm.id}
      data-state={alarm.state}
      aria-label={t("alarm.label")}
    >
      <Heading alarm={alarm} />
      <Escalation alarm={alarm} />
      <Warnings alarm={alarm} />
      <div className="grid grid-cols-1 gap-0.5 xl:min-h-0 xl:flex-1 xl:grid-cols-[minmax(0,1fr)_320px] 2xl:grid-cols-[minmax(0,1fr)_360px]">
        {painted ? <Pictures alarm={alarm} plan={parts.plan} /> : <div className="bg-video" />}
        <div className="flex flex-col border-l bg-surface max-xl:order-first xl:min-h-0 xl:overflow-y-auto">
          <Steps
            alarm={alarm}
            allowed={allowed}
            doing={doing}
            brought={painted ? parts.steps(alarm) : LATER}
          />
          {painted && parts.checklist(alarm)}
          <div className="mt-auto flex flex-wrap items-center gap-2 border-t bg-surface p-2 xl:sticky xl:bottom-0">
            {next !== undefined && (
              <Button small onClick={() => onChoose(next)} data-testid="next-alarm">
                {t("alarm.next")}
                <Kbd>N</Kbd>
              </Button>
            )}
            <Review alarm={alarm} allowed={allowed.review} />
            <PhoneClaim alarm={alarm} allowed={allowed.claim} />
            {painted && parts.evidence(alarm)}
            <Shelf alarm={alarm} allowed={allowed} onAct={doing.perform} />
            <a
              href={casePaper(alarm.id, language)}
              target="_blank"
              rel="noreferrer"
              className={buttonClass("quiet", true)}
              data-testid="case-paper"
            >
              <FileText size={15} aria-hidden />
              {t("alarm.paper")}
              <Kbd>P</Kbd>
            </a>
            <Button small look="quiet" onClick={() => onReport(alarm)} data-testid="open-report">
              <Gauge size={15} aria-hidden />
              {t("report.open")}
              <Kbd>I</Kbd>
            </Button>
            <Button small look="quiet" onClick={onLeave} data-testid="leave-alarm">
              {t("action_word.back")}
              <Kbd>Esc</Kbd>
            </Button>
          </div>
        </div>
      </div>
      {painted && <AlarmLog alarm={alarm} onNote={(text) => doing.perform({ step: "note", text })} />}
    </article>
  );
}

/** What other features bring asks the centre questions: not before the alarm itself is on the screen. */
const LATER: Brought = { dispatch: () => null, sent: null, tell: () => null, told: null };

function Heading({ alarm }: { alarm: Alarm }) {
  const { t, name } = useWords();
  const school = useSchool(alarm.school);
  const closed = alarm.closed_at !== null;
  return (
    <header
      className={`flex flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2 ${closed ? "bg-raised text-ink" : TONE_FILL[toneOf(alarm)]}`}
      data-testid="alarm-heading"
    >
      <LevelMark level={alarm.level} kind={alarm.kind} size={22} />
      <h1 className="text-lg font-bold">
        <LevelWords alarm={alarm} />
      </h1>
      <p className="text-lg font-semibold" data-testid="alarm-school">
        {name(alarm.school_name)}
      </p>
      <p data-testid="alarm-place">{name(alarm.place)}</p>
      {alarm.presses > 1 && (
        <p className="rounded-sm border border-current px-1.5 font-semibold" data-testid="presses">
          {t("alarm.presses", { count: alarm.presses })}
        </p>
      )}
      <span className="grow" />
      {school !== undefined && school.phone !== "" && (
        <a
          href={`tel:${school.phone.replaceAll(" ", "")}`}
          className="inline-flex items-center gap-1.5 underline underline-offset-2 lg:hidden"
        >
          <Phone size={14} aria-hidden />
          {school.phone}
        </a>
      )}
      <p
        className="whitespace-nowrap"
        title={[wordFor(t, "source", alarm.source), alarm.code].filter(Boolean).join(" ")}
      >
        {t("alarm.pressed_at", { time: clock(Date.parse(alarm.pressed_at)) })}
        <span className="ml-3 text-lg font-bold" data-testid="alarm-age">
          {alarm.closed_at === null ? (
            <Age since={alarm.pressed_at} />
          ) : (
            t("alarm.closed_at", { time: clock(Date.parse(alarm.closed_at)) })
          )}
        </span>
      </p>
    </header>
  );
}
