/** Keeping a recording at the school: retention may not delete it until a day. With a reason, and in the school's ledger. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, taken } from "@/api/client";
import { idempotencyKey } from "@/api/idempotency";
import type { components } from "@/api/schema";
import type { Camera } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { number, problemText } from "@/vocabulary/text";
import { clock, day, dayAndClock, fromLocal } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { DAY_MS, type Stretch } from "./geometry";
import { Moment } from "./Moment";

type HeldList = components["schemas"]["HoldList"];

const USUAL_DAYS = 90;
const MOST_DAYS = 365;
const MOST_REASON = 500;

export type HoldTrouble = "no_time" | "not_after" | "too_long" | "until_wrong" | "reason_needed";

/** What keeps this from being ordered; null when nothing does. */
export function holdTrouble(
  wish: { start: number | null; end: number | null; until: number | null; reason: string },
  now: number,
): HoldTrouble | null {
  const { start, end, until, reason } = wish;
  if (start === null || end === null) return "no_time";
  if (end <= start) return "not_after";
  if (end - start > DAY_MS) return "too_long";
  if (until === null || until <= now || until > now + MOST_DAYS * DAY_MS) return "until_wrong";
  return reason.trim() === "" ? "reason_needed" : null;
}

const heldOf = (camera: string) => ["holds", camera];

export function useHeld(camera: string) {
  return useQuery({
    queryKey: heldOf(camera),
    queryFn: () =>
      taken(api.GET("/api/cameras/{camera_id}/holds", { params: { path: { camera_id: camera } } })),
    retry: false,
    staleTime: 0,
  });
}

/** What already keeps the whole of a stretch; null when nothing does. */
export function keptOf(held: HeldList["items"], { start, end }: Stretch): HeldList["items"][number] | null {
  return held.find((one) => Date.parse(one.start) <= start && Date.parse(one.end) >= end) ?? null;
}

interface Wish {
  cameras: readonly string[];
  start: number;
  end: number;
  until: number;
  reason: string;
  purpose: string;
}

/** One order for each camera; what is kept together in bytes. The first refusal ends it, what was kept stays kept. */
function usePlace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (wish: Wish) => {
      let bytes = 0;
      for (const camera of wish.cameras) {
        const held: HeldList = await taken(
          api.POST("/api/cameras/{camera_id}/holds", {
            params: { path: { camera_id: camera } },
            body: {
              start: new Date(wish.start).toISOString(),
              end: new Date(wish.end).toISOString(),
              until: new Date(wish.until).toISOString(),
              reason: wish.reason.trim(),
              purpose: wish.purpose,
              id: idempotencyKey(),
            },
          }),
        );
        bytes += held.kept_bytes;
        queries.setQueryData(heldOf(camera), held);
      }
      return { bytes, until: wish.until };
    },
  });
}

export function HoldDialog({
  cameras,
  purpose,
  stretch,
  now,
  reason: usual = "",
  onClose,
}: {
  cameras: readonly Camera[];
  purpose: string;
  stretch: Stretch;
  now: number;
  /** Stands there to begin with. */
  reason?: string;
  onClose: () => void;
}) {
  const { t } = useWords();
  const [first, ...others] = cameras as [Camera, ...Camera[]];
  const [from, setFrom] = useState({ date: day(stretch.start), time: clock(stretch.start) });
  const [to, setTo] = useState({ date: day(stretch.end), time: clock(stretch.end) });
  const [until, setUntil] = useState(day(now + USUAL_DAYS * DAY_MS));
  const [reason, setReason] = useState(usual);
  const [all, setAll] = useState(others.length > 0);
  const place = usePlace();
  const wish = {
    start: fromLocal(from.date, from.time),
    end: fromLocal(to.date, to.time),
    until: fromLocal(until, "12:00"),
    reason,
  };
  const trouble = holdTrouble(wish, now);
  const order = () => {
    const { start, end, until: last } = wish;
    if (trouble !== null || start === null || end === null || last === null) return;
    const ids = (all ? cameras : [first]).map(({ id }) => id);
    place.mutate({ cameras: ids, start, end, until: last, reason, purpose });
  };
  return (
    <Dialog open onClose={onClose} title={t("hold.title")}>
      <form
        className="space-y-3 p-4"
        data-testid="hold-dialog"
        onSubmit={(event) => {
          event.preventDefault();
          order();
        }}
      >
        <Moment
          label={t("hold.from")}
          value={from}
          onChange={setFrom}
          wrong={wish.start === null}
          testId="hold-from"
        />
        <Moment label={t("hold.to")} value={to} onChange={setTo} wrong={wish.end === null} testId="hold-to" />
        <label className="block space-y-1">
          <span className="block text-sm text-ink-2">{t("hold.until")}</span>
          <input
            value={until}
            inputMode="numeric"
            aria-invalid={trouble === "until_wrong"}
            onChange={(event) => setUntil(event.target.value)}
            className="h-9 w-30 rounded-md border border-line-2 bg-ground px-2 text-ink aria-invalid:border-caution"
            data-testid="hold-until"
          />
        </label>
        <label className="block space-y-1">
          <span className="block text-sm text-ink-2">{t("hold.reason")}</span>
          <input
            value={reason}
            maxLength={MOST_REASON}
            placeholder={t("hold.reason_hint")}
            onChange={(event) => setReason(event.target.value)}
            className="h-9 w-full rounded-md border border-line-2 bg-ground px-2 text-ink"
            data-testid="hold-reason"
          />
        </label>
        {others.length > 0 && (
          <label className="flex items-center gap-2">
            <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
            {t("hold.all", { count: others.length })}
          </label>
        )}
        <p className="text-sm text-balance text-ink-2">{t("hold.why")}</p>
        <Word trouble={place.isSuccess ? null : trouble} place={place} />
        <Button
          look="primary"
          type="submit"
          className="w-full"
          disabled={trouble !== null || place.isPending || place.isSuccess}
          data-testid="hold-place"
        >
          {t("hold.hold")}
        </Button>
        <Standing camera={first.id} purpose={purpose} />
      </form>
    </Dialog>
  );
}

function Word({ trouble, place }: { trouble: HoldTrouble | null; place: ReturnType<typeof usePlace> }) {
  const { t } = useWords();
  if (place.isPending) {
    return (
      <p role="status" className="text-sm text-ink-2">
        {t("hold.holding")}
      </p>
    );
  }
  if (place.error !== null) {
    return (
      <p role="alert" className="text-sm text-caution" data-testid="hold-failed">
        {problemText(t, place.error)}
      </p>
    );
  }
  if (place.data !== undefined) {
    const { until, bytes } = place.data;
    return (
      <p role="status" data-testid="hold-placed">
        {t("hold.placed", { day: day(until), mbyte: number(Math.round(bytes / 100_000) / 10) })}
      </p>
    );
  }
  if (trouble === null) return null;
  const words =
    trouble === "no_time" || trouble === "not_after" ? t(`archive.export.${trouble}`) : t(`hold.${trouble}`);
  return <p className="text-sm text-ink-2">{words}</p>;
}

/** What is kept of the camera already, and letting it go. */
function Standing({ camera, purpose }: { camera: string; purpose: string }) {
  const { t } = useWords();
  const held = useHeld(camera);
  const queries = useQueryClient();
  const release = useMutation({
    mutationFn: (hold: string) =>
      taken(
        api.DELETE("/api/cameras/{camera_id}/holds/{hold_id}", {
          params: { path: { camera_id: camera, hold_id: hold }, query: { purpose } },
        }),
      ),
    onSuccess: (left) => queries.setQueryData(heldOf(camera), left),
  });
  if (held.isPending) return <Skeleton className="h-12" />;
  const items = held.data?.items ?? [];
  return (
    <section className="border-t pt-3">
      <h3 className="text-sm font-medium text-ink-2">
        {items.length === 0 ? t("hold.empty") : t("hold.standing")}
      </h3>
      <Problem error={release.error} />
      <ul className="max-h-48 divide-y overflow-y-auto" data-testid="holds">
        {items.map((one) => (
          <li key={one.id} className="flex items-center gap-3 py-2 text-sm" data-testid="hold">
            <span className="min-w-0 flex-1">
              <span className="block">
                {dayAndClock(Date.parse(one.start))}–{clock(Date.parse(one.end))}
                {one.until !== null && ` · ${t("hold.until_day", { day: day(Date.parse(one.until)) })}`}
              </span>
              <span className="block break-words text-ink-2">
                {t("hold.by", { name: one.by, reason: one.reason })}
              </span>
            </span>
            <Button
              small
              disabled={release.isPending}
              onClick={() => release.mutate(one.id)}
              data-testid="hold-release"
            >
              {t("hold.release")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
