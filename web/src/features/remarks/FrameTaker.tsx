/** A picture of the camera for a remark or for its answer: taken at a press, kept at the centre, written in the ledger. */
import { Camera as Lens, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Frame } from "@/api/types";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/surfaces";
import { Problem } from "@/vocabulary/problem";
import { clockOrDay } from "@/vocabulary/time";
import { useWords } from "@/vocabulary/use-words";
import { useServerNow } from "@/world/hooks";
import { Shot } from "./BeforeAfter";
import { useKeepFrame } from "./remarks";

interface Props {
  camera: string;
  purpose: string;
  frame: Frame | null;
  onFrame: (frame: Frame | null) => void;
  /** ISO 8601: what is being looked at in the archive. */
  at?: string;
  /** Taken at once: the person has just looked at it. */
  eager?: boolean;
}

export function FrameTaker({ camera, purpose, frame, onFrame, at, eager = false }: Props) {
  const { t } = useWords();
  const now = useServerNow(60_000);
  const { mutate, isPending, error } = useKeepFrame();
  const take = (then: string | undefined) => mutate({ camera, purpose, at: then }, { onSuccess: onFrame });
  const begun = useRef(!eager);
  useEffect(() => {
    if (begun.current) return; // once: each is a line in the ledger
    begun.current = true;
    take(at);
  });
  return (
    <div className="space-y-2" data-testid="frame-taker" aria-busy={isPending}>
      {frame !== null && <Shot frame={frame} words={t("remark.frame")} />}
      {frame === null && isPending && <Skeleton className="aspect-video" />}
      <div className="flex flex-wrap items-center gap-2">
        <Button small disabled={isPending} onClick={() => take(undefined)} data-testid="frame-now">
          <Lens size={14} aria-hidden /> {t(frame === null ? "remark.frame_now" : "remark.frame_again")}
        </Button>
        {at !== undefined && (
          <Button small disabled={isPending} onClick={() => take(at)} data-testid="frame-then">
            {t("remark.frame_at", { time: clockOrDay(Date.parse(at), now) })}
          </Button>
        )}
        {frame !== null && (
          <Button small look="quiet" onClick={() => onFrame(null)} data-testid="frame-without">
            <X size={14} aria-hidden /> {t("remark.frame_without")}
          </Button>
        )}
      </div>
      <Problem error={error} testId="frame-problem" />
    </div>
  );
}
