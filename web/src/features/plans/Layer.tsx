/** The points of a plan as one looks at them: cameras that may be opened, the others to read. */
import { CameraStateWords } from "@/vocabulary/schools";
import { useWords } from "@/vocabulary/use-words";
import {
  AT,
  Label,
  type Named,
  placeStyle,
  type PressedName,
  Sign,
  stateOf,
  useArrangedNames,
} from "./marks";
import type { At } from "./view";
import type { Frame } from "./Viewport";

/** From here on there is room for names. */
const NAMES_FROM = 2;

interface Props {
  named: readonly Named[];
  frame: Frame;
  /** The camera whose picture is shown. */
  chosen?: string;
  /** Absent where no picture can be opened. */
  onCamera?: (camera: string) => void;
  /** Drawn by somebody else; no name covers it. */
  pressed?: PressedName | null;
}

export function Layer({ named, frame, chosen, onCamera, pressed = null }: Props) {
  const wide = frame.closeness >= NAMES_FROM;
  const strong = named.find(({ point }) => point.camera !== null && point.camera === chosen)?.point.key;
  const names = useArrangedNames(named, frame, strong ?? null, pressed);
  return (
    <>
      {named.map((one) => (
        <Mark
          key={one.point.key}
          one={one}
          frame={frame}
          offset={wide ? names.get(one.point.key) : undefined}
          chosen={one.point.camera !== null && one.point.camera === chosen}
          onCamera={onCamera}
        />
      ))}
    </>
  );
}

function Mark({
  one,
  frame,
  offset,
  chosen,
  onCamera,
}: {
  one: Named;
  frame: Frame;
  /** Where its name has room; without, it is shown when one points at it. */
  offset: At | undefined;
  chosen: boolean;
  onCamera: Props["onCamera"];
}) {
  const { t } = useWords();
  const { point, camera, words } = one;
  const sign = (
    <>
      <Sign point={point} camera={camera} />
      {chosen && (
        <span className="absolute size-8 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-accent" />
      )}
    </>
  );
  const label = (
    <span
      className={
        offset !== undefined || chosen
          ? ""
          : "invisible group-focus-within/mark:visible group-hover/mark:visible"
      }
    >
      <Label strong={chosen} offset={offset}>
        {words}
        {camera !== undefined && stateOf(camera) !== "live" && (
          <span className="block text-caution">
            <CameraStateWords camera={camera} />
          </span>
        )}
      </Label>
    </span>
  );
  const data = {
    "data-testid": "plan-mark",
    "data-kind": point.kind,
    "data-key": point.key,
    "data-state": point.kind === "camera" ? stateOf(camera) : undefined,
  };
  if (camera === undefined || onCamera === undefined) {
    return (
      <div className={`${AT} hover:z-10`} style={placeStyle(frame.place(point))} title={words} {...data}>
        <span role="img" aria-label={words} className="absolute">
          {sign}
        </span>
        {label}
      </div>
    );
  }
  return (
    <div
      className={`${AT} z-10 focus-within:z-30 hover:z-30`}
      style={placeStyle(frame.place(point))}
      {...data}
    >
      <button
        type="button"
        onClick={() => onCamera(camera.id)}
        aria-pressed={chosen}
        aria-label={t("plan.show_camera", { name: words })}
        className="absolute size-8 -translate-x-1/2 -translate-y-1/2 rounded-full"
        data-testid="plan-camera"
        data-camera={camera.id}
      >
        <span className="absolute top-1/2 left-1/2">{sign}</span>
      </button>
      {label}
    </div>
  );
}
