/** The one clock by which recorded pictures are shown: wall time of the school, epoch ms, at some speed. Pure but for `monotonic`. */

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
/** Faster than this, and backwards, only keyframes are fetched and shown. */
const FASTEST_WHOLE = 4;

export function keysOnly(speed: number): boolean {
  return speed < 0 || speed > FASTEST_WHOLE;
}

/** One notch faster in a direction (1 forwards, -1 backwards); from the other direction it begins at ×1. */
export function faster(speed: number, direction: 1 | -1): number {
  if (Math.sign(speed) !== direction) return direction;
  const next = SPEEDS.find((candidate) => candidate > Math.abs(speed));
  return direction * (next ?? SPEEDS[SPEEDS.length - 1] ?? 1);
}

export class ArchiveClock {
  #at: number;
  #since: number | null = null;
  #speed = 1;

  constructor(
    at: number,
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.#at = at;
  }

  get speed(): number {
    return this.#speed;
  }

  get running(): boolean {
    return this.#since !== null;
  }

  position(): number {
    return this.#since === null ? this.#at : this.#at + (this.monotonic() - this.#since) * this.#speed;
  }

  set(at: number): void {
    this.#at = at;
    if (this.#since !== null) this.#since = this.monotonic();
  }

  setSpeed(speed: number): void {
    this.set(this.position());
    this.#speed = speed;
  }

  run(): void {
    this.#since ??= this.monotonic();
  }

  hold(): void {
    this.#at = this.position();
    this.#since = null;
  }
}

/** How a camera's picture stands to the clock. */
export type ReelState =
  /** The picture of this moment is there. */
  | "ready"
  /** It has been asked for. */
  | "loading"
  /** Nothing was recorded at this moment. */
  | "gap"
  /** It is not written yet: the present. */
  | "waiting"
  | "failed";

export type ClockMove = "run" | "hold" | "jump";

/** So long all pictures wait for one that loads; then they go on without it. */
export const PATIENCE_MS = 8_000;

/** What the clock does while it should run: wait for a picture, go on, or cross a stretch that nobody recorded. */
export function decideClock(states: readonly ReelState[], heldForMs: number): ClockMove {
  if (states.includes("loading") && (heldForMs < PATIENCE_MS || !states.includes("ready"))) return "hold";
  if (states.includes("ready")) return "run";
  return states.includes("gap") && !states.includes("waiting") ? "jump" : "hold";
}
