/** Turning a camera: its live picture, arrows to hold, and the places it remembers. */
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  type LucideIcon,
  Move,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import type { Camera } from "@/api/types";
import { LivePicture } from "@/player/LivePicture";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Notice, Skeleton } from "@/ui/surfaces";
import { wallStream } from "@/vocabulary/schools";
import { problemText } from "@/vocabulary/text";
import { useWords } from "@/vocabulary/use-words";
import {
  type Direction,
  directionOf,
  going,
  Helm,
  moving,
  oneByOne,
  remembering,
  stopping,
  usePresets,
  useSteer,
} from "./orders";

const MOST_CHARACTERS = 40;

export function SteerButton({ camera, purpose }: { camera: Camera; purpose: string }) {
  const { t, name } = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button small onClick={() => setOpen(true)} data-testid="steer">
        <Move size={14} aria-hidden /> {t("steer.open")}
      </Button>
      {open && (
        <Dialog
          open
          wide
          onClose={() => setOpen(false)}
          title={t("steer.title", { camera: name(camera.name) })}
        >
          <SteerBody camera={camera} purpose={purpose} />
        </Dialog>
      )}
    </>
  );
}

/** While mounted, arrows turn and plus and minus zoom; whatever takes the window away lets go. */
function useHeldKeys(helm: Helm): void {
  useEffect(() => {
    const on = (act: (direction: Direction) => void) => (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement;
      const direction = typing ? undefined : directionOf(event.code);
      if (direction === undefined) return;
      event.preventDefault();
      act(direction);
    };
    const down = on((direction) => helm.press(direction));
    const up = on((direction) => helm.release(direction));
    const release = () => helm.release();
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    window.addEventListener("blur", release);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
      window.removeEventListener("blur", release);
      release();
    };
  }, [helm]);
}

function SteerBody({ camera, purpose }: { camera: Camera; purpose: string }) {
  const { t, name } = useWords();
  const presets = usePresets(camera.id, purpose);
  const steer = useSteer(camera.id);
  const { mutate, mutateAsync } = steer;
  const helm = useMemo(() => {
    const tell = oneByOne(mutateAsync);
    return new Helm((order) => tell(order === "stop" ? stopping(purpose) : moving(order, purpose)));
  }, [mutateAsync, purpose]);
  useHeldKeys(helm);
  if (presets.isPending) return <Skeleton className="m-4 h-64" />;
  if (presets.error !== null) {
    return (
      <Notice
        title={problemText(t, presets.error)}
        action={<Button onClick={() => void presets.refetch()}>{t("app.again")}</Button>}
        data-testid="steer-trouble"
      />
    );
  }
  return (
    <div className="grid gap-4 p-4 md:grid-cols-[1fr_auto]" data-testid="steer-panel">
      <div className="aspect-video bg-ground">
        <LivePicture
          camera={camera.id}
          stream={wallStream(camera)}
          purpose={purpose}
          name={name(camera.name)}
          fit="contain"
        />
      </div>
      <div className="flex flex-col gap-4">
        <Arrows helm={helm} />
        <Places
          presets={presets.data.presets}
          onGo={(token) => mutate(going(token, purpose))}
          onRemember={(words) => mutate(remembering(words, purpose))}
        />
      </div>
      <p className="text-sm text-ink-2 md:col-span-2" role="status" data-testid="steer-word">
        {steer.error === null ? t("steer.hint") : problemText(t, steer.error)}
      </p>
    </div>
  );
}

const PAD: { direction: Direction; icon: LucideIcon; place: string }[] = [
  { direction: "up", icon: ArrowUp, place: "col-start-2 row-start-1" },
  { direction: "left", icon: ArrowLeft, place: "col-start-1 row-start-2" },
  { direction: "right", icon: ArrowRight, place: "col-start-3 row-start-2" },
  { direction: "down", icon: ArrowDown, place: "col-start-2 row-start-3" },
  { direction: "in", icon: ZoomIn, place: "col-start-4 row-start-1" },
  { direction: "out", icon: ZoomOut, place: "col-start-4 row-start-3" },
];

function Arrows({ helm }: { helm: Helm }) {
  const { t } = useWords();
  return (
    <div className="grid grid-cols-[repeat(4,auto)] justify-start gap-1">
      {PAD.map(({ direction, icon: Icon, place }) => (
        <Button
          key={direction}
          className={`${place} touch-none`}
          aria-label={t(`steer.${direction}`)}
          onPointerDown={() => helm.press(direction)}
          onPointerUp={() => helm.release(direction)}
          onPointerLeave={() => helm.release(direction)}
          onPointerCancel={() => helm.release(direction)}
          data-testid={`steer-${direction}`}
        >
          <Icon size={18} aria-hidden />
        </Button>
      ))}
    </div>
  );
}

function Places({
  presets,
  onGo,
  onRemember,
}: {
  presets: readonly { token: string; name: string }[];
  onGo: (token: string) => void;
  onRemember: (words: string) => void;
}) {
  const { t } = useWords();
  const [words, setWords] = useState("");
  return (
    <section aria-label={t("steer.places")} className="flex max-w-64 flex-col gap-2">
      <h2 className="text-sm font-semibold">{t("steer.places")}</h2>
      <div className="flex max-h-40 flex-wrap gap-1 overflow-auto" data-testid="steer-places">
        {presets.map(({ token, name }) => (
          <Button key={token} small onClick={() => onGo(token)}>
            {name}
          </Button>
        ))}
        {presets.length === 0 && <p className="text-sm text-ink-2">{t("steer.no_places")}</p>}
      </div>
      <form
        className="flex gap-1"
        onSubmit={(event) => {
          event.preventDefault();
          onRemember(words.trim());
          setWords("");
        }}
      >
        <input
          className="h-7 min-w-0 grow rounded-md border border-line-2 bg-raised px-2 text-sm"
          aria-label={t("steer.place_name")}
          placeholder={t("steer.place_name")}
          maxLength={MOST_CHARACTERS}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button small type="submit" disabled={words.trim() === ""} data-testid="steer-remember">
          {t("steer.remember")}
        </Button>
      </form>
    </section>
  );
}
