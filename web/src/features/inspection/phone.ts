/** This phone: who it belongs to now, what lies on it, what is being sent; one owner for the whole page. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { Keep, type Taken } from "./keep";
import { begun, type Inspection, type Subject } from "./record";
import { type SyncState, SyncQueue } from "./sync";
import { askDrawings, askPack, uplink } from "./wire";

export interface Owner {
  id: string;
  name: string;
}

const OWNER_KEY = "qorgan.inspection.owner";

/** Who was signed in here last; without a network nobody else can be. */
export function keptOwner(): Owner | null {
  try {
    const found = JSON.parse(localStorage.getItem(OWNER_KEY) ?? "null") as Partial<Owner> | null;
    return typeof found?.id === "string" && typeof found.name === "string"
      ? { id: found.id, name: found.name }
      : null;
  } catch {
    return null;
  }
}

export function keepOwner({ id, name }: Owner): void {
  localStorage.setItem(OWNER_KEY, JSON.stringify({ id, name }));
}

export interface Lying {
  taken: Taken[];
  inspections: Inspection[];
}

export interface Phone {
  broken: null;
  keep: Keep;
  lying: Lying;
  sync: SyncState;
  reload: () => void;
  /** Sends what waits. */
  send: () => void;
  take: (school: string) => Promise<void>;
  forget: (school: string) => Promise<void>;
  begin: (taken: Taken, subjects: readonly Subject[], schoolName: string) => Promise<Inspection>;
  remove: (inspection: string) => Promise<void>;
}

/** Null until the phone's store is open and read; `broken` when something cannot be read or written there. */
export function usePhone(owner: Owner, signedInAt: number | null): Phone | { broken: Error } | null {
  const [keep, setKeep] = useState<Keep | null>(null);
  const [broken, setBroken] = useState<Error | null>(null);
  const [lying, setLying] = useState<Lying>();
  const [queue, setQueue] = useState<SyncQueue | null>(null);

  useEffect(() => {
    let opened: Keep | null = null;
    let gone = false;
    Keep.open()
      .then(async (found) => {
        opened = found;
        if (gone) return found.close();
        await found.forgetOld(Date.now());
        setKeep(found);
      })
      .catch((error: unknown) => setBroken(asError(error)));
    return () => {
      gone = true;
      opened?.close();
    };
  }, []);

  const reload = useCallback(() => {
    if (keep === null) return;
    Promise.all([keep.taken(owner.id), keep.inspections(owner.id)])
      .then(([taken, inspections]) => setLying({ taken, inspections }))
      .catch((error: unknown) => setBroken(asError(error)));
  }, [keep, owner.id]);
  useEffect(reload, [reload]);

  useEffect(() => {
    if (keep === null) return;
    const made = new SyncQueue(keep, uplink, owner.id, reload);
    setQueue(made);
    return () => made.stop();
  }, [keep, owner.id, reload]);

  useEffect(() => {
    if (queue === null) return;
    const wake = () => {
      if (document.visibilityState === "visible")
        queue.wake().catch((error: unknown) => setBroken(asError(error)));
    };
    wake();
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [queue, signedInAt]);

  const sync = useSyncExternalStore(queue?.subscribe ?? never, queue?.state ?? idle);
  if (broken !== null) return { broken };
  if (keep === null || queue === null || lying === undefined) return null;
  return {
    broken,
    keep,
    lying,
    sync,
    reload,
    send: () => void queue.wake().catch((error: unknown) => setBroken(asError(error))),
    take: async (school) => {
      const pack = await askPack(school);
      const drawings = await askDrawings(pack);
      // asked once something worth keeping lies here; a browser that says no deletes only when the phone is full
      await navigator.storage?.persist?.();
      await keep.take({ school, user: owner.id, takenAt: new Date().toISOString(), pack }, drawings);
      reload();
    },
    forget: async (school) => {
      await keep.forget(owner.id, school);
      reload();
    },
    begin: async (taken, subjects, schoolName) => {
      const about = { id: crypto.randomUUID(), user: owner.id, school: taken.school, schoolName };
      const inspection = begun(about, subjects, new Date().toISOString());
      await keep.save(inspection);
      reload();
      return inspection;
    },
    remove: async (inspection) => {
      await keep.remove(inspection);
      reload();
    },
  };
}

const IDLE: SyncState = { word: "idle" };
const idle = () => IDLE;
const never = () => () => undefined;
const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
