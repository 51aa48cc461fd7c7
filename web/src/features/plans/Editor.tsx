/** Drawing a plan: points are chosen from lists and dropped on it; every step can be undone until it is saved. */
import { Redo2, Undo2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { School } from "@/api/types";
import { Button, Kbd } from "@/ui/button";
import { Trouble } from "@/ui/fields";
import { useKeys } from "@/ui/keys";
import { Problem } from "@/vocabulary/problem";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { Dialog } from "@/ui/overlays";
import { Segmented } from "@/ui/surfaces";
import { useRoutinePurpose } from "@/world/hooks";
import { Calibration } from "./Calibration";
import { changed, namesPoint, type NewPoint, placed } from "./drafts";
import { type Measuring, PlanForm, PointForm, ScaleForm, TwoPeople } from "./EditForms";
import { EditLayer, Ghosts, Movable } from "./EditLayer";
import { Cones, Ground, Pointing, useZoneWords } from "./Ground";
import type { Lens } from "./lenses";
import { type Named, useNamed } from "./marks";
import { type Norms, privatePairs, refusedPair, useNorms } from "./places";
import { newKey, type Plan, type PlanPoint, useWays } from "./plans";
import { CARRIED, Toolbox } from "./Toolbox";
import { Trace } from "./Traces";
import { type Editing, useEditor } from "./use-editor";
import type { Tracing } from "./tracing";
import { contains, wallKey } from "./shapes";
import { useTracing } from "./use-tracing";
import { type Frame, Viewport } from "./Viewport";
import { held, inside, type Spot } from "./view";
import { WallHandles, ZoneHandles } from "./ZoneHandles";
import { metresPerPxOf, useZoneFaults, WallForm, ZoneForm, ZonesPanel } from "./ZoneForms";

interface Props {
  plan: Plan;
  plans: readonly Plan[];
  school: School;
  /** A point that is chosen at first: somebody came to give it its lens. */
  start?: string;
  onDone: () => void;
  onUnsaved: (unsaved: boolean) => void;
}

type Part = "points" | "zones";

export function Editor({ plan, plans, school, start, onDone, onUnsaved }: Props) {
  const { t } = useWords();
  const editing = useEditor(plan, onUnsaved, start ?? null);
  const { draft, change, chosen, chosenZone, chosenWall, choose, base } = editing;
  const [part, setPart] = useState<Part>("points");
  const [armed, setArmed] = useState<NewPoint | null>(null);
  const [measuring, setMeasuring] = useState<Measuring | null>(null);
  const [calibrating, setCalibrating] = useState(false);
  const frame = useRef<Frame | null>(null);
  const norms = useNorms().data;
  const trace = useTracing(editing, frame);
  const named = useNamed(draft.points, useWays(school.id).data?.items);
  const faults = useZoneFaults(editing, norms);

  const drop = (what: NewPoint, spot: Spot) => {
    const key = newKey();
    change((draft) => placed(draft, key, what, spot));
    choose(key);
    setArmed(null);
  };
  const tap = (spot: Spot) => {
    if (measuring !== null && measuring.ends.length < 2)
      setMeasuring({ ...measuring, ends: [...measuring.ends, held(spot)] });
    else if (trace.tracing !== null) trace.press(spot);
    else if (armed !== null) drop(armed, spot);
    else {
      const hit = trace.under(spot);
      choose(hit);
      if (hit !== null) setPart("zones");
    }
  };
  const measure = (next: Measuring | null, byKeyboard = false) => {
    const at = frame.current?.middle();
    const reach = 0.2 / (frame.current?.closeness ?? 1);
    const ends =
      byKeyboard && at !== undefined
        ? [held({ x: at.x - reach, y: at.y }), held({ x: at.x + reach, y: at.y })]
        : next?.ends;
    setArmed(null);
    trace.set(null);
    setMeasuring(next === null ? null : { ...next, ends: ends ?? [] });
  };
  const mayLeave = useRef(onDone);
  useEffect(() => {
    mayLeave.current = onDone;
  });
  useKeys({
    Escape: () => {
      const idle = armed === null && measuring === null && trace.tracing === null;
      if (idle && chosen === null && chosenZone === null && chosenWall === null) return onDone();
      setArmed(null);
      setMeasuring(null);
      trace.set(null);
      if (idle) choose(null);
    },
    ...(trace.tracing === null
      ? {}
      : { Enter: trace.close, NumpadEnter: trace.close, Backspace: trace.back }),
    Delete: (event) => {
      const key = chosenZone?.key ?? trace.wallKey;
      if (key !== null && !event.defaultPrevented) editing.remove(key);
    },
  });
  useDrawingKeys(editing, () => mayLeave.current(), trace.tracing === null ? null : trace.back);
  const scale = <ScaleForm measuring={measuring} editing={editing} onMeasure={measure} />;
  const aiming =
    armed !== null || trace.tracing !== null || (measuring !== null && measuring.ends.length < 2);
  return (
    <div className="flex min-h-0 flex-1 flex-col" data-testid="plan-editor" data-unsaved={editing.unsaved}>
      <Tools editing={editing} named={named} norms={norms} onDone={onDone} />
      <TwoPeople editing={editing} norms={norms} />
      <div className="grid min-h-0 flex-1 grid-rows-[minmax(320px,1fr)_auto] lg:grid-cols-[minmax(0,1fr)_340px] lg:grid-rows-1">
        <div className="min-h-0 min-w-0">
          <Viewport
            plan={base}
            label={t("plan.of", { name: draft.name })}
            aiming={aiming}
            onTap={tap}
            onDropped={(spot, event) => {
              const carried = event.dataTransfer.getData(CARRIED);
              if (carried !== "" && inside(spot)) drop(JSON.parse(carried) as NewPoint, spot);
            }}
          >
            {(seen) => (
              <>
                <Kept frame={seen} intoRef={frame} />
                <Drawn
                  frame={seen}
                  editing={editing}
                  named={named}
                  norms={norms}
                  faults={faults}
                  tracing={trace.tracing}
                />
                {measuring !== null && <Ends measuring={measuring} frame={seen} onMeasure={measure} />}
              </>
            )}
          </Viewport>
        </div>
        <aside className="min-h-0 space-y-4 overflow-y-auto border-l p-3 max-lg:border-t max-lg:border-l-0">
          {measuring !== null && scale}
          {chosen !== null && (
            <ChosenPoint
              key={chosen.key}
              point={chosen}
              named={named}
              norms={norms}
              editing={editing}
              onCalibrate={() => setCalibrating(true)}
            />
          )}
          {chosenZone !== null && (
            <ZoneForm
              key={chosenZone.key}
              zone={chosenZone}
              editing={editing}
              norms={norms}
              fault={faults.get(chosenZone.key)}
            />
          )}
          {chosenWall !== null && <WallForm wall={chosenWall} editing={editing} />}
          <Segmented
            label={t("place.parts")}
            value={part}
            onChoose={(next) => {
              setArmed(null);
              trace.set(null);
              setPart(next);
            }}
            choices={[
              { value: "points", label: t("place.part_points") },
              { value: "zones", label: t("place.part_zones") },
            ]}
            testId="plan-part"
          />
          {part === "points" ? (
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
          ) : (
            <ZonesPanel
              editing={editing}
              norms={norms}
              faults={faults}
              tracing={trace.tracing}
              onTrace={(next, byKeyboard) => {
                setMeasuring(null);
                trace.begin(next, byKeyboard === true);
              }}
              onClose={trace.close}
            />
          )}
          {measuring === null && scale}
          <PlanForm editing={editing} />
        </aside>
      </div>
      <CalibrationDialog
        open={calibrating}
        named={named}
        editing={editing}
        onClose={() => setCalibrating(false)}
      />
    </div>
  );
}

/** Everything on the plan, the lower things first. */
function Drawn({
  frame,
  editing,
  named,
  norms,
  faults,
  tracing,
}: {
  frame: Frame;
  editing: Editing;
  named: readonly Named[];
  norms: Norms | undefined;
  faults: ReadonlyMap<string, string>;
  tracing: Tracing | null;
}) {
  const { draft, chosen, chosenZone, chosenWall } = editing;
  return (
    <>
      <Ground
        frame={frame}
        zones={draft.zones}
        walls={draft.walls}
        norms={norms}
        chosen={chosenZone?.key ?? (chosenWall === null ? null : wallKey(chosenWall))}
        faulty={faults}
      />
      <Cones
        frame={frame}
        metresPerPx={metresPerPxOf(editing)}
        points={draft.points}
        walls={draft.walls}
        chosen={chosen?.key ?? null}
      />
      <Pointing frame={frame} pairs={privatePairs(draft, norms, editing.error)} />
      <EditLayer named={named} frame={frame} editing={editing} />
      <Ghosts waiting={editing.waiting} frame={frame} />
      {chosenZone !== null && (
        <ZoneHandles key={chosenZone.key} zone={chosenZone} frame={frame} editing={editing} />
      )}
      {chosenWall !== null && <WallHandles wall={chosenWall} frame={frame} editing={editing} />}
      {tracing !== null && <Trace tracing={tracing} draft={draft} frame={frame} />}
    </>
  );
}

/** The form of the chosen point, with what is wrong with where it stands. */
function ChosenPoint({
  point,
  named,
  norms,
  editing,
  onCalibrate,
}: {
  point: PlanPoint;
  named: readonly Named[];
  norms: Norms | undefined;
  editing: Editing;
  onCalibrate: () => void;
}) {
  const { t } = useWords();
  const zoneWords = useZoneWords(norms);
  const purpose = useRoutinePurpose();
  const one = named.find((other) => other.point.key === point.key);
  const { draft, error } = editing;
  const pair = privatePairs(draft, norms, error).find((other) => other.point.key === point.key);
  const refused = refusedPair(error, draft) === null && namesPoint(error, point, one?.camera?.key);
  const fault =
    pair !== undefined
      ? t(`place.private.${pair.how}`, { camera: one?.words ?? "", zone: zoneWords(pair.zone) })
      : refused && error !== null
        ? problemText(t, error)
        : undefined;
  return (
    <PointForm
      point={point}
      words={one?.words ?? ""}
      camera={one?.camera}
      norms={norms}
      editing={editing}
      fault={fault}
      onCalibrate={one?.camera === undefined || purpose === null ? undefined : onCalibrate}
    />
  );
}

function CalibrationDialog({
  open,
  named,
  editing,
  onClose,
}: {
  open: boolean;
  named: readonly Named[];
  editing: Editing;
  onClose: () => void;
}) {
  const { t } = useWords();
  const purpose = useRoutinePurpose();
  const { chosen, base, change } = editing;
  const one = named.find(({ point }) => point.key === chosen?.key);
  const lens = chosen?.lens ?? null;
  if (chosen === null || lens === null || one?.camera === undefined || purpose === null) return null;
  return (
    <Dialog open={open} onClose={onClose} title={t("calibration.title", { name: one.words })} wide>
      <Calibration
        plan={base}
        point={{ ...chosen, lens }}
        camera={one.camera}
        name={one.words}
        purpose={purpose}
        onAccept={(lens: Lens) => {
          change((draft) => changed(draft, chosen.key, { lens }));
          onClose();
        }}
      />
    </Dialog>
  );
}

/** What is in sight now, for those who act outside of the picture. */
function Kept({ frame, intoRef }: { frame: Frame; intoRef: { current: Frame | null } }) {
  useEffect(() => {
    intoRef.current = frame;
  });
  return null;
}

/** Ctrl Z, Ctrl Y (or Ctrl Shift Z) and Ctrl S, by the keys' places; not while somebody types. `back`: while corners are set. */
function useDrawingKeys(editing: Editing, onSaved: () => void, back: (() => void) | null): void {
  const latest = useRef({ editing, onSaved, back });
  useEffect(() => {
    latest.current = { editing, onSaved, back };
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const { editing, onSaved, back: step } = latest.current;
      const typing = event.target instanceof HTMLInputElement;
      const back = event.code === "KeyZ" && !event.shiftKey;
      const forth = event.code === "KeyY" || (event.code === "KeyZ" && event.shiftKey);
      if (event.code === "KeyS") {
        if (maySave(editing)) editing.save(onSaved);
      } else if (back && !typing) (step ?? editing.undo)();
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

function Tools({
  editing,
  named,
  norms,
  onDone,
}: {
  editing: Editing;
  named: readonly Named[];
  norms: Norms | undefined;
  onDone: () => void;
}) {
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
      <SaveProblem editing={editing} named={named} norms={norms} />
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

/** Why it was not saved; of a camera that sees where nobody is filmed, which camera and where. */
function SaveProblem({
  editing: { draft, error },
  named,
  norms,
}: {
  editing: Editing;
  named: readonly Named[];
  norms: Norms | undefined;
}) {
  const { t } = useWords();
  const zoneWords = useZoneWords(norms);
  const pair = refusedPair(error, draft);
  if (pair === null) return <Problem error={error} testId="plan-save-problem" />;
  const how = contains(pair.zone.outline, pair.point) ? "stands_in" : "looks_in";
  const camera = named.find(({ point }) => point.key === pair.point.key)?.words ?? "";
  return (
    <Trouble testId="plan-save-problem">
      {t(`place.private.${how}`, { camera, zone: zoneWords(pair.zone) })}
    </Trouble>
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
