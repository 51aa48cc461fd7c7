/** The keys of a cutting table as buttons: back and on, picture by picture, play, backwards, and how fast. */
import { Pause, Play, Rewind, SkipBack, SkipForward, StepBack, StepForward } from "lucide-react";
import type { ReactNode } from "react";
import { SPEEDS } from "@/player/archive-clock";
import type { ArchiveTransport, TransportView } from "@/player/archive-transport";
import { Button } from "@/ui/button";
import { Segmented } from "@/ui/surfaces";
import { useWords } from "@/vocabulary/use-words";

export const JUMP_MS = 5_000;

export function TransportButtons({
  transport,
  view,
  fps,
  onJump,
}: {
  transport: ArchiveTransport | null;
  view: TransportView;
  fps: number;
  onJump: (byMs: number) => void;
}) {
  const { t } = useWords();
  const backwards = view.speed < 0;
  return (
    <div className="flex items-center gap-1">
      <IconButton
        label={t("archive.back")}
        onClick={() => onJump(-JUMP_MS)}
        icon={<SkipBack size={17} aria-hidden />}
      />
      <IconButton
        label={t("archive.reverse")}
        onClick={() => (backwards && view.playing ? transport?.pause() : transport?.shuttle(-1))}
        icon={<Rewind size={17} aria-hidden />}
        pressed={backwards && view.playing}
        testId="reverse"
      />
      <IconButton
        label={t("archive.frame_back")}
        onClick={() => transport?.step(-1, fps)}
        icon={<StepBack size={17} aria-hidden />}
        testId="frame-back"
      />
      <IconButton
        label={view.playing ? t("archive.pause") : t("archive.play")}
        onClick={() => transport?.toggle()}
        icon={view.playing ? <Pause size={19} aria-hidden /> : <Play size={19} aria-hidden />}
        testId="play"
      />
      <IconButton
        label={t("archive.frame_on")}
        onClick={() => transport?.step(1, fps)}
        icon={<StepForward size={17} aria-hidden />}
        testId="frame-on"
      />
      <IconButton
        label={t("archive.on")}
        onClick={() => onJump(JUMP_MS)}
        icon={<SkipForward size={17} aria-hidden />}
      />
    </div>
  );
}

/** The size of the speed; its direction belongs to the reverse button. */
export function SpeedChoice({
  transport,
  view,
}: {
  transport: ArchiveTransport | null;
  view: TransportView;
}) {
  const { t } = useWords();
  const direction = view.speed < 0 ? -1 : 1;
  return (
    <Segmented
      label={t("archive.rate")}
      value={String(Math.abs(view.speed))}
      choices={SPEEDS.map((speed) => ({
        value: String(speed),
        label: `×${String(speed).replace(".", ",")}`,
        title: speed > 4 ? t("archive.keys_only") : undefined,
      }))}
      onChoose={(speed) => transport?.setSpeed(direction * Number(speed))}
      testId="rate"
    />
  );
}

export function IconButton({
  label,
  onClick,
  icon,
  pressed,
  testId,
}: {
  label: string;
  onClick: () => void;
  icon: ReactNode;
  pressed?: boolean;
  testId?: string;
}) {
  return (
    <Button
      look="quiet"
      className="w-9 px-0! aria-pressed:bg-raised aria-pressed:text-ink"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
      data-testid={testId}
    >
      {icon}
    </Button>
  );
}
