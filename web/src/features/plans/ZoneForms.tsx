/** Beside the plan that is drawn: its zones and walls as lists, and the one that is chosen. */
import { BrickWall, Pentagon, Trash2, TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { Button, Kbd } from "@/ui/button";
import { Field, INPUT, Trouble } from "@/ui/fields";
import { number, wordFor } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { namesZone, zoneChanged } from "./drafts";
import { toneOfDuty, useZoneWords } from "./Ground";
import { type Norms, privatePairs, refusedPair, ruleOf, type ZoneRule } from "./places";
import type { Wall, Zone, ZoneKind } from "./plans";
import { areaM2, outlineFault, wallKey } from "./shapes";
import type { Tracing } from "./tracing";
import type { Editing } from "./use-editor";
import { pixelsBetween } from "./view";

const MOST_NAME = 80;
const DUTIES = ["must", "may", "must_not"] as const;

/** Metres for one pixel of the drawing, by the scale that is drawn now. */
export function metresPerPxOf({ draft, base }: Pick<Editing, "draft" | "base">): number | null {
  if (draft.scale === null) return null;
  const pixels = pixelsBetween(
    { width: base.width_px, height: base.height_px },
    draft.scale.a,
    draft.scale.b,
  );
  return pixels < 1 ? null : draft.scale.metres / pixels;
}

/** What is wrong with zones, by their key: known before anything is sent, or said by the centre. */
export function useZoneFaults(editing: Editing, norms: Norms | undefined): Map<string, string> {
  const { draft, base, error } = editing;
  const metresPerPx = metresPerPxOf({ draft, base });
  const { width_px: width, height_px: height } = base;
  return useMemo(() => {
    const faults = new Map<string, string>();
    for (const { key, outline } of draft.zones) {
      const fault = outlineFault({ width, height }, metresPerPx, outline);
      if (fault !== null) faults.set(key, fault);
    }
    for (const { zone } of privatePairs(draft, norms, error)) faults.set(zone.key, "plan.camera_private");
    for (const zone of refusedPair(error, draft) === null ? draft.zones : [])
      if (!faults.has(zone.key) && namesZone(error, zone)) faults.set(zone.key, codeOf(error));
    return faults;
  }, [draft, width, height, metresPerPx, norms, error]);
}

const codeOf = (error: Error | null) =>
  error !== null && "code" in error && typeof error.code === "string" ? error.code : "unexpected";

/** The form of what was chosen further below comes to where one looks. */
const intoView = (form: HTMLElement | null) => form?.scrollIntoView({ block: "nearest" });

interface PanelProps {
  editing: Editing;
  norms: Norms | undefined;
  faults: ReadonlyMap<string, string>;
  tracing: Tracing | null;
  /** `byKeyboard`: what is begun shall stand in the middle already, to be moved by arrows. */
  onTrace: (tracing: Tracing | null, byKeyboard?: boolean) => void;
  onClose: () => void;
}

export function ZonesPanel({ editing, norms, faults, tracing, onTrace, onClose }: PanelProps) {
  const { t } = useWords();
  const { draft, choose, chosenZone, chosenWall } = editing;
  const words = useZoneWords(norms);
  if (tracing !== null)
    return <TracePanel tracing={tracing} norms={norms} onTrace={onTrace} onClose={onClose} />;
  const first = norms?.zones[0]?.kind ?? "corridor";
  return (
    <div className="space-y-4" data-testid="plan-zones">
      <div className="flex flex-wrap gap-2">
        <Button
          small
          onClick={(event) => onTrace({ what: "zone", kind: first, corners: [] }, event.detail === 0)}
          data-testid="zone-add"
        >
          <Pentagon size={15} aria-hidden /> {t("place.add_zone")}
        </Button>
        <Button
          small
          onClick={(event) => onTrace({ what: "wall", from: null }, event.detail === 0)}
          data-testid="wall-add"
        >
          <BrickWall size={15} aria-hidden /> {t("place.add_wall")}
        </Button>
      </div>
      {draft.scale === null && <p className="text-sm text-balance text-caution">{t("place.needs_scale")}</p>}
      {draft.zones.length === 0 ? (
        <p className="text-sm text-balance text-ink-2">{t("place.no_zones")}</p>
      ) : (
        <ul className="space-y-1" data-testid="zone-list">
          {draft.zones.map((zone) => (
            <li key={zone.key}>
              <ZoneRow
                zone={zone}
                words={words(zone)}
                rule={ruleOf(norms, zone.kind)}
                fault={faults.get(zone.key)}
                chosen={chosenZone?.key === zone.key}
                onChoose={() => choose(zone.key)}
              />
            </li>
          ))}
        </ul>
      )}
      {draft.walls.length > 0 && (
        <details className="text-sm" open={chosenWall !== null}>
          <summary className="text-ink-2">{t("place.walls", { count: draft.walls.length })}</summary>
          <ul className="mt-1 grid grid-cols-3 gap-1">
            {draft.walls.map((wall, index) => (
              <li key={wallKey(wall)}>
                <Button
                  small
                  look={chosenWall !== null && wallKey(chosenWall) === wallKey(wall) ? "primary" : "quiet"}
                  onClick={() => choose(wallKey(wall))}
                  data-testid="wall-row"
                >
                  {t("place.wall", { number: index + 1 })}
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function ZoneRow({
  zone,
  words,
  rule,
  fault,
  chosen,
  onChoose,
}: {
  zone: Zone;
  words: string;
  rule: ZoneRule | undefined;
  fault: string | undefined;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { t, name } = useWords();
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className="flex min-h-9 w-full items-center gap-2 rounded-md border border-line-2 px-2 py-1 text-left hover:border-ink-3 aria-pressed:border-accent aria-pressed:bg-raised"
      data-testid="zone-row"
      data-key={zone.key}
    >
      <Pentagon size={15} aria-hidden className={`shrink-0 ${toneOfDuty(rule?.cameras)}`} />
      <span className="min-w-0 flex-1">
        <span className="block leading-4.5">{words}</span>
        <span className="block text-xs text-ink-3">
          {zone.name !== "" && rule !== undefined && `${name(rule.title)} · `}
          {rule !== undefined && t(`place.duty.${rule.cameras}`)}
        </span>
        {fault !== undefined && (
          <span className="block text-xs text-caution">{wordFor(t, "problem", fault)}</span>
        )}
      </span>
      {fault !== undefined && <TriangleAlert size={15} aria-hidden className="shrink-0 text-caution" />}
    </button>
  );
}

/** While corners are being set: what to do now, and what it will be. */
function TracePanel({
  tracing,
  norms,
  onTrace,
  onClose,
}: {
  tracing: Tracing;
  norms: Norms | undefined;
  onTrace: PanelProps["onTrace"];
  onClose: () => void;
}) {
  const { t } = useWords();
  const corners = tracing.what === "zone" ? tracing.corners.length : 0;
  const hint =
    tracing.what === "wall"
      ? tracing.from === null
        ? "place.wall_first"
        : "place.wall_next"
      : corners === 0
        ? "place.zone_first"
        : corners === 1
          ? "place.zone_second"
          : "place.zone_next";
  return (
    <section className="space-y-3 rounded-md border border-accent bg-surface p-3" data-testid="plan-tracing">
      <p className="text-sm text-balance" role="status">
        {t(hint)}
      </p>
      {tracing.what === "zone" && (
        <KindField norms={norms} kind={tracing.kind} onChange={(kind) => onTrace({ ...tracing, kind })} />
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          small
          look="primary"
          disabled={tracing.what === "zone" && corners < 2}
          onClick={onClose}
          data-testid="trace-done"
        >
          {t("place.done")} <Kbd>{t("place.enter")}</Kbd>
        </Button>
        <Button small look="quiet" onClick={() => onTrace(null)} data-testid="trace-cancel">
          {t("action_word.cancel")} <Kbd>Esc</Kbd>
        </Button>
      </div>
    </section>
  );
}

/** Kinds of zones under what the norm says of cameras there. */
function KindField({
  norms,
  kind,
  onChange,
}: {
  norms: Norms | undefined;
  kind: ZoneKind;
  onChange: (kind: ZoneKind) => void;
}) {
  const { t, name } = useWords();
  return (
    <Field label={t("place.kind")}>
      <select
        className={INPUT}
        value={kind}
        onChange={(event) => {
          const rule = ruleOf(norms, event.target.value);
          if (rule !== undefined) onChange(rule.kind);
        }}
        data-testid="zone-kind"
      >
        {norms === undefined && <option value={kind}>{kind}</option>}
        {DUTIES.map((duty) => {
          const rules = (norms?.zones ?? []).filter(({ cameras }) => cameras === duty);
          return (
            rules.length > 0 && (
              <optgroup key={duty} label={t(`place.duty.${duty}`)}>
                {rules.map((rule) => (
                  <option key={rule.kind} value={rule.kind}>
                    {name(rule.title)}
                  </option>
                ))}
              </optgroup>
            )
          );
        })}
      </select>
    </Field>
  );
}

export function ZoneForm({
  zone,
  editing,
  norms,
  fault,
}: {
  zone: Zone;
  editing: Editing;
  norms: Norms | undefined;
  fault: string | undefined;
}) {
  const { t } = useWords();
  const { change, settle, base } = editing;
  const rule = ruleOf(norms, zone.kind);
  const words = useZoneWords(norms)(zone);
  const size = { width: base.width_px, height: base.height_px };
  const area = areaM2(size, metresPerPxOf(editing), zone.outline);
  const set = (what: Partial<Zone>, about: string) =>
    change((draft) => zoneChanged(draft, zone.key, what), `${about} ${zone.key}`);
  return (
    <section
      ref={intoView}
      className="space-y-2 rounded-md border bg-surface p-3"
      data-testid="zone-chosen"
      data-key={zone.key}
    >
      <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 font-medium">
        {words}
        <span className="text-sm font-normal text-ink-3">
          {area !== null &&
            fault === undefined &&
            t("place.area", { area: number(Math.round(area * 10) / 10) })}
        </span>
      </h3>
      <Trouble testId="zone-fault">{fault !== undefined && wordFor(t, "problem", fault)}</Trouble>
      <p className="text-sm text-balance text-ink-3">{t("place.how_to_shape")}</p>
      <KindField norms={norms} kind={zone.kind} onChange={(kind) => set({ kind, required: null }, "kind")} />
      {rule !== undefined && <Rule rule={rule} />}
      <Field label={t("place.name")}>
        <input
          className={INPUT}
          value={zone.name}
          maxLength={MOST_NAME}
          onChange={(event) => set({ name: event.target.value }, "name")}
          onBlur={settle}
          data-testid="zone-name"
        />
      </Field>
      {rule?.cameras !== "must_not" && <ClassField zone={zone} norms={norms} onChange={set} />}
      <Button small onClick={() => editing.remove(zone.key)} data-testid="zone-remove">
        <Trash2 size={14} aria-hidden /> {t("place.remove_zone")}
      </Button>
    </section>
  );
}

/** What the norm says, and how sure we are of it. */
function Rule({ rule }: { rule: ZoneRule }) {
  const { t } = useWords();
  return (
    <p className="text-sm text-balance text-ink-2" data-testid="zone-rule" data-duty={rule.cameras}>
      <span className={`font-medium ${toneOfDuty(rule.cameras)}`}>{t(`place.duty.${rule.cameras}`)}</span>
      <span className="block text-xs text-ink-3">
        {[rule.source, rule.clause].filter((one) => one !== "").join(", ")}
        {rule.status !== "verified" && ` · ${t(`place.status.${rule.status}`)}`}
      </span>
    </p>
  );
}

function ClassField({
  zone,
  norms,
  onChange,
}: {
  zone: Zone;
  norms: Norms | undefined;
  onChange: (what: Partial<Zone>, about: string) => void;
}) {
  const { t, name } = useWords();
  return (
    <Field label={t("place.required")} hint={t("place.required_hint")}>
      <select
        className={INPUT}
        value={zone.required ?? ""}
        onChange={(event) =>
          onChange({ required: event.target.value === "" ? null : event.target.value }, "required")
        }
        data-testid="zone-required"
      >
        <option value="">{t("place.as_norm")}</option>
        {norms?.scales.map((scale) => (
          <optgroup key={scale.key} label={name(scale.title)}>
            {scale.classes.map(({ key, title, px_m }) => (
              <option key={key} value={key}>
                {t("place.class", { name: name(title), density: number(px_m) })}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </Field>
  );
}

export function WallForm({ wall, editing }: { wall: Wall; editing: Editing }) {
  const { t } = useWords();
  const { base } = editing;
  const perPx = metresPerPxOf(editing);
  const pixels = pixelsBetween({ width: base.width_px, height: base.height_px }, wall.a, wall.b);
  return (
    <section className="space-y-2 rounded-md border bg-surface p-3" data-testid="wall-chosen">
      <h3 className="font-medium">
        {t("place.a_wall")}{" "}
        {perPx !== null && (
          <span className="text-sm font-normal text-ink-3">
            {t("plan.metres", { metres: number(Math.round(pixels * perPx * 10) / 10) })}
          </span>
        )}
      </h3>
      <p className="text-sm text-balance text-ink-3">{t("place.how_to_wall")}</p>
      <Button small onClick={() => editing.remove(wallKey(wall))} data-testid="wall-remove">
        <Trash2 size={14} aria-hidden /> {t("place.remove_wall")}
      </Button>
    </section>
  );
}
