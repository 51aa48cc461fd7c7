/** How screens read the world. Selections are collections or single objects, which keep their identity between events. */
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Alarm, Camera, School, Session } from "@/api/types";
import type { Connection, WorldStore } from "./store";
import type { World } from "./world";

export const WorldContext = createContext<WorldStore | null>(null);
export const SessionContext = createContext<Session | null>(null);

export function useWorldStore(): WorldStore {
  const store = useContext(WorldContext);
  if (store === null) throw new Error("useWorldStore() outside of a signed-in screen");
  return store;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession() outside of a signed-in screen");
  return session;
}

export function useWorld<T>(select: (world: World) => T): T {
  const store = useWorldStore();
  return useSyncExternalStore(store.subscribe, () => select(store.world()));
}

export function useConnection(): Connection {
  const store = useWorldStore();
  return useSyncExternalStore(store.subscribe, store.connection);
}

export const useSchool = (id: string | undefined): School | undefined =>
  useWorld((world) => (id === undefined ? undefined : world.schools.get(id)));
export const useAlarm = (id: string | undefined): Alarm | undefined =>
  useWorld((world) => (id === undefined ? undefined : world.alarms.get(id)));
export const useCamera = (id: string | undefined): Camera | undefined =>
  useWorld((world) => (id === undefined ? undefined : world.cameras.get(id)));

/** The server's time, ticking with whole seconds of it. Only the components that show it re-render. */
export function useServerNow(everyMs = 1_000): number {
  const store = useWorldStore();
  const [now, setNow] = useState(store.now);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      setNow(store.now());
      timer = setTimeout(tick, everyMs - (store.now() % everyMs) + 5);
    };
    tick();
    return () => clearTimeout(timer);
  }, [store, everyMs]);
  return now;
}

/** A camera's purpose of viewing for the signed-in role; null when the role sees no video. */
export function useRoutinePurpose(): string | null {
  const { role } = useSession();
  if (role === "duty_officer") return "duty";
  if (role === "head") return "own_school";
  if (role === "inspector") return "inspection";
  return null;
}

/** Why recordings of a school are looked at: for the alarm there that one owns, else as usual. */
export function useArchivePurpose(school: string): string | null {
  const routine = useRoutinePurpose();
  const { user } = useSession();
  const owned = useWorld(({ alarms }) => {
    const mine = [...alarms.values()].filter((one) => one.school === school && one.owner?.id === user.id);
    return mine.toSorted((one, other) => (one.pressed_at < other.pressed_at ? 1 : -1))[0]?.id;
  });
  return owned !== undefined && routine === "duty" ? `alarm:${owned}` : routine;
}
