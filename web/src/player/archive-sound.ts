/**
 * The sound of a recording, in an element of its own: it follows the pictures, at ×1 alone, and never holds them up.
 *
 * Each stretch that is fetched is a line of the ledger (`listen`), so nothing is fetched before somebody listens.
 */
import { ApiProblem, problemOf } from "@/api/client";
import { AppendQueue } from "./append-queue";
import type { ReelRequest } from "./archive-reel";
import { spansOf } from "./live-edge";
import type { SoundState } from "./live-sound";
import { ignoreInterruption } from "./live-tile";

/** The pictures as they stand now. */
export interface Shown {
  /** Wall clock, epoch ms. */
  at: number;
  playing: boolean;
  speed: number;
}

export interface ArchiveSoundView {
  state: SoundState;
  problem: string | null;
}

const TICK_MS = 200;
const CHUNK_MS = 60_000;
const AHEAD_MS = 20_000;
/** The newest seconds are still being written. */
const NOT_YET_MS = 3_000;
const RETRY_MS = 2_000;
const PARTED_S = 0.08;
const JUMP_S = 0.4;
const HURRY = 0.04;

export class ArchiveSound {
  view: ArchiveSoundView = { state: "opening", problem: null };

  #audio = new Audio();
  #source: MediaSource | null = null;
  #queue: AppendQueue | null = null;
  #mime = "";
  #baseMs = 0;
  #loaded: { from: number; to: number } | null = null;
  #loading: AbortController | null = null;
  #notBefore = 0;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly request: ReelRequest,
    private readonly shown: () => Shown,
    private readonly now: () => number,
  ) {
    this.#audio.addEventListener("playing", this.#onPlaying);
    this.#timer = setInterval(this.#tick, TICK_MS);
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#audio.removeEventListener("playing", this.#onPlaying);
    this.#listeners.clear();
    this.#drop();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): ArchiveSoundView => this.view;

  readonly #tick = () => {
    const shown = this.shown();
    if (!shown.playing || shown.speed !== 1) {
      this.#audio.pause();
      return;
    }
    const loaded = this.#loaded;
    if (loaded === null || shown.at < loaded.from - 100 || shown.at > loaded.to + 1_000)
      this.#restart(shown.at);
    this.#follow(shown.at);
    this.#fetchAhead(shown.at);
  };

  #follow(at: number): void {
    if (this.#audio.seeking) return;
    const wanted = (at - this.#baseMs) / 1000;
    const here = spansOf(this.#audio.buffered).find(
      ({ start, end }) => wanted >= start && wanted < end - 0.05,
    );
    if (here === undefined) {
      this.#audio.pause();
      return;
    }
    const drift = this.#audio.currentTime - wanted;
    if (Math.abs(drift) > JUMP_S) this.#audio.currentTime = wanted;
    const rate = Math.abs(drift) < PARTED_S || Math.abs(drift) > JUMP_S ? 1 : 1 - Math.sign(drift) * HURRY;
    if (Math.abs(this.#audio.playbackRate - rate) > 0.001) this.#audio.playbackRate = rate;
    if (this.#audio.paused) this.#audio.play().catch(ignoreInterruption);
  }

  #restart(at: number): void {
    this.#drop();
    this.#baseMs = at;
    this.#loaded = { from: at, to: at };
    this.#notBefore = 0;
  }

  #fetchAhead(at: number): void {
    const loaded = this.#loaded;
    if (loaded === null || this.#loading !== null || loaded.to - at > AHEAD_MS) return;
    const end = Math.min(loaded.to + CHUNK_MS, this.now() - NOT_YET_MS);
    if (end <= loaded.to || performance.now() < this.#notBefore) return;
    const loading = new AbortController();
    this.#loading = loading;
    this.#fetch(loaded.to, end, loading.signal)
      .then(() => {
        if (!loading.signal.aborted) this.#loaded = { from: loaded.from, to: end };
      })
      .catch((error: unknown) => this.#failed(error, end, loading.signal))
      .finally(() => {
        if (this.#loading === loading) this.#loading = null;
      });
  }

  #failed(error: unknown, end: number, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (!(error instanceof ApiProblem)) throw error;
    const loaded = this.#loaded;
    if (error.status === 404 && loaded !== null) {
      this.#loaded = { from: loaded.from, to: end }; // nothing was heard then
      return;
    }
    const isFinal = error.status === 403 || error.status === 401;
    this.#notBefore = isFinal ? Number.POSITIVE_INFINITY : performance.now() + RETRY_MS;
    this.#say("failed", error.code);
  }

  async #fetch(start: number, end: number, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      stream: this.request.stream,
      purpose: this.request.purpose,
      audio: "true",
    });
    const response = await fetch(`/api/cameras/${this.request.camera}/range?${query}`, { signal }).catch(
      (error: unknown) => {
        throw new ApiProblem("unreachable", 0, String(error));
      },
    );
    if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const mime = response.headers.get("X-Qorgan-Mime") ?? "";
    if (signal.aborted || !(await this.#prepare(mime))) return;
    this.#queue?.offset((start - this.#baseMs) / 1000);
    this.#queue?.append(bytes);
    await this.#queue?.idle();
  }

  /** Whether there is something to put sound of this kind into. */
  async #prepare(mime: string): Promise<boolean> {
    if (!MediaSource.isTypeSupported(mime)) throw new ApiProblem("unsupported_codec", 403, mime);
    if (this.#source !== null && this.#mime === mime) return true;
    this.#dropBuffers();
    const source = new MediaSource();
    this.#source = source;
    this.#mime = mime;
    const address = URL.createObjectURL(source);
    const opened = new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
    this.#audio.src = address;
    await opened;
    URL.revokeObjectURL(address);
    if (this.#source !== source) return false;
    this.#queue = new AppendQueue(source.addSourceBuffer(mime), () => this.#makeRoom(), this.#broke);
    return true;
  }

  #makeRoom(): { start: number; end: number } | null {
    const end = this.#audio.currentTime - 5;
    return end > 1 ? { start: 0, end } : null;
  }

  #drop(): void {
    this.#loading?.abort();
    this.#loading = null;
    this.#loaded = null;
    this.#dropBuffers();
  }

  #dropBuffers(): void {
    this.#queue?.close();
    this.#queue = null;
    if (this.#source === null) return;
    this.#source = null;
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  readonly #onPlaying = () => this.#say("playing", null);

  readonly #broke = () => {
    this.#drop();
    this.#notBefore = Number.POSITIVE_INFINITY;
    this.#say("failed", "decode_error");
  };

  #say(state: SoundState, problem: string | null): void {
    if (this.view.state === state && this.view.problem === problem) return;
    this.view = { state, problem };
    for (const listener of this.#listeners) listener();
  }
}
