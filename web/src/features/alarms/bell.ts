/** Calls out what the world brings, straight from its store: it does not wait for a screen to be drawn. */
import type { Alarm } from "@/api/types";
import type { WorldStore } from "@/world/store";
import { isWaiting } from "@/vocabulary/alarms";
import { type Call, callOf, ringing } from "./score";
import type { AlarmSound } from "./sound";

export interface News {
  alarm: Alarm;
  call: Call;
}

/** What was heard before: how often each alarm had called out then (at the raise, at another press, without its owner). */
export type Called = ReadonlyMap<string, number>;

/**
 * What is to be called out now, and what will then have been. A first look (`before` is null) calls nothing out: what
 * waits goes on sounding anyway. What calls anew while somebody owns it is told by one soft chime.
 */
export function news(before: Called | null, alarms: Iterable<Alarm>): { news: News[]; called: Called } {
  const called = new Map<string, number>();
  const found: News[] = [];
  for (const alarm of alarms) {
    called.set(alarm.id, alarm.alerts);
    const call = callOf(alarm);
    if (before === null || call === null) continue;
    const alerts = before.get(alarm.id);
    if (alerts === undefined && isWaiting(alarm)) found.push({ alarm, call });
    else if (alerts !== undefined && alarm.alerts > alerts)
      found.push({ alarm, call: isWaiting(alarm) ? call : "p2" });
  }
  return { news: found, called };
}

export class Bell {
  #called: Called | null = null;
  #forget: () => void;

  constructor(
    private readonly store: WorldStore,
    private readonly sound: AlarmSound,
    private readonly onNews: (news: readonly News[]) => void,
  ) {
    this.#forget = store.subscribe(() => this.#hear());
    this.#hear();
  }

  close(): void {
    this.#forget();
  }

  #hear(): void {
    if (this.store.connection().state === "loading") return;
    const alarms = this.store.world().alarms;
    const heard = news(this.#called, alarms.values());
    this.#called = heard.called;
    this.sound.ring(ringing(alarms.values()));
    for (const call of new Set(heard.news.map((one) => one.call))) this.#once(call);
    if (heard.news.length > 0) this.onNews(heard.news);
  }

  /** What repeats is sounding already. */
  #once(call: Call): void {
    if (call === "p2" || call === "test") this.sound.once(call);
  }
}
