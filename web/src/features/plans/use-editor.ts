/** Owns a plan while it is drawn: its steps, what is chosen, and saving over the revision it began with. */
import { useEffect, useState } from "react";
import {
  alike,
  begun,
  type Difference,
  differences,
  type Draft,
  draftOf,
  namesPoint,
  namesZone,
  pending,
  rebased,
  redone,
  removed,
  settled,
  stepped,
  takenOver,
  undone,
  wallRemoved,
  zoneRemoved,
} from "./drafts";
import { refusedPair } from "./places";
import { isStale, type Plan, usePlans, useSave } from "./plans";
import { wallKey } from "./shapes";

/** `start`: the point that is chosen at first. */
export function useEditor(plan: Plan, onUnsaved: (unsaved: boolean) => void, start: string | null = null) {
  const [base, setBase] = useState(plan);
  const [story, setStory] = useState(() => begun(draftOf(plan)));
  const [chosen, setChosen] = useState(start);
  const [mine, setMine] = useState<readonly Difference[]>([]);
  const save = useSave(plan.school);
  const asked = usePlans(plan.school);
  const draft = story.now;
  const unsaved = !alike(draftOf(base), draft);
  const waiting = pending(draft, mine);
  useEffect(() => onUnsaved(unsaved || waiting.length > 0), [onUnsaved, unsaved, waiting.length]);
  useEffect(() => () => onUnsaved(false), [onUnsaved]);

  const change = (how: (draft: Draft) => Draft, about: string | null = null) => {
    if (save.isError && !isStale(save.error)) save.reset(); // it spoke of what was drawn then
    setStory((before) => stepped(before, how(before.now), about));
  };
  return {
    base,
    draft,
    unsaved,
    chosen: draft.points.find(({ key }) => key === chosen) ?? null,
    chosenZone: draft.zones.find(({ key }) => key === chosen) ?? null,
    chosenWall: draft.walls.find((wall) => wallKey(wall) === chosen) ?? null,
    choose: setChosen,
    change,
    settle: () => setStory(settled),
    /** Of a point, a zone or a wall. */
    remove: (key: string) => {
      change((draft) => wallRemoved(zoneRemoved(removed(draft, key), key), key));
      setChosen(null);
    },
    undo: () => setStory(undone),
    redo: () => setStory(redone),
    mayUndo: story.past.length > 0,
    mayRedo: story.future.length > 0,
    save: (onSaved: () => void) =>
      save.mutate(
        { plan: plan.id, revision: base.revision, draft },
        {
          onError: (error) => {
            const at =
              refusedPair(error, draft)?.point ??
              draft.points.find((point) => namesPoint(error, point)) ??
              draft.zones.find((zone) => namesZone(error, zone));
            if (at !== undefined) setChosen(at.key);
          },
          onSuccess: (saved) => {
            setBase(saved);
            setStory((before) => (before.now === draft ? begun(draftOf(saved)) : before));
            setMine([]);
            onUnsaved(false);
            onSaved();
          },
        },
      ),
    saving: save.isPending,
    error: isStale(save.error) ? null : save.error,
    stale: isStale(save.error),
    /** After a 409: their plan, with what I had done to its points laid beside it. */
    loadTheirs: async () => {
      const { data } = await asked.refetch();
      const theirs = data?.find(({ id }) => id === plan.id);
      if (theirs === undefined) return;
      setMine([...mine, ...differences(draftOf(base), draft)]);
      setBase(theirs);
      setStory(stepped(begun(draftOf(theirs)), rebased(draftOf(theirs), draftOf(base), draft)));
      save.reset();
    },
    waiting,
    takeOver: (which: readonly Difference[]) => change((draft) => which.reduce(takenOver, draft)),
    drop: () => setMine([]),
  };
}

export type Editing = ReturnType<typeof useEditor>;
