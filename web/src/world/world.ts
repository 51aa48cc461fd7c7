/**
 * The world as one browser knows it: a snapshot plus events. Pure.
 *
 * Promise: an old snapshot with the events since applied equals a fresh snapshot, however often an event is repeated.
 */
import type { Alarm, Camera, School, Snapshot, Unit, WorldEvent } from "@/api/types";

export interface World {
  readonly schools: ReadonlyMap<string, School>;
  readonly cameras: ReadonlyMap<string, Camera>;
  /** Open alarms only. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly units: ReadonlyMap<string, Unit>;
  /** Versions of alarms that ended while we watched, so that a late event cannot raise them again. */
  readonly ended: ReadonlyMap<string, number>;
}

export const EMPTY_WORLD: World = {
  schools: new Map(),
  cameras: new Map(),
  alarms: new Map(),
  units: new Map(),
  ended: new Map(),
};

const byId = <T extends { id: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.id, item]));

export function fromSnapshot(snapshot: Snapshot): World {
  return {
    schools: byId(snapshot.schools),
    cameras: byId(snapshot.cameras),
    alarms: byId(snapshot.alarms),
    units: byId(snapshot.units),
    ended: new Map(),
  };
}

export function isOpen(alarm: Alarm): boolean {
  return alarm.state !== "closed" && alarm.state !== "reviewed";
}

/** The world after these events, in order. A collection that no event touched stays the same object. */
export function applyEvents(world: World, events: readonly WorldEvent[]): World {
  const schools = new Draft(world.schools);
  const cameras = new Draft(world.cameras);
  const units = new Draft(world.units);
  const alarms = new Draft(world.alarms);
  const ended = new Draft(world.ended);
  for (const event of events) {
    switch (event.topic) {
      case "school":
        schools.set(event.data.id, event.data);
        break;
      case "camera":
        if (event.data.present) cameras.set(event.data.id, event.data);
        else cameras.delete(event.data.id);
        break;
      case "unit":
        units.set(event.data.id, event.data);
        break;
      case "alarm":
        applyAlarm(event.data, alarms, ended);
    }
  }
  return {
    schools: schools.result(),
    cameras: cameras.result(),
    units: units.result(),
    alarms: alarms.result(),
    ended: ended.result(),
  };
}

/** The higher version wins; of one version the later one, which has a renewed lease. */
function applyAlarm(alarm: Alarm, alarms: Draft<Alarm>, ended: Draft<number>): void {
  if (alarm.version < (alarms.get(alarm.id)?.version ?? 0) || alarm.version <= (ended.get(alarm.id) ?? 0))
    return;
  if (isOpen(alarm)) {
    alarms.set(alarm.id, alarm);
    return;
  }
  alarms.delete(alarm.id);
  ended.set(alarm.id, alarm.version);
}

/** A map that is copied at the first write. */
class Draft<T> {
  #map: ReadonlyMap<string, T>;
  #own: Map<string, T> | null = null;

  constructor(map: ReadonlyMap<string, T>) {
    this.#map = map;
  }

  get(id: string): T | undefined {
    return this.#map.get(id);
  }

  set(id: string, value: T): void {
    this.#writable().set(id, value);
  }

  delete(id: string): void {
    if (this.#map.has(id)) this.#writable().delete(id);
  }

  result(): ReadonlyMap<string, T> {
    return this.#map;
  }

  #writable(): Map<string, T> {
    if (this.#own === null) {
      this.#own = new Map(this.#map);
      this.#map = this.#own;
    }
    return this.#own;
  }
}
