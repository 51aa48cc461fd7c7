/** On an alarm's screen: the minute before the press and the minute after it, kept at the school as evidence. */
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { Alarm, Camera } from "@/api/types";
import { HoldDialog, keptOf, useHeld } from "@/features/archive/Hold";
import { Button, Kbd } from "@/ui/button";
import { useKeys } from "@/ui/keys";
import { clock, day } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow, useSession, useWorld } from "@/world/hooks";

const MINUTE_MS = 60_000;
const MOST_CAMERAS = 9;

export function KeepEvidence({ alarm }: { alarm: Alarm }) {
  const known = useWorld((world) => world.cameras);
  const mayHold = useSession().rights.includes("evidence.hold");
  const cameras = alarm.cameras
    .map((id) => known.get(id))
    .filter((camera): camera is Camera => camera !== undefined)
    .slice(0, MOST_CAMERAS);
  const [nearest] = cameras;
  if (!mayHold || nearest === undefined) return null;
  return <Keep alarm={alarm} nearest={nearest} cameras={cameras} />;
}

/** The dialog shows and takes whole seconds. */
const second = (at: number) => Math.floor(at / 1_000) * 1_000;

function Keep({ alarm, nearest, cameras }: { alarm: Alarm; nearest: Camera; cameras: readonly Camera[] }) {
  const { t, name } = useWords();
  const now = useServerNow(MINUTE_MS);
  const [open, setOpen] = useState(false);
  const pressed = Date.parse(alarm.pressed_at);
  const stretch = { start: second(pressed - MINUTE_MS), end: second(pressed + MINUTE_MS + 999) };
  const kept = keptOf(useHeld(nearest.id).data?.items ?? [], stretch);
  useKeys({ KeyE: () => setOpen(true) });
  return (
    <>
      <Button small look="quiet" onClick={() => setOpen(true)} data-testid="keep-evidence">
        <ShieldCheck size={15} aria-hidden />
        {t("hold.evidence")}
        <Kbd>E</Kbd>
      </Button>
      {kept !== null && (
        <p
          className="inline-flex items-center gap-1.5 text-sm font-medium text-ink"
          data-testid="evidence-kept"
        >
          <ShieldCheck size={15} aria-hidden className="shrink-0 text-accent" />
          {kept.until === null
            ? t("hold.kept_always", { name: kept.by })
            : t("hold.kept", { day: day(Date.parse(kept.until)), name: kept.by })}
        </p>
      )}
      {open && (
        <HoldDialog
          cameras={cameras}
          purpose={`alarm:${alarm.id}`}
          stretch={stretch}
          now={now}
          reason={t("hold.of_alarm", { place: name(alarm.place), time: clock(pressed) })}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
