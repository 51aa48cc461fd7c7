/** Drawing a plan: points are chosen from lists and dropped on it; every step can be undone until it is saved. */
import { Redo2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { School } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { Problem } from "@/vocabulary/problem";
import { useWords } from "@/vocabulary/use-words";
import { type NewPoint, placed } from "./drafts";
import { type Measuring, PlanForm, PointForm, ScaleForm, TwoPeople } from "./EditForms";
import { EditLayer, Ghosts, Movable } from "./EditLayer";
import { useNamed } from "./marks";
import { newKey, type Plan, useWays } from "./plans";
import { CARRIED, Toolbox } from "./Toolbox";
import { type Editing, useEditor } from "./use-editor";
import { type Frame, Viewport } from "./Viewport";
import { held, inside, type Spot } from "./view";

interface Props {
  plan: Plan;
  plans: readonly Plan[];
  school: School;
  onDone: () => void;
  onUnsaved: (unsaved: boolean) => void;
}

export function Editor({ plan, plans, school, onDone, onUnsaved }: Props) {
  const { t } = useWords();
  const editing = useEditor(plan, onUnsaved);
  const { draft, change, chosen, choose, base } = editing;
  const [armed, setArmed] = useState<NewPoint | null>(null);
  const [measuring, setMeasuring] = useState<Measuring | null>(null);
  const frame = useRef<Frame | null>(null);
  const named = useNamed(draft.points, useWays(school.id).data?.items);
  const words = named.find(({ point }) => point.key === chosen?.key)?.words ?? "";

  const drop = (what: NewPoint, spot: Spot) => {
    const key = newKey();
    change((draft) => placed(draft, key, what, spot));
    choose(key);
    setArmed(null);
  };
  const tap = (spot: Spot) => {
    if (measuring !== null && measuring.ends.length < 2)
      setMeasuring({ ...measuring, ends: [...measuring.ends, held(spot)] });
    else if (armed !== null) drop(armed, spot);
    else choose(null);
  };
  const measure = (next: Measuring | null, byKeyboard = false) => {
    const at = frame.current?.middle();
    const reach = 0.2 / (frame.current?.closeness ?? 1);
    const ends =
      byKeyboard && at !== undefined
        ? [held({ x: at.x - reach, y: at.y }), held({ x: at.x + reach, y: at.y })]
        : next?.ends;
    setArmed(null);
    setMeasuring(next === null ? null : { ...next, ends: ends ?? [] });
  };
  const mayLeave = useRef(onDone);
  useEffect(() => {
    mayLeave.current = onDone;
  });
  useKeys({
    Escape: () => {
      if (armed === null && measuring === null && chosen === null) return onDone();
      setArmed(null);
      setMeasuring(null);
      choose(null);
    },
  });
  useDrawingKeys(editing, () => mayLeave.current());
  const scale = <ScaleForm measuring={measuring} editing={editing} onMeasure={measure} />;
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="plan-editor" data-unsaved={editing.unsaved}>
      <Tools editing={editing} onDone={onDone} />
      <TwoPeople editing={editing} />
      <div className="grid min-h-0 flex-1 grid-rows-[minmax(320px,1fr)_auto] lg:grid-cols-[minmax(0,1fr)_340px] lg:grid-rows-1">
        <div className="min-h-0 min-w-0">
          <Viewport
            plan={base}
            label={t("plan.of", { name: draft.name })}
            aiming={armed !== null || (measuring !== null && measuring.ends.length < 2)}
            onTap={tap}
            onDropped={(spot, event) => {
              const carried = event.dataTransfer.getData(CARRIED);
              if (carried !== "" && inside(spot)) drop(JSON.parse(carried) as NewPoint, spot);
            }}
          >
            {(seen) => (
              <>
                <Kept frame={seen} intoRef={frame} />
                <EditLayer named={named} frame={seen} editing={editing} />
                <Ghosts waiting={editing.waiting} frame={seen} />
                {measuring !== null && <Ends measuring={measuring} frame={seen} onMeasure={measure} />}
              </>
            )}
          </Viewport>
        </div>
        <aside className="min-h-0 space-y-4 overflow-y-auto border-l p-3 max-lg:border-t max-lg:border-l-0">
          {measuring !== null && scale}
          {chosen !== null && <PointForm key={chosen.key} point={chosen} words={words} editing={editing} />}
          <Toolbox
            school={school}
            plan={plan}
            plans={plans}
            points={draft.points}
            armed={armed}
            onArm={(what, atOnce) => {
              setMeasuring(null);
              const middle = frame.current?.middle();
              if (atOnce && middle !== undefined) drop(what, middle);
              else setArmed(what);
            }}
            onSelect={choose}
          />
          {measuring === null && scale}
          <PlanForm editing={editing} />
        </aside>
      </div>
    </div>
  );
}

/** What is in sight now, for those who act outside of the picture. */
function Kept({ frame, intoRef }: { frame: Frame; intoRef: { current: Frame | null } }) {
  useEffect(() => {
    intoRef.current = frame;
  });
  return null;
}

/** Ctrl Z, Ctrl Y (or Ctrl Shift Z) and Ctrl S, by the keys' places; not while somebody types. */
function useDrawingKeys(editing: Editing, onSaved: () => void): void {
  const latest = useRef({ editing, onSaved });
  useEffect(() => {
    latest.current = { editing, onSaved };
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const { editing, onSaved } = latest.current;
      const typing = event.target instanceof HTMLInputElement;
      const back = event.code === "KeyZ" && !event.shiftKey;
      const forth = event.code === "KeyY" || (event.code === "KeyZ" && event.shiftKey);
      if (event.code === "KeyS") {
        if (maySave(editing)) editing.save(onSaved);
      } else if (back && !typing) editing.undo();
      else if (forth && !typing) editing.redo();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);
}

function maySave({ unsaved, saving, stale, draft }: Editing): boolean {
  return unsaved && !saving && !stale && draft.name.trim() !== "";
}

function Tools({ editing, onDone }: { editing: Editing; onDone: () => void }) {
  const { t } = useWords();
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <h2 className="min-w-0 truncate font-semibold">{editing.draft.name}</h2>
      <Button small look="quiet" disabled={!editing.mayUndo} onClick={editing.undo} data-testid="plan-undo">
        <Undo2 size={15} aria-hidden /> {t("plan.undo")} <Kbd>Ctrl Z</Kbd>
      </Button>
      <Button small look="quiet" disabled={!editing.mayRedo} onClick={editing.redo} data-testid="plan-redo">
        <Redo2 size={15} aria-hidden /> {t("plan.redo")} <Kbd>Ctrl Y</Kbd>
      </Button>
      <span className="grow" />
      <Problem error={editing.error} testId="plan-save-problem" />
      {editing.unsaved && (
        <span className="text-sm text-caution" role="status">
          {t("plan.unsaved")}
        </span>
      )}
      <Button small look="quiet" onClick={onDone} data-testid="plan-leave">
        {t("action_word.back")} <Kbd>Esc</Kbd>
      </Button>
      <Button
        small
        look="primary"
        disabled={!maySave(editing)}
        onClick={() => editing.save(onDone)}
        data-testid="plan-save"
      >
        {t("plan.save")} <Kbd>Ctrl S</Kbd>
      </Button>
    </div>
  );
}

/** The two ends of the measured line. */
function Ends({
  measuring,
  frame,
  onMeasure,
}: {
  measuring: Measuring;
  frame: Frame;
  onMeasure: (measuring: Measuring) => void;
}) {
  const { t } = useWords();
  const [a, b] = measuring.ends.map((end) => frame.place(end));
  return (
    <>
      {a !== undefined && b !== undefined && (
        <svg aria-hidden className="pointer-events-none absolute inset-0 size-full text-accent">
          <line
            x1={a.left}
            y1={a.top}
            x2={b.left}
            y2={b.top}
            stroke="currentColor"
            strokeWidth={2}
            strokeDasharray="6 4"
          />
        </svg>
      )}
      {measuring.ends.map((end, index) => (
        <Movable
          key={index}
          spot={end}
          frame={frame}
          label={t("plan.end", { number: index + 1 })}
          chosen={false}
          onMove={(spot) =>
            onMeasure({
              ...measuring,
              ends: measuring.ends.map((other, at) => (at === index ? held(spot) : other)),
            })
          }
          onSettle={() => undefined}
          data-testid="plan-scale-end"
        >
          <span className="absolute size-4 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-accent bg-surface" />
        </Movable>
      ))}
    </>
  );
}
