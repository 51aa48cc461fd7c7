/** Tells the centre that an officer's screen drew an alarm: after the paint, once per alarm and browser. */
import { useLayoutEffect, useMemo, useRef } from "react";
import { api, ApiProblem, taken } from "@/api/client";
import type { Alarm } from "@/api/types";
import { publishDrawn } from "@/player/diagnostics";
import { useSession } from "@/world/hooks";
import { backoffMs } from "@/world/backoff";

const KEPT = "qorgan.presented";
const KEEP = 3_000;
const TRIES = 6;
/** At most so many in one report (the centre's bound); the others go with the next one. */
const TOGETHER = 500;

interface Drawn {
  alarm: string;
  drawn_at: string;
}

/** What waits to be told, one report at a time. It grows with the alarms that were drawn, each of them once. */
const telling: { waiting: Drawn[]; busy: boolean } = { waiting: [], busy: false };

async function tellWaiting(): Promise<void> {
  if (telling.busy) return;
  telling.busy = true;
  while (telling.waiting.length > 0) await report(telling.waiting.splice(0, TOGETHER));
  telling.busy = false;
}

/** What this tab knows already; saves reading the shared list for each of thousands. */
const here = new Set<string>();

function remembered(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** Those that come for the first time in this browser, all its tabs together. */
function claim(alarms: readonly string[]): string[] {
  const news = alarms.filter((alarm) => !here.has(alarm));
  if (news.length === 0) return [];
  for (const alarm of news) here.add(alarm);
  const known = remembered();
  const others = new Set(known);
  const ours = news.filter((alarm) => !others.has(alarm));
  if (ours.length > 0) localStorage.setItem(KEPT, JSON.stringify([...known, ...ours].slice(-KEEP)));
  return ours;
}

/** Tried again while the centre may come back; what it refuses is not repeated. */
async function report(items: Drawn[]): Promise<void> {
  for (let attempt = 0; attempt <= TRIES; attempt += 1) {
    try {
      await taken(api.POST("/api/alarms/presentations", { body: { items } }));
      return;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 0 && error.status < 500) return;
      await new Promise((done) => setTimeout(done, backoffMs(attempt)));
    }
  }
}

function drawn(alarms: readonly string[]): void {
  const fresh = alarms.filter((alarm) => window.__qorgan?.alarmsDrawn[alarm] === undefined);
  if (fresh.length === 0) return;
  const at = Date.now();
  for (const alarm of fresh) {
    publishDrawn(alarm, at);
    performance.mark(`qorgan.alarm-drawn.${alarm}`);
  }
  const drawnAt = new Date(at).toISOString();
  for (const alarm of claim(fresh)) telling.waiting.push({ alarm, drawn_at: drawnAt });
  if (telling.waiting.length > 0) queueMicrotask(() => void tellWaiting());
}

/**
 * While mounted with an alarm on the screen, reports it after the next paint: the first frame callback runs before that
 * paint, the second one after it. A hidden window draws nothing and reports nothing.
 */
export function useReportDrawn(alarm: Alarm): void {
  const { id } = alarm;
  useReportAllDrawn(useMemo(() => [id], [id]));
}

/**
 * The same for many that one picture shows, each with its own mark. The list must keep its identity between changes.
 * A change does not call off the frames that are under way: in a mass event the next alarm comes before they do.
 */
export function useReportAllDrawn(ids: readonly string[]): void {
  const mayAnswer = useSession().rights.includes("alarm.acknowledge");
  const shown = useRef<readonly string[]>([]);
  useLayoutEffect(() => {
    shown.current = mayAnswer ? ids : [];
    if (shown.current.length === 0) return;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const still = new Set(shown.current);
        drawn(ids.filter((id) => still.has(id)));
      }),
    );
  }, [ids, mayAnswer]);
  useLayoutEffect(
    () => () => {
      shown.current = [];
    },
    [],
  );
}
