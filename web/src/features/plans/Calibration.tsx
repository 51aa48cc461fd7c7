/** The lens from a known width: a door in the camera's own picture, its two lower ends, and how wide it is. */
import { Camera as CameraIcon } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Camera } from "@/api/types";
import { LivePicture } from "@/player/LivePicture";
import { Button } from "@/ui/button";
import { Field, INPUT } from "@/ui/fields";
import { Segmented } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { number } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import { Movable } from "./EditLayer";
import { Sheet } from "./Ground";
import type { Lens } from "./lenses";
import { knownWidth, useCalibration } from "./places";
import type { Plan, PlanPoint } from "./plans";
import { type Drawing, type Frame, Viewport } from "./Viewport";
import { held, type Spot } from "./view";

/** As the centre takes them (domain/density/calibration.py). */
const LEAST_M = 0.2;
const MOST_M = 50;
const DOOR_M = "0,9";

interface Props {
  plan: Plan;
  point: PlanPoint & { lens: Lens };
  camera: Camera;
  name: string;
  purpose: string;
  onAccept: (lens: Lens) => void;
}

export function Calibration(props: Props) {
  const [still, setStill] = useState<Drawing | null>(null);
  useEffect(() => () => (still === null ? undefined : URL.revokeObjectURL(still.image)), [still]);
  return still === null ? (
    <Taking {...props} onTaken={setStill} />
  ) : (
    <Measuring {...props} still={still} onAgain={() => setStill(null)} />
  );
}

/** The live picture, until somebody holds it: nothing is sent or kept, the still is this browser's own. */
function Taking({ camera, name, purpose, onTaken }: Props & { onTaken: (still: Drawing) => void }) {
  const { t } = useWords();
  const frame = useRef<HTMLDivElement>(null);
  const [empty, setEmpty] = useState(false);
  const take = async () => {
    const taken = await heldPicture(frame.current?.querySelector("video") ?? null, camera.id);
    if (taken === null) setEmpty(true);
    else onTaken(taken);
  };
  return (
    <div className="space-y-3 p-4" data-testid="calibration-taking">
      <p className="text-balance text-ink-2">{t("calibration.how")}</p>
      <div ref={frame} className="relative aspect-video overflow-hidden rounded-md *:absolute *:inset-0">
        <LivePicture camera={camera.id} stream="main" purpose={purpose} name={name} />
      </div>
      {empty && (
        <p role="alert" className="text-sm text-caution">
          {t("calibration.no_picture")}
        </p>
      )}
      <Button look="primary" onClick={() => void take()} data-testid="calibration-hold">
        <CameraIcon size={15} aria-hidden /> {t("calibration.hold")}
      </Button>
    </div>
  );
}

/** Null: the video shows nothing yet. */
async function heldPicture(video: HTMLVideoElement | null, camera: string): Promise<Drawing | null> {
  if (video === null || video.videoWidth === 0) return null;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  if (blob === null) return null;
  return {
    id: camera,
    image: URL.createObjectURL(blob),
    width_px: canvas.width,
    height_px: canvas.height,
    metres_per_px: null,
    kind: "still",
  };
}

/** Null: no width that can be measured in a picture. */
export function widthOfText(text: string): number | null {
  const metres = Number(text.trim().replace(",", "."));
  return text.trim() !== "" && metres >= LEAST_M && metres <= MOST_M ? metres : null;
}

function Measuring({
  plan,
  point,
  still,
  onAgain,
  onAccept,
}: Props & { still: Drawing; onAgain: () => void }) {
  const { t } = useWords();
  const [ends, setEnds] = useState<readonly Spot[]>([]);
  const [width, setWidth] = useState(DOOR_M);
  const [solve, setSolve] = useState<"hfov" | "tilt">("hfov");
  const asked = useCalibration(plan.id);
  const metres = widthOfText(width);
  const [a, b] = ends;
  const found = asked.data;
  const change = (next: readonly Spot[]) => {
    asked.reset();
    setEnds(next);
  };
  return (
    <form
      className="space-y-3 p-4"
      data-testid="calibration"
      onSubmit={(event) => {
        event.preventDefault();
        if (metres === null || a === undefined || b === undefined) return;
        asked.mutate({
          camera: point.key,
          solve,
          lens: point.lens,
          ...knownWidth(metres, [a, b], point.lens),
        });
      }}
    >
      <p className="text-sm text-balance" role="status">
        {t(
          a === undefined
            ? "calibration.first"
            : b === undefined
              ? "calibration.second"
              : "calibration.measure",
        )}
      </p>
      <div className="h-[40vh] overflow-hidden rounded-md border">
        <Viewport
          plan={still}
          label={t("calibration.picture")}
          aiming={ends.length < 2}
          keys={false}
          onTap={(spot) => ends.length < 2 && change([...ends, held(spot)])}
        >
          {(frame) => <WidthLine ends={ends} frame={frame} onMove={change} />}
        </Viewport>
      </div>
      {ends.length < 2 && (
        <Button
          small
          look="quiet"
          onClick={() =>
            change([
              { x: 0.4, y: 0.7 },
              { x: 0.6, y: 0.7 },
            ])
          }
          data-testid="calibration-by-keys"
        >
          {t("calibration.by_keys")}
        </Button>
      )}
      <div className="flex flex-wrap items-end gap-3">
        <div className="w-40">
          <Field label={t("calibration.width")}>
            <input
              className={INPUT}
              inputMode="decimal"
              value={width}
              aria-invalid={metres === null}
              onChange={(event) => {
                asked.reset();
                setWidth(event.target.value);
              }}
              data-testid="calibration-width"
            />
          </Field>
        </div>
        <Segmented
          label={t("calibration.solve")}
          value={solve}
          onChoose={(what) => {
            asked.reset();
            setSolve(what);
          }}
          choices={[
            { value: "hfov", label: t("calibration.hfov") },
            { value: "tilt", label: t("calibration.tilt") },
          ]}
          testId="calibration-solve"
        />
      </div>
      <p className="text-sm text-balance text-ink-3">
        {t(solve === "hfov" ? "calibration.hfov_hint" : "calibration.tilt_hint", {
          height: number(point.lens.height_m),
          tilt: number(point.lens.tilt_deg),
          angle: number(Math.round(point.lens.hfov_deg)),
        })}
      </p>
      <Problem error={asked.error} testId="calibration-problem" />
      {found !== undefined && (
        <p className="text-lg font-semibold" role="status" data-testid="calibration-found">
          {t("calibration.found", {
            degrees: number(Math.round(found.degrees * 10) / 10),
            error: number(Math.round(found.error_deg * 10) / 10),
          })}
        </p>
      )}
      <div className="flex flex-wrap gap-3">
        {found === undefined ? (
          <Button
            type="submit"
            look="primary"
            disabled={metres === null || ends.length < 2 || asked.isPending}
            data-testid="calibration-ask"
          >
            {t("calibration.ask")}
          </Button>
        ) : (
          <Button
            look="primary"
            autoFocus
            onClick={() =>
              onAccept({ ...point.lens, [solve === "hfov" ? "hfov_deg" : "tilt_deg"]: found.degrees })
            }
            data-testid="calibration-accept"
          >
            {t("calibration.accept")}
          </Button>
        )}
        <Button look="quiet" onClick={onAgain}>
          {t("calibration.again")}
        </Button>
      </div>
    </form>
  );
}

function WidthLine({
  ends,
  frame,
  onMove,
}: {
  ends: readonly Spot[];
  frame: Frame;
  onMove: (ends: readonly Spot[]) => void;
}) {
  const { t } = useWords();
  const [a, b] = ends.map((end) => frame.place(end));
  return (
    <>
      {a !== undefined && b !== undefined && (
        <Sheet>
          <line x1={a.left} y1={a.top} x2={b.left} y2={b.top} stroke="#000" strokeWidth={4} />
          <line x1={a.left} y1={a.top} x2={b.left} y2={b.top} stroke="#fff" strokeWidth={2} />
        </Sheet>
      )}
      {ends.map((end, index) => (
        <Movable
          key={index}
          spot={end}
          frame={frame}
          label={t("plan.end", { number: index + 1 })}
          chosen={false}
          fine
          onMove={(spot) => onMove(ends.map((other, at) => (at === index ? held(spot) : other)))}
          onSettle={() => undefined}
          data-testid="calibration-end"
        >
          <span className="absolute size-4 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-accent bg-surface/30" />
        </Movable>
      ))}
    </>
  );
}
