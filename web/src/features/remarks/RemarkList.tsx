/** Remarks as rows: what is overdue first, then what is due soonest. The filters are the caller's URL. */
import { MessageSquareWarning } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef } from "react";
import type { Remark } from "@/api/types";
import { Button } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Notice, Skeleton } from "@/ui/surfaces";
import {
  BODIES,
  type Body,
  byDeadline,
  DeadlineWords,
  REMARK_STATES,
  RemarkMark,
  type RemarkState,
  RemarkStateWords,
  useBodyWords,
  useTargetWords,
} from "@/vocabulary/remarks";
import { number, problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { MOST_SHOWN, useRemarkEvents, useRemarks } from "./remarks";

export interface Filter {
  /** Whose: written by me, for the school to act on, all that I may see. */
  whose?: "mine" | "fix";
  state?: RemarkState;
  body?: Body;
  school?: string;
  plan?: string;
  overdue?: true;
  q?: string;
}

/** A row that leads to its remark: a link of the app's router. */
export type RowLink = (remark: Remark, className: string, children: ReactNode) => ReactNode;

interface Props {
  filter: Filter;
  onFilter: (change: Partial<Filter>) => void;
  link: RowLink;
  /** What an empty list means here, and what to do. */
  empty: ReactNode;
}

const ROW =
  "grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 gap-y-0.5 px-3 py-2 hover:bg-raised focus-visible:bg-raised md:grid-cols-[56px_minmax(0,2.4fr)_minmax(0,1.4fr)_140px_230px]";

export function RemarkList({ filter, onFilter, link, empty }: Props) {
  const { t } = useWords();
  useRemarkEvents();
  const { whose, state, body, school, plan, overdue, q } = filter;
  const { items, counts, error, hasNextPage } = useRemarks({
    state,
    body,
    school,
    plan,
    overdue: overdue === true ? true : undefined,
    mine: whose === "mine" ? true : undefined,
    to_fix: whose === "fix" ? true : undefined,
    q: q === "" ? undefined : q,
  });
  const sorted = useMemo(() => items?.toSorted(byDeadline), [items]);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useKeys({
    KeyF: () => search.current?.focus(),
    KeyO: () => onFilter({ overdue: overdue === true ? undefined : true }),
    ArrowDown: () => list.current?.querySelector("a")?.focus(),
  });
  const narrowed = state !== undefined || body !== undefined || overdue === true || (q ?? "") !== "";
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="remarks">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <input
          ref={search}
          type="search"
          value={q ?? ""}
          onChange={(event) => onFilter({ q: event.target.value || undefined })}
          placeholder={t("remark.search")}
          aria-label={t("remark.search")}
          maxLength={200}
          className="h-8 w-72 max-w-full rounded-md border border-line-2 bg-ground px-2 placeholder:text-ink-3"
          data-testid="remarks-search"
        />
        <BodyChoice value={body} onChoose={(chosen) => onFilter({ body: chosen })} />
        <Button
          small
          aria-pressed={overdue === true}
          className="aria-pressed:border-caution aria-pressed:text-caution"
          onClick={() => onFilter({ overdue: overdue === true ? undefined : true })}
          data-testid="remarks-overdue"
        >
          {t("remark.overdue")} <Count value={counts?.overdue} />
        </Button>
      </div>
      <StateChips
        value={state}
        counts={counts}
        hidden={whose === "mine" ? [] : ["draft"]}
        onChoose={(chosen) => onFilter({ state: chosen })}
      />
      {error !== null && (
        <p role="alert" className="border-b px-3 py-2 text-caution" data-testid="remarks-problem">
          {problemText(t, error)}
        </p>
      )}
      {sorted === undefined && error === null && <Skeleton className="m-3 h-64" />}
      {sorted?.length === 0 &&
        (narrowed ? (
          <Notice
            title={t("remark.none_fits")}
            action={
              <Button
                onClick={() =>
                  onFilter({ state: undefined, body: undefined, overdue: undefined, q: undefined })
                }
                data-testid="remarks-widen"
              >
                {t("remark.widen")}
              </Button>
            }
            data-testid="remarks-none-fits"
          />
        ) : (
          empty
        ))}
      {sorted !== undefined && sorted.length > 0 && (
        <ul ref={list} className="min-h-0 flex-1 divide-y overflow-y-auto" onKeyDown={walk}>
          {sorted.map((remark) => (
            <li
              key={remark.id}
              data-testid="remark-row"
              data-remark={remark.id}
              data-state={remark.state}
              data-overdue={remark.overdue}
            >
              {link(remark, ROW, <Row remark={remark} />)}
            </li>
          ))}
          {hasNextPage && sorted.length >= MOST_SHOWN && (
            <li className="px-3 py-2 text-sm text-ink-2">{t("remark.more", { count: MOST_SHOWN })}</li>
          )}
        </ul>
      )}
    </div>
  );
}

/** Up and down (or K and J) from row to row, Home and End; Enter follows the link by itself. */
function walk(event: KeyboardEvent<HTMLUListElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("a")];
  const at = rows.findIndex((row) => row === document.activeElement);
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    KeyJ: at + 1,
    ArrowUp: at - 1,
    KeyK: at - 1,
    Home: 0,
    End: rows.length - 1,
  };
  const to = event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.code];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
}

function Row({ remark }: { remark: Remark }) {
  const { t, name } = useWords();
  const target = useTargetWords();
  const bodyWords = useBodyWords();
  const now = useServerNow(60_000);
  return (
    <>
      <span className="hidden text-ink-3 md:block">
        {remark.number === null ? t("remark.no_number") : t("remark.number", { number: remark.number })}
      </span>
      <span className="min-w-0">
        <span className="block truncate font-medium first-letter:uppercase">
          {target(remark.target)} · {t(`remark.category.${remark.category}`)}
        </span>
        <span className="block truncate text-sm text-ink-2">{remark.text}</span>
      </span>
      <span className="hidden min-w-0 text-sm md:block">
        <span className="block truncate">{name(remark.school_name)}</span>
        <span className="block truncate text-ink-3">{bodyWords(remark.body)}</span>
      </span>
      <span className="text-sm text-ink-2">
        <RemarkStateWords state={remark.state} />
      </span>
      <span className="col-span-2 text-sm text-ink-2 md:col-span-1">
        <span className="md:hidden">{name(remark.school_name)} · </span>
        <DeadlineWords remark={remark} now={now} />
      </span>
    </>
  );
}

function Count({ value }: { value: number | undefined }) {
  return value === undefined ? null : <span className="text-ink-3">{number(value)}</span>;
}

export type Counts = Partial<Record<RemarkState, number>>;

function StateChips({
  value,
  counts,
  hidden,
  onChoose,
}: {
  value: RemarkState | undefined;
  counts: Counts | undefined;
  hidden: readonly RemarkState[];
  onChoose: (state: RemarkState | undefined) => void;
}) {
  const { t } = useWords();
  return (
    <div
      role="group"
      aria-label={t("remark.states")}
      className="flex shrink-0 gap-1 overflow-x-auto border-b px-3 py-1.5"
    >
      {REMARK_STATES.filter((state) => !hidden.includes(state)).map((state) => (
        <Button
          key={state}
          small
          look="quiet"
          aria-pressed={state === value}
          className="aria-pressed:bg-raised aria-pressed:text-ink"
          onClick={() => onChoose(state === value ? undefined : state)}
          data-testid={`state-${state}`}
          data-count={counts?.[state]}
        >
          <RemarkMark state={state} /> {t(`remark.state.${state}`)} <Count value={counts?.[state]} />
        </Button>
      ))}
    </div>
  );
}

function BodyChoice({
  value,
  onChoose,
}: {
  value: Body | undefined;
  onChoose: (body: Body | undefined) => void;
}) {
  const { t } = useWords();
  return (
    <select
      value={value ?? ""}
      onChange={(event) => onChoose(BODIES.find((body) => body === event.target.value))}
      aria-label={t("remark.body")}
      className="h-8 max-w-52 rounded-md border border-line-2 bg-ground px-2 text-ink"
      data-testid="remarks-body"
    >
      <option value="">{t("remark.all_bodies")}</option>
      {BODIES.map((body) => (
        <option key={body} value={body}>
          {t(`body.${body}`)}
        </option>
      ))}
    </select>
  );
}

export function EmptyRemarks({ title, detail }: { title: string; detail: string }) {
  return (
    <Notice
      icon={<MessageSquareWarning size={28} />}
      title={title}
      detail={detail}
      data-testid="remarks-empty"
    />
  );
}
