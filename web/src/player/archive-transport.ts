/**
 * Plays what schools recorded: up to nine cameras in step on one clock, or one of them, or a stretch round and round.
 *
 * The place is wall time in epoch ms. Stretches that nobody recorded are jumped; what one camera lacks is a gap of its own.
 */
import { ArchiveClock, type ClockMove, decideClock, faster, keysOnly, type ReelState } from "./archive-clock";
import { nearestRecorded, type Recorded } from "./archive-plan";
import { ArchiveReel, type ReelRequest } from "./archive-reel";

export const MOST_CAMERAS = 9;

export interface Stretch {
  start: number;
  end: number;
}

export interface ReelView {
  state: ReelState;
  problem: string | null;
}

export interface TransportView {
  /** The operator wants time to pass. */
  playing: boolean;
  /** Wall time of the picture, epoch ms; null before the first. */
  positionMs: number | null;
  speed: number;
  reels: readonly ReelView[];
}

const TICK_MS = 100;
/** A recording that stands so far before the loop's end has been played to it. */
const LOOP_END_MS = 60;
const LOOP_STARVED_AFTER_MS = 5_000;

export class ArchiveTransport {
  view: TransportView;

  #listeners = new Set<() => void>();
  #reels: ArchiveReel[];
  #clock = new ArchiveClock(0);
  #begun = false;
  #playing = false;
  #heldSince: number | null = null;
  #timer: ReturnType<typeof setInterval>;

  /** One video for each request, in the same order. With `loop` playback stays inside of it. */
  constructor(
    requests: readonly ReelRequest[],
    videos: readonly HTMLVideoElement[],
    private readonly now: () => number,
    private readonly loop?: Stretch,
  ) {
    this.#reels = requests.flatMap((request, index) => {
      const video = videos[index];
      return video === undefined ? [] : [new ArchiveReel(request, video, now)];
    });
    if (loop !== undefined) for (const reel of this.#reels) reel.limit = loop.end;
    this.view = this.#currentView();
    this.#timer = setInterval(this.#tick, TICK_MS);
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    for (const reel of this.#reels) reel.destroy();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): TransportView => this.view;

  /** What is known to be recorded of a camera. */
  setRecorded(camera: string, recorded: readonly Recorded[]): void {
    for (const reel of this.#reels) if (reel.request.camera === camera) reel.setRecorded(recorded);
  }

  /** Go to a wall time. Plays on if it played. */
  seek(at: number): void {
    this.#goTo(at);
    this.#tick();
  }

  #goTo(at: number): void {
    this.#begun = true;
    // Held until the pictures have gone there: a running clock goes by the leader, which still shows the old place
    this.#clock.hold();
    this.#clock.set(at);
    this.#heldSince = null;
    for (const reel of this.#reels) reel.retry();
  }

  play(): void {
    this.#playing = true;
    this.#tick();
  }

  pause(): void {
    const shown = this.#leader()?.position();
    this.#playing = false;
    this.#clock.hold();
    if (shown !== null && shown !== undefined) this.#clock.set(shown);
    this.#tick();
  }

  toggle(): void {
    if (this.#playing) this.pause();
    else this.play();
  }

  /** Negative speeds run backwards. */
  setSpeed(speed: number): void {
    this.#clock.setSpeed(speed);
    this.#tick();
  }

  /** J and L of a cutting table: begin in this direction, and with each further press go faster. */
  shuttle(direction: 1 | -1): void {
    const { speed } = this.#clock;
    this.setSpeed(this.#playing || Math.sign(speed) !== direction ? faster(speed, direction) : speed);
    this.play();
  }

  /** So many pictures on or back (negative), standing still. Whole pictures: a speed of keyframes ends here. */
  step(frames: number, framesPerS: number): void {
    const whole = !keysOnly(this.#clock.speed);
    this.pause();
    if (!whole) this.#clock.setSpeed(1);
    const lead = this.#reels.find((reel) => reel.state === "ready");
    const at = this.#clock.position();
    const target =
      whole && lead !== undefined ? lead.stepped(frames, framesPerS) : at + (frames * 1000) / framesPerS;
    this.#clock.set(target);
    this.#tick();
  }

  /** Screens are told now and then; this is exact. */
  position(): number {
    return this.#clock.position();
  }

  readonly #tick = () => {
    if (!this.#begun) return;
    this.#goByLeader();
    this.#follow();
    // Not both in one tick: after a jump the pictures have yet to say how they stand to the new place
    if (this.#playing && !this.#turnAround()) this.#move();
    this.#tell();
  };

  /** While whole pictures play, the clock goes by the first of them: its pace is the browser's, and even. */
  #goByLeader(): void {
    const shown = this.#clock.running ? this.#leader()?.position() : null;
    if (shown !== null && shown !== undefined) this.#clock.set(shown);
  }

  #leader(): ArchiveReel | undefined {
    if (keysOnly(this.#clock.speed)) return undefined;
    return this.#reels.find((reel) => reel.state === "ready");
  }

  #follow(): void {
    const leader = this.#leader();
    const at = Math.min(this.#clock.position(), this.now());
    for (const reel of this.#reels) {
      const leads = reel === leader && this.#clock.running;
      reel.follow({ at, running: this.#clock.running, speed: this.#clock.speed, leads });
    }
  }

  #move(): void {
    const states = this.#reels.map((reel) => reel.state);
    const held = this.#heldSince === null ? 0 : performance.now() - this.#heldSince;
    const move: ClockMove = decideClock(states, held);
    if (move === "run") {
      this.#heldSince = states.includes("loading") ? this.#heldSince : null;
      this.#clock.run();
      return;
    }
    this.#clock.hold();
    this.#heldSince ??= performance.now();
    if (move === "jump") this.#jump();
  }

  /** Over a stretch that none of the cameras recorded. */
  #jump(): void {
    const at = this.#clock.position();
    const { speed } = this.#clock;
    const known = this.#reels
      .map((reel) => nearestRecorded(reel.recorded, at, speed) ?? (speed > 0 ? reel.nextBuffered(at) : null))
      .filter((next) => next !== null);
    if (known.length === 0) {
      if (speed < 0) this.#stopAtFirst();
      return;
    }
    const next = speed > 0 ? Math.min(...known) : Math.max(...known);
    if (Math.abs(next - at) >= 1) this.#clock.set(next);
  }

  /** Backwards there is nothing more: stand on the first picture there is. */
  #stopAtFirst(): void {
    const starts = this.#reels.flatMap((reel) => (reel.recorded ?? []).map(({ start }) => start));
    if (starts.length === 0) return;
    this.#playing = false;
    this.#clock.setSpeed(1);
    this.#clock.set(Math.min(...starts));
  }

  /** Back to the loop's start, when its end has been played or nothing more will come before it. */
  #turnAround(): boolean {
    const { loop } = this;
    if (loop === undefined) return false;
    const at = this.#clock.position();
    const starved = !this.#reels.some((reel) => reel.state === "ready" || reel.state === "loading");
    const ended = this.#reels.every((reel) => reel.complete) || at > this.now() - 4_000;
    const turns =
      at >= loop.end - LOOP_END_MS || (starved && ended && at > loop.start + LOOP_STARVED_AFTER_MS);
    if (turns) this.#goTo(loop.start);
    return turns;
  }

  #currentView(): TransportView {
    return {
      playing: this.#playing,
      positionMs: this.#begun ? this.#clock.position() : null,
      speed: this.#clock.speed,
      reels: this.#reels.map(({ state, problem }) => ({ state, problem })),
    };
  }

  #tell(): void {
    const next = this.#currentView();
    if (same(this.view, next)) return;
    this.view = next;
    for (const listener of this.#listeners) listener();
  }
}

function same(a: TransportView, b: TransportView): boolean {
  return (
    a.playing === b.playing &&
    a.positionMs === b.positionMs &&
    a.speed === b.speed &&
    a.reels.length === b.reels.length &&
    a.reels.every((reel, index) => {
      const other = b.reels[index];
      return other !== undefined && reel.state === other.state && reel.problem === other.problem;
    })
  );
}
