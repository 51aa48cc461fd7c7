/** How sound stays with its picture. Decisions only; times in seconds of the sound's own media, unless named otherwise. */
import type { Span } from "./live-edge";

export type SoundMove = { kind: "jump"; to: number } | { kind: "rate"; rate: number };

/** Between what is heard and the end of the buffer: it swallows the jitter of the network. */
export const SOUND_CUSHION_S = 0.15;
/** Voice and lips are seen to part from about here on. */
const PARTED_S = 0.06;
/** More than this is not caught up by playing faster. */
const JUMP_S = 0.4;
const HURRY = 0.04;

/** What should be heard: the moment of the picture, as far as its sound is there. Null while there is none. */
export function wantedSecond(
  buffered: readonly Span[],
  pictureMs: number | null,
  zeroMs: number,
): number | null {
  const last = buffered.at(-1);
  if (last === undefined) return null;
  const newest = Math.max(last.start, last.end - SOUND_CUSHION_S);
  const picture = pictureMs === null ? newest : (pictureMs - zeroMs) / 1000;
  return Math.min(newest, Math.max(last.start, picture));
}

export function decideSound(buffered: readonly Span[], now: number, wanted: number): SoundMove {
  const last = buffered.at(-1);
  const inside = last !== undefined && now >= last.start - 0.01 && now <= last.end;
  const drift = now - wanted;
  if (!inside || Math.abs(drift) > JUMP_S) return { kind: "jump", to: wanted };
  if (Math.abs(drift) < PARTED_S) return { kind: "rate", rate: 1 };
  return { kind: "rate", rate: drift > 0 ? 1 - HURRY : 1 + HURRY };
}
