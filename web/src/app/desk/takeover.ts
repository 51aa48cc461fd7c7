/** Which alarm takes the centre by itself: the first P1 that nobody owns and that this officer has not put aside. */
import { useSyncExternalStore } from "react";
import type { Alarm } from "@/api/types";
import { useQueue } from "@/features/alarms/Queue";
import { isWaiting } from "@/vocabulary/alarms";

/** Alarms an officer left with Esc. They stay in the queue and go on sounding; only the centre is left alone. */
class Aside {
  #ids: ReadonlySet<string> = new Set();
  #listeners = new Set<() => void>();

  readonly get = (): ReadonlySet<string> => this.#ids;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly put = (id: string): void => {
    this.#ids = new Set([...this.#ids, id]);
    for (const listener of this.#listeners) listener();
  };
}

const aside = new Aside();

export function chooseTakeover(queue: readonly Alarm[], putAside: ReadonlySet<string>): Alarm | undefined {
  return queue.find((alarm) => alarm.level === "P1" && isWaiting(alarm) && !putAside.has(alarm.id));
}

export function useTakeover(): { alarm: Alarm | undefined; putAside: (id: string) => void } {
  const queue = useQueue();
  const known = useSyncExternalStore(aside.subscribe, aside.get);
  return { alarm: chooseTakeover(queue, known), putAside: aside.put };
}
