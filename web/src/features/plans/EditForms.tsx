/** Beside the plan that is drawn: the chosen point, the plan's own name and floor, its scale, and what two people drew. */
import { Trash2 } from "lucide-react";
import { Button } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { Segmented } from "@/ui/surfaces";
import { number, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import type { Camera } from "@/api/types";
import { changed, type Difference } from "./drafts";
import { useZoneWords } from "./Ground";
import { LensForm } from "./LensForm";
import type { Norms } from "./places";
import type { PlanPoint } from "./plans";
import { floorOf } from "./UploadForm";
import type { Editing } from "./use-editor";
import { pixelsBetween, type Spot } from "./view";

const MOST_LABEL = 80;
const MOST_NAME = 120;
/** What somebody measures between two places of a school (domain/plans.py). */
const LEAST_METRES = 0.5;
const MOST_METRES = 2_000;

interface PointProps {
  point: PlanPoint;
  words: string;
  camera: Camera | undefined;
  norms: Norms | undefined;
  editing: Editing;
  /** Why this point cannot stay where it is, in words. */
  fault: string | undefined;
  onCalibrate: (() => void) | undefined;
}

export function PointForm({ point, words, camera, norms, editing, fault, onCalibrate }: PointProps) {
  const { t } = useWords();
  const set = (change: Partial<PlanPoint>, about: string) =>
    editing.change((draft) => changed(draft, point.key, change), `${about} ${point.key}`);
  return (
    <section
      className="space-y-2 rounded-md border bg-surface p-3"
      data-testid="plan-chosen"
      data-key={point.key}
    >
      <h3 className="font-medium">{words}</h3>
      <Trouble testId="point-fault">{fault}</Trouble>
      <p className="text-sm text-balance text-ink-3">{t("plan.how_to_move")}</p>
      <Field label={t("plan.label", { kind: wordFor(t, "plan_point", point.kind) })}>
        <input
          className={INPUT}
          value={point.label}
          maxLength={MOST_LABEL}
          onChange={(event) => set({ label: event.target.value }, "label")}
          onBlur={editing.settle}
          data-testid="plan-label"
        />
      </Field>
      {point.kind === "camera" && (
        <Field label={t("plan.bearing")} hint={t("plan.bearing_hint")}>
          <input
            className={INPUT}
            type="number"
            min={0}
            max={359}
            value={point.bearing_deg ?? ""}
            onChange={(event) => {
              const { value } = event.target;
              set(
                { bearing_deg: value === "" ? null : ((Math.round(Number(value)) % 360) + 360) % 360 },
                "turn",
              );
            }}
            onBlur={editing.settle}
            data-testid="plan-bearing-deg"
          />
        </Field>
      )}
      {point.kind === "camera" && (
        <LensForm
          point={point}
          camera={camera}
          norms={norms}
          onChange={set}
          onSettle={editing.settle}
          onCalibrate={onCalibrate}
        />
      )}
      <Button small onClick={() => editing.remove(point.key)} data-testid="plan-remove">
        <Trash2 size={14} aria-hidden /> {t("plan.remove")}
      </Button>
    </section>
  );
}

export function PlanForm({ editing }: { editing: Editing }) {
  const { t } = useWords();
  const { draft, change, settle } = editing;
  return (
    <section className="space-y-2">
      <Field label={t("plan.name")}>
        <input
          className={INPUT}
          value={draft.name}
          maxLength={MOST_NAME}
          aria-invalid={draft.name.trim() === ""}
          onChange={(event) => change((draft) => ({ ...draft, name: event.target.value }), "name")}
          onBlur={settle}
          data-testid="plan-name"
        />
      </Field>
      <div className="flex items-end gap-3">
        <Segmented
          label={t("plan.kind")}
          value={draft.kind}
          onChoose={(kind) =>
            change((draft) => ({ ...draft, kind, floor: kind === "site" ? null : (draft.floor ?? 1) }))
          }
          choices={[
            { value: "floor", label: t("plan.kinds.floor") },
            { value: "site", label: t("plan.kinds.site") },
          ]}
        />
        {draft.kind === "floor" && (
          <label className="flex items-center gap-2 text-sm text-ink-2">
            {t("plan.floor")}
            <input
              className={`${INPUT} w-16`}
              type="number"
              min={-5}
              max={50}
              value={draft.floor ?? ""}
              onChange={(event) =>
                change((draft) => ({ ...draft, floor: floorOf(event.target.value) ?? draft.floor }), "floor")
              }
              onBlur={settle}
            />
          </label>
        )}
      </div>
    </section>
  );
}

/** Two ends and how many metres lie between them, while the scale is being set. */
export interface Measuring {
  ends: readonly Spot[];
  metres: string;
}

export function metresOf(text: string): number | null {
  const metres = Number(text.trim().replace(",", "."));
  return Number.isFinite(metres) && metres >= LEAST_METRES && metres <= MOST_METRES ? metres : null;
}

export function ScaleForm({
  measuring,
  editing,
  onMeasure,
}: {
  measuring: Measuring | null;
  editing: Editing;
  /** `null`: no more; `true`: begun by the keyboard, the ends shall stand there already. */
  onMeasure: (measuring: Measuring | null, byKeyboard?: boolean) => void;
}) {
  const { t } = useWords();
  const { draft, base } = editing;
  if (measuring === null) {
    return (
      <section className="flex flex-wrap items-center gap-2 text-sm text-ink-2">
        <span className="min-w-0 flex-1">
          {draft.scale === null
            ? t("plan.no_scale")
            : t("plan.scale_is", { metres: number(draft.scale.metres) })}
        </span>
        <Button
          small
          onClick={(event) => onMeasure({ ends: [], metres: "" }, event.detail === 0)}
          data-testid="plan-scale"
        >
          {t("plan.set_scale")}
        </Button>
      </section>
    );
  }
  const [a, b] = measuring.ends;
  const metres = metresOf(measuring.metres);
  const size = { width: base.width_px, height: base.height_px };
  const apart = a !== undefined && b !== undefined && pixelsBetween(size, a, b) >= 1;
  return (
    <form
      className="space-y-2 rounded-md border bg-surface p-3"
      data-testid="plan-scale-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (metres === null || a === undefined || b === undefined || !apart) return;
        editing.change((draft) => ({ ...draft, scale: { a, b, metres } }));
        onMeasure(null);
      }}
    >
      <p className="text-sm" role="status">
        {t(a === undefined ? "plan.first_end" : b === undefined ? "plan.second_end" : "plan.how_long")}
      </p>
      <Field label={t("plan.metres_between")}>
        <input
          className={INPUT}
          inputMode="decimal"
          value={measuring.metres}
          aria-invalid={measuring.metres !== "" && metres === null}
          onChange={(event) => onMeasure({ ...measuring, metres: event.target.value })}
          data-testid="plan-scale-metres"
        />
      </Field>
      <div className="flex gap-2">
        <Button
          small
          type="submit"
          look="primary"
          disabled={metres === null || !apart}
          data-testid="plan-scale-set"
        >
          {t("plan.set_scale")}
        </Button>
        <Button small look="quiet" onClick={() => onMeasure(null)}>
          {t("action_word.cancel")}
        </Button>
      </div>
    </form>
  );
}

/** Somebody saved first: their plan can be loaded, and what I drew is laid over it, piece by piece. */
export function TwoPeople({ editing, norms }: { editing: Editing; norms: Norms | undefined }) {
  const { t } = useWords();
  const zone = useZoneWords(norms);
  const words = (one: Difference) => {
    if (one.of === "wall") return t("place.a_wall");
    if (one.of === "zone") return zone(one.zone);
    return one.point.label || wordFor(t, "plan_point", one.point.kind);
  };
  const { stale, waiting, loadTheirs, takeOver, drop } = editing;
  if (stale) {
    return (
      <div
        className="space-y-2 border-b bg-caution px-3 py-2 text-on-caution"
        role="alert"
        data-testid="plan-stale"
      >
        <p className="font-semibold">{t("plan.stale")}</p>
        <p className="text-sm">{t("plan.stale_detail")}</p>
        <Button small onClick={() => void loadTheirs()} data-testid="plan-load-theirs">
          {t("plan.load_theirs")}
        </Button>
      </div>
    );
  }
  if (waiting.length === 0) return null;
  return (
    <div className="space-y-2 border-b bg-surface px-3 py-2" data-testid="plan-mine">
      <p className="font-medium">{t("plan.mine", { count: waiting.length })}</p>
      <ul className="space-y-1 text-sm">
        {waiting.map((one) => (
          <li key={one.key} className="flex items-center gap-2">
            <span className="min-w-0 flex-1">
              {words(one)} <span className="text-ink-3">{t(`plan.difference.${one.what}`)}</span>
            </span>
            <Button small onClick={() => takeOver([one])} data-testid="plan-take-mine">
              {t("plan.take_mine")}
            </Button>
          </li>
        ))}
      </ul>
      <div className="flex gap-2">
        <Button small look="primary" onClick={() => takeOver(waiting)} data-testid="plan-take-all-mine">
          {t("plan.take_all_mine")}
        </Button>
        <Button small look="quiet" onClick={drop} data-testid="plan-drop-mine">
          {t("plan.drop_mine")}
        </Button>
      </div>
    </div>
  );
}
