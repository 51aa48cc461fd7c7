/** Where one signs with a finger, a pen or a mouse. */
import { Eraser } from "lucide-react";
import { type PointerEvent, useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import { useWords } from "@/vocabulary/use-words";
import { begunStroke, BOX, continued, dotAt, pathOf, type Stroke } from "./signature";

export function SignaturePad({
  strokes,
  onChange,
}: {
  strokes: readonly Stroke[];
  onChange: (strokes: readonly Stroke[]) => void;
}) {
  const { t } = useWords();
  // Fingers move faster than React renders: what was drawn last is here.
  const latest = useRef(strokes);
  useEffect(() => {
    latest.current = strokes;
  }, [strokes]);
  const draw = (
    event: PointerEvent<SVGSVGElement>,
    how: (strokes: readonly Stroke[], dot: ReturnType<typeof dotAt>) => readonly Stroke[],
  ) => {
    const next = how(latest.current, dotAt(event, event.currentTarget.getBoundingClientRect()));
    latest.current = next;
    onChange(next);
  };
  return (
    <div className="space-y-1">
      <div className="flex items-center justify-between">
        <span className="text-sm text-ink-2">{t("inspection.sign_here")}</span>
        <Button
          small
          look="quiet"
          disabled={strokes.length === 0}
          onClick={() => onChange([])}
          data-testid="sign-clear"
        >
          <Eraser size={15} aria-hidden /> {t("inspection.sign_again")}
        </Button>
      </div>
      <svg
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("inspection.sign_here")}
        className="aspect-[600/220] w-full touch-none rounded-md border border-line-2 bg-ground text-ink"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          draw(event, begunStroke);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) draw(event, continued);
        }}
        data-testid="signature-pad"
      >
        <SignaturePath path={pathOf(strokes)} />
      </svg>
    </div>
  );
}

export function SignaturePath({ path }: { path: string }) {
  return (
    <path
      d={path}
      fill="none"
      stroke="currentColor"
      strokeWidth={4}
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  );
}
