/** How the quality of a picture looks and reads: verdicts, and the faults by their names. */
import { wordFor } from "./text";
import { useWords } from "./use-words";

export type Verdict = "ok" | "suspect" | "bad" | "unknown";
export const VERDICTS: readonly Verdict[] = ["bad", "suspect", "unknown", "ok"];
/** What a person sees first stands first, as at the school's node; then how a stream comes. */
export const FAULTS = [
  "black",
  "overexposed",
  "underexposed",
  "covered",
  "moved",
  "low_contrast",
  "blurred",
  "frozen",
  "noisy",
  "striped",
  "colour_cast",
  "flickering",
  "smeared",
  "low_resolution",
  "few_frames",
  "low_bitrate",
  "high_bitrate",
  "rare_keyframes",
  "other_codec",
  "loss",
  "jitter",
  "clock_offset",
] as const;

const SHAPES: Record<Verdict, { path: string; hollow: boolean; colour: string }> = {
  bad: { path: "M8 1.5 15 14H1Z", hollow: false, colour: "text-caution" },
  suspect: { path: "M8 1.5 15 14H1Z", hollow: true, colour: "text-caution" },
  unknown: { path: "M2.5 7h11v2h-11Z", hollow: false, colour: "text-ink-3" },
  ok: { path: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Z", hollow: false, colour: "text-ink-3" },
};

export function VerdictWords({ verdict }: { verdict: Verdict }) {
  const { t } = useWords();
  const { path, hollow, colour } = SHAPES[verdict];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" data-verdict={verdict}>
      <svg viewBox="0 0 16 16" width={12} height={12} aria-hidden className={`shrink-0 ${colour}`}>
        <path
          d={path}
          fill={hollow ? "none" : "currentColor"}
          stroke="currentColor"
          strokeWidth={hollow ? 2 : 0}
        />
      </svg>
      {t(`remark.measured.verdict_is.${verdict}`)}
    </span>
  );
}

/** Confirmed faults as they are; suspected ones with a question mark; one of a stream with which one it is. */
export function useFaultWords() {
  const { t } = useWords();
  return (fault: string, verdict?: string, stream?: "main" | "sub" | null): string => {
    const word = wordFor(t, "remark.measured.fault", fault) + (verdict === "suspect" ? "?" : "");
    return stream ? `${word} (${t(`remark.measured.stream.${stream}`)})` : word;
  };
}

/** What is wrong with a camera's picture, in one line; nothing while nothing is confirmed. */
export function PictureFaults({
  picture,
  testId = "picture-faults",
}: {
  picture: { verdict: string; faults: readonly { fault: string; verdict: string }[] } | null;
  testId?: string;
}) {
  const word = useFaultWords();
  const bad = picture?.faults.filter(({ verdict }) => verdict === "bad") ?? [];
  if (bad.length === 0) return null;
  return (
    <span className="text-caution" data-testid={testId} data-faults={bad.map(({ fault }) => fault).join(" ")}>
      {bad.map(({ fault }) => word(fault)).join(", ")}
    </span>
  );
}
