/** Tells the centre that an officer's screen drew an alarm: after the paint, once per alarm and browser. */
import { useLayoutEffect } from "react";
import { api, ApiProblem, taken } from "@/api/client";
import type { Alarm } from "@/api/types";
import { publishDrawn } from "@/player/diagnostics";
import { useSession } from "@/world/hooks";
import { backoffMs } from "@/world/backoff";

const KEPT = "qorgan.presented";
const KEEP = 500;
const TRIES = 6;

function remembered(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** True the first time for an alarm in this browser, all its tabs together. */
function claim(alarm: string): boolean {
  const known = remembered();
  if (known.includes(alarm)) return false;
  localStorage.setItem(KEPT, JSON.stringify([...known, alarm].slice(-KEEP)));
  return true;
}

async function report(alarm: string, drawnAt: number, attempt = 0): Promise<void> {
  try {
    await taken(
      api.POST("/api/alarms/{alarm_id}/presentation", {
        params: { path: { alarm_id: alarm }, header: { "Idempotency-Key": `drawn-${alarm}-${drawnAt}` } },
        body: { drawn_at: new Date(drawnAt).toISOString() },
      }),
    );
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    const mayRecover = error.status === 0 || error.status >= 500;
    if (!mayRecover || attempt >= TRIES) return;
    setTimeout(() => void report(alarm, drawnAt, attempt + 1), backoffMs(attempt));
  }
}

function drawn(alarm: string): void {
  if (window.__qorgan?.alarmsDrawn[alarm] !== undefined) return;
  const at = Date.now();
  publishDrawn(alarm, at);
  performance.mark(`qorgan.alarm-drawn.${alarm}`);
  if (claim(alarm)) void report(alarm, at);
}

/**
 * While mounted with an alarm on the screen, reports it after the next paint: the first frame callback runs before that
 * paint, the second one after it. A hidden window draws nothing and reports nothing.
 */
export function useReportDrawn(alarm: Alarm): void {
  const mayAnswer = useSession().rights.includes("alarm.acknowledge");
  const { id } = alarm;
  useLayoutEffect(() => {
    if (!mayAnswer) return;
    let handle = requestAnimationFrame(() => {
      handle = requestAnimationFrame(() => drawn(id));
    });
    return () => cancelAnimationFrame(handle);
  }, [id, mayAnswer]);
}
