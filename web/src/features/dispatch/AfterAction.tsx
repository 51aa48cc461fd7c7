/** After an alarm: every part of its handling as a bar against its goal, the checklist, and the papers. */
import { Check, CircleHelp, FileText, Printer, TriangleAlert } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { api, taken } from "@/api/client";
import type { AfterAction as Report, AfterActionPart, Alarm, UnitReport } from "@/api/types";
import { Button, buttonClass, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Skeleton } from "@/ui/surfaces";
import { LevelMark, LevelWords } from "@/vocabulary/alarms";
import { number, problemText, wordFor } from "@/vocabulary/text";
import { counter, dayAndClock } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useSession } from "@/world/hooks";
import { barOf, lasted, longestMs } from "./report";

export function AfterAction({ id, onAlarm }: { id: string; onAlarm: () => void }) {
  const { t } = useWords();
  const asked = useQuery({
    queryKey: ["after-action", id],
    queryFn: () =>
      taken(api.GET("/api/alarms/{alarm_id}/after-action", { params: { path: { alarm_id: id } } })),
    retry: false,
  });
  const alarm = useQuery({
    queryKey: ["alarm", id],
    queryFn: () => taken(api.GET("/api/alarms/{alarm_id}", { params: { path: { alarm_id: id } } })),
    retry: false,
  });
  useKeys({ Escape: onAlarm });
  const error = asked.error ?? alarm.error;
  if (error === null && (asked.isPending || alarm.isPending)) return <Skeleton className="m-4 h-96" />;
  if (asked.data === undefined || alarm.data === undefined)
    return (
      <Notice
        title={t("report.not_found")}
        detail={problemText(t, error)}
        action={<Button onClick={onAlarm}>{t("action_word.back")}</Button>}
      />
    );
  return <Shown report={asked.data} alarm={alarm.data} onAlarm={onAlarm} />;
}

function Shown({ report, alarm, onAlarm }: { report: Report; alarm: Alarm; onAlarm: () => void }) {
  const { t, name, language } = useWords();
  const mayTakePaper = useSession().rights.includes("case.read");
  const missed = report.intervals.filter((part) => part.met === false).length;
  const longest = longestMs(report.intervals);
  return (
    <article
      className="mx-auto flex max-w-4xl flex-col gap-4 p-4"
      data-testid="after-action"
      data-missed={missed}
    >
      <header>
        <h1 className="text-xl font-semibold">{t("report.title")}</h1>
        <p className="mt-1 flex flex-wrap items-center gap-x-3 text-ink-2">
          <span className="inline-flex items-center gap-1.5">
            <LevelMark level={alarm.level} kind={alarm.kind} />
            <LevelWords alarm={alarm} />
          </span>
          <span>{name(alarm.school_name)}</span>
          <span>{name(alarm.place)}</span>
          <time>{dayAndClock(Date.parse(alarm.pressed_at))}</time>
          {alarm.disposition !== null && <span>{t(`disposition.${alarm.disposition}`)}</span>}
        </p>
      </header>
      <p className={`font-medium ${missed > 0 ? "text-caution" : ""}`}>
        {missed > 0 ? t("report.missed", { count: missed }) : t("report.all_met")}
      </p>
      <ol className="rounded-md border bg-surface" data-testid="report-parts">
        {report.intervals.map((part) => (
          <li key={`${part.start}-${part.end}`} className="border-b last:border-b-0">
            <Part part={part} longest={longest} />
          </li>
        ))}
      </ol>
      <p className="text-sm text-ink-3">{t("report.how_to_read")}</p>
      <Units units={report.units} />
      <Checklist report={report} />
      <div className="flex flex-wrap gap-2 print:hidden">
        {mayTakePaper && (
          <a
            href={`/api/alarms/${alarm.id}/case.pdf?language=${language}`}
            target="_blank"
            rel="noreferrer"
            className={buttonClass()}
          >
            <FileText size={16} aria-hidden />
            {t("alarm.paper")}
          </a>
        )}
        <Button onClick={() => window.print()}>
          <Printer size={16} aria-hidden />
          {t("report.print")}
        </Button>
        <Button look="quiet" onClick={onAlarm}>
          {t("action_word.back")}
          <Kbd>Esc</Kbd>
        </Button>
      </div>
    </article>
  );
}

function Part({ part, longest }: { part: AfterActionPart; longest: number }) {
  const { t } = useWords();
  const bar = barOf(part, longest);
  const tone = part.met === false ? "bg-caution" : part.met === true ? "bg-accent" : "bg-ink-3";
  return (
    <div
      className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-1 px-3 py-2 sm:grid-cols-[16rem_1fr_7rem_8rem]"
      data-testid="report-part"
      data-met={String(part.met)}
    >
      <span>
        {wordFor(t, "point", part.start)} → {wordFor(t, "point", part.end)}
        {part.two_clocks && <span className="block text-xs text-ink-3">{t("report.two_clocks")}</span>}
      </span>
      <span
        aria-hidden
        className={`relative h-4 rounded-sm max-sm:order-last max-sm:col-span-2 ${bar.fill === null ? "hatched" : "bg-raised"}`}
      >
        <span
          className={`absolute inset-y-0 left-0 rounded-sm ${tone} ${bar.beyond ? "rounded-r-none" : ""}`}
          style={{ width: `${(bar.fill ?? 0) * 100}%` }}
        />
        {bar.goal !== null && (
          <span className="absolute -inset-y-1 w-0.5 bg-ink" style={{ left: `${bar.goal * 100}%` }} />
        )}
      </span>
      <span className="text-right font-semibold">
        <Lasted seconds={part.seconds} />
      </span>
      <span className="flex items-center justify-end gap-1.5 text-sm text-ink-2 max-sm:col-span-2">
        {part.goal_s !== null && (
          <>
            {part.met === true && <Check size={14} aria-hidden className="text-accent" />}
            {part.met === false && <TriangleAlert size={14} aria-hidden className="text-caution" />}
            {part.met === null && <CircleHelp size={14} aria-hidden className="text-ink-3" />}
            {t("report.goal", { value: number(part.goal_s) })}
          </>
        )}
      </span>
    </div>
  );
}

function Lasted({ seconds }: { seconds: number | null }) {
  const { t } = useWords();
  if (seconds === null) return <span className="font-normal text-ink-3">{t("report.unknown")}</span>;
  const { form, value } = lasted(seconds);
  if (form === "counter") return <>{counter(value)}</>;
  return <>{t(form === "ms" ? "report.ms" : "report.seconds", { value: number(value) })}</>;
}

/** How quick each unit was, from its acceptance on. */
function Units({ units }: { units: readonly UnitReport[] }) {
  const { t, name } = useWords();
  if (units.length === 0) return null;
  return (
    <table className="w-full text-left" data-testid="report-units">
      <thead className="text-sm text-ink-3">
        <tr>
          <th className="py-1 font-medium">{t("steps.unit")}</th>
          <th className="py-1 text-right font-medium">{t("verb.depart")}</th>
          <th className="py-1 text-right font-medium">{t("verb.arrive")}</th>
        </tr>
      </thead>
      <tbody>
        {units.map((unit, index) => (
          <tr key={index} className="border-t">
            <td className="py-1">
              {name(unit.unit)}{" "}
              <span className="text-sm text-ink-3">{t(`dispatch_state.${unit.state}`)}</span>
            </td>
            <td className="py-1 text-right">
              <Lasted seconds={unit.departed_after_s} />
            </td>
            <td className="py-1 text-right">
              <Lasted seconds={unit.arrived_after_s} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Checklist({ report }: { report: Report }) {
  const { t } = useWords();
  const { checklist } = report;
  return (
    <p data-testid="report-checklist">
      {t("report.checklist", { done: checklist.done, count: checklist.items })}
      {checklist.late + checklist.overdue > 0 && (
        <span className="ml-2 text-caution">
          {t("report.checklist_late", { late: checklist.late, missed: checklist.overdue })}
        </span>
      )}
    </p>
  );
}
