/** How a camera hangs and what its lens is: what a plan needs to say how finely it sees. */
import { Ruler } from "lucide-react";
import { useState } from "react";
import type { Camera } from "@/api/types";
import { Button } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Segmented } from "@/ui/surfaces";
import { streamOf } from "@/vocabulary/schools";
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { focalOf, hfovOfLens, type Lens, lensValue, reachOf, SENSORS, usualLens } from "./lenses";
import { type Norms, otherThanMeasured } from "./places";
import type { PlanPoint } from "./plans";
import type { Size } from "./view";

const FACE_M = 1.6;
const USUAL_SENSOR = "1/2.8″";

interface Props {
  point: PlanPoint;
  camera: Camera | undefined;
  norms: Norms | undefined;
  onChange: (change: Partial<PlanPoint>, about: string) => void;
  onSettle: () => void;
  /** Absent while there is no picture to measure in. */
  onCalibrate?: () => void;
}

/** What the camera's better stream really sends. */
export function measuredSize(camera: Camera | undefined): Size | null {
  const stream = camera && (streamOf(camera, "main") ?? streamOf(camera, "sub"));
  return stream === undefined || stream.width === 0 ? null : { width: stream.width, height: stream.height };
}

export const pixels = (width: number, height: number) => `${width}×${height}`;

export function LensForm({ point, camera, norms, onChange, onSettle, onCalibrate }: Props) {
  const { t } = useWords();
  const { lens } = point;
  const measured = measuredSize(camera);
  if (lens === null) {
    return (
      <div className="space-y-2 border-t pt-2" data-testid="lens-missing">
        <p className="text-sm text-balance text-ink-2">{t("lens.missing")}</p>
        <Button
          small
          look="primary"
          onClick={() =>
            onChange({ lens: usualLens(measured), bearing_deg: point.bearing_deg ?? 0 }, "lens given")
          }
          data-testid="lens-give"
        >
          {t("lens.give")}
        </Button>
      </div>
    );
  }
  const set = (change: Partial<Lens>, about: string) => onChange({ lens: { ...lens, ...change } }, about);
  return (
    <div className="space-y-2 border-t pt-2" data-testid="lens">
      <div className="grid grid-cols-2 gap-2">
        <Value name="height_m" lens={lens} label={t("lens.height")} onSet={set} onSettle={onSettle} />
        <Value name="tilt_deg" lens={lens} label={t("lens.tilt")} onSet={set} onSettle={onSettle} />
      </div>
      <p className="text-sm text-balance text-ink-3">{t("lens.tilt_hint")}</p>
      <Angle lens={lens} onSet={set} onSettle={onSettle} />
      <div className="grid grid-cols-2 gap-2">
        <Value name="width_px" lens={lens} label={t("lens.width")} onSet={set} onSettle={onSettle} />
        <Value name="height_px" lens={lens} label={t("lens.rows")} onSet={set} onSettle={onSettle} />
      </div>
      {measured === null && <p className="text-sm text-balance text-ink-3">{t("lens.unmeasured")}</p>}
      {otherThanMeasured(lens, measured) && (
        <div className="space-y-1" data-testid="lens-differs">
          <p className="text-sm text-balance text-caution">
            {t("lens.differs", {
              planned: pixels(lens.width_px, lens.height_px),
              measured: pixels(measured.width, measured.height),
            })}
          </p>
          <Button
            small
            onClick={() => set({ width_px: measured.width, height_px: measured.height }, "measured")}
            data-testid="lens-measured"
          >
            {t("lens.as_measured", { width: measured.width, height: measured.height })}
          </Button>
        </div>
      )}
      <Reaches lens={lens} norms={norms} />
      <div className="flex flex-wrap gap-2">
        {onCalibrate !== undefined && (
          <Button small onClick={onCalibrate} data-testid="lens-calibrate">
            <Ruler size={14} aria-hidden /> {t("lens.calibrate")}
          </Button>
        )}
        <Button
          small
          look="quiet"
          onClick={() => onChange({ lens: null }, "lens taken")}
          data-testid="lens-forget"
        >
          {t("lens.forget")}
        </Button>
      </div>
    </div>
  );
}

/** A number that may be half written: it is taken over when a camera can have it. */
function Value({
  name,
  lens,
  label,
  onSet,
  onSettle,
}: {
  name: keyof Lens;
  lens: Lens;
  label: string;
  onSet: (change: Partial<Lens>, about: string) => void;
  onSettle: () => void;
}) {
  return (
    <Numeric
      label={label}
      value={lens[name]}
      valueOf={(text) => lensValue(name, text)}
      onSet={(value) => onSet({ [name]: value }, name)}
      onSettle={onSettle}
      testId={`lens-${name.replace("_", "-")}`}
    />
  );
}

function Numeric({
  label,
  value,
  valueOf,
  onSet,
  onSettle,
  testId,
}: {
  label: string;
  value: number;
  valueOf: (text: string) => number | null;
  onSet: (value: number) => void;
  onSettle: () => void;
  testId: string;
}) {
  const [written, setWritten] = useState<string | null>(null);
  const shown = written ?? String(Math.round(value * 100) / 100).replace(".", ",");
  return (
    <Field label={label}>
      <input
        className={INPUT}
        inputMode="decimal"
        value={shown}
        aria-invalid={valueOf(shown) === null}
        onChange={(event) => {
          setWritten(event.target.value);
          const now = valueOf(event.target.value);
          if (now !== null) onSet(now);
        }}
        onBlur={() => {
          setWritten(null);
          onSettle();
        }}
        data-testid={testId}
      />
    </Field>
  );
}

/** The angle itself, or what stands on the lens and in the data sheet. */
function Angle({
  lens,
  onSet,
  onSettle,
}: {
  lens: Lens;
  onSet: (change: Partial<Lens>, about: string) => void;
  onSettle: () => void;
}) {
  const { t } = useWords();
  const [by, setBy] = useState<"angle" | "focal">("angle");
  const [sensor, setSensor] = useState(USUAL_SENSOR);
  const width = SENSORS.find(({ name }) => name === sensor)?.width_mm ?? 5.6;
  return (
    <div className="space-y-2">
      <Segmented
        label={t("lens.angle")}
        value={by}
        onChoose={setBy}
        choices={[
          { value: "angle", label: t("lens.by_angle") },
          { value: "focal", label: t("lens.by_focal") },
        ]}
        testId="lens-by"
      />
      {by === "angle" ? (
        <Value name="hfov_deg" lens={lens} label={t("lens.angle")} onSet={onSet} onSettle={onSettle} />
      ) : (
        <div className="grid grid-cols-2 gap-2">
          <Numeric
            label={t("lens.focal")}
            value={focalOf(lens.hfov_deg, width)}
            valueOf={(text) => focalValue(text, width)}
            onSet={(focal) => onSet({ hfov_deg: hfovOfLens(focal, width) }, "hfov_deg")}
            onSettle={onSettle}
            testId="lens-focal"
          />
          <Field label={t("lens.sensor")}>
            <select
              className={INPUT}
              value={sensor}
              onChange={(event) => {
                const next = SENSORS.find(({ name }) => name === event.target.value);
                if (next === undefined) return;
                setSensor(next.name);
                const angle = hfovOfLens(focalOf(lens.hfov_deg, width), next.width_mm);
                onSet({ hfov_deg: angle }, "sensor");
              }}
              data-testid="lens-sensor"
            >
              {SENSORS.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </Field>
          <p className="col-span-2 text-sm text-ink-3">
            {t("lens.angle_is", { angle: number(Math.round(lens.hfov_deg * 10) / 10) })}
          </p>
        </div>
      )}
    </div>
  );
}

function focalValue(text: string, sensor_mm: number): number | null {
  const focal = Number(text.trim().replace(",", "."));
  if (text.trim() === "" || !(focal > 0) || focal > 2_000) return null;
  return lensValue("hfov_deg", String(hfovOfLens(focal, sensor_mm))) === null ? null : focal;
}

/** How far faces have which class: what these numbers mean, for who never computed a lens. */
function Reaches({ lens, norms }: { lens: Lens; norms: Norms | undefined }) {
  const { t, name } = useWords();
  const scale = norms?.scales[0];
  if (scale === undefined) return null;
  const rows = scale.classes
    .map(({ key, title, px_m }) => ({ key, title, far: reachOf(lens, px_m, FACE_M) }))
    .filter(({ far }) => far !== null);
  return (
    <div className="rounded-sm bg-ground px-2 py-1 text-sm" data-testid="lens-reaches">
      <p className="text-ink-3">{t(rows.length === 0 ? "lens.reaches_nobody" : "lens.reaches")}</p>
      <ul>
        {rows.map(({ key, title, far }) => (
          <li key={key} className="flex justify-between gap-3">
            <span>{name(title)}</span>
            <span className="text-ink-2">
              {t("lens.to", { metres: number(Math.round((far ?? 0) * 10) / 10) })}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
