/** One inspection while it is being filled in: every change is on the phone before the next screen is drawn, in order. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Keep } from "./keep";
import { digestOf, shrunk } from "./photos";
import { type Inspection, isFinished, photographed } from "./record";

export interface Visit {
  /** Undefined while it is read, null when it does not lie here. */
  inspection: Inspection | null | undefined;
  /** The last change that is not written down yet, or could not be. */
  unsaved: boolean;
  problem: Error | null;
  change: (how: (inspection: Inspection) => Inspection) => void;
  photograph: (item: string, file: Blob) => Promise<void>;
  /** Resolves when everything that was changed is on the phone. */
  settled: () => Promise<void>;
}

export function useVisit(keep: Keep, id: string, seen: unknown): Visit {
  const [inspection, setInspection] = useState<Inspection | null>();
  const [unsaved, setUnsaved] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const latest = useRef<Inspection | null>(null);
  const writing = useRef(Promise.resolve());

  useEffect(() => {
    let gone = false;
    keep
      .inspection(id)
      .then((found) => {
        // what is being filled in changes here alone; what is finished is changed by the queue that sends it
        if (gone || (latest.current?.id === id && !isFinished(latest.current))) return;
        latest.current = found ?? null;
        setInspection(found ?? null);
      })
      .catch((error: unknown) => !gone && setProblem(error as Error));
    return () => {
      gone = true;
    };
  }, [keep, id, seen]);

  const write = useCallback((deed: () => Promise<void>) => {
    setUnsaved(true);
    const mine = writing.current.then(deed).then(
      () => {
        setProblem(null);
        if (writing.current === mine) setUnsaved(false);
      },
      (error: unknown) => setProblem(error as Error),
    );
    writing.current = mine;
    return mine;
  }, []);

  const show = useCallback((next: Inspection) => {
    latest.current = next;
    setInspection(next);
  }, []);

  const change = useCallback(
    (how: (inspection: Inspection) => Inspection) => {
      if (latest.current === null) return;
      const next = how(latest.current);
      if (next === latest.current) return;
      show(next);
      void write(() => keep.save(next));
    },
    [keep, show, write],
  );

  const photograph = useCallback(
    async (item: string, file: Blob) => {
      const small = await shrunk(file);
      const bytes = await small.arrayBuffer();
      const digest = await digestOf(bytes);
      if (latest.current === null || photographed(latest.current, item, digest) === latest.current) return;
      await keep.savePhoto({ inspection: id, digest, type: small.type, bytes });
      // named once it is kept; what was answered meanwhile stays
      change((now) => photographed(now, item, digest));
    },
    [keep, id, change],
  );
  const settled = useCallback(() => writing.current, []);
  return { inspection, unsaved, problem, change, photograph, settled };
}
