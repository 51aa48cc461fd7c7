/**
 * One camera's recording around the moment shown: fetched in chunks, joined on one media timeline, drawn in a `<video>`.
 *
 * It follows a clock that belongs to somebody else (`archive-transport.ts`). Whole pictures are played by the browser;
 * keyframes alone (fast, or backwards) are put on the screen one by one.
 */
import type { StreamName } from "@/api/types";
import { ApiProblem, problemOf } from "@/api/client";
import { AppendQueue } from "./append-queue";
import { keysOnly, type ReelState } from "./archive-clock";
import {
  bufferedAfter,
  type Chunk,
  CHUNK_MS,
  chunkBefore,
  chunkFrom,
  isKnownGap,
  KEYS_CHUNK_MS,
  type Recorded,
  steppedFrom,
} from "./archive-plan";
import { spansOf, type Span } from "./live-edge";
import { ignoreInterruption } from "./live-tile";

export interface ReelRequest {
  camera: string;
  stream: StreamName;
  purpose: string;
}

export interface Motion {
  /** Wall time that should be seen, epoch ms. */
  at: number;
  /** Whether time passes now. */
  running: boolean;
  speed: number;
  /** Whether the clock goes by this picture: then it is not corrected. */
  leads: boolean;
}

/** Media time of the first sought instant: room for what is before it. */
const LEAD_S = 6 * 3600;
const AHEAD_MS = 40_000;
const KEEP_BEHIND_MS = 60_000;
const POLL_MS = 200;
const RETRY_MS = 1_500;
const SILENT_RETRY_MS = 8_000;
/** A call that brought less than this brought nothing new. */
const LEAST_GAIN_MS = 200;
/** So near to now, what is missing may still come. */
const PRESENT_MS = 15_000;
/** A hole that nobody sees; it is crossed without a word. */
const SMALL_HOLE_S = 0.6;
/** A moment so near behind the end of the buffer is waited for. */
const SOON_MS = 5_000;
const SEEK_DRIFT_S = 0.4;
const ALL_DRIFT_RATE = 0.1;

export class ArchiveReel {
  state: ReelState = "loading";
  /** Code of what went wrong, with state `failed`. */
  problem: string | null = null;
  /** Nothing later than this is asked for, epoch ms. */
  limit = Number.POSITIVE_INFINITY;

  #recorded: readonly Recorded[] | null = null;
  #source: MediaSource | null = null;
  #opened: Promise<unknown> = Promise.resolve();
  #queue: AppendQueue | null = null;
  #mime = "";
  #baseMs = 0;
  #keys = false;
  #speed = 1;
  #at = 0;
  /** What has been fetched, gaps included. */
  #loaded: { from: number; to: number } | null = null;
  #loading: AbortController | null = null;
  #shown: number | null = null;
  #watching = 0;
  #closed = false;

  constructor(
    readonly request: ReelRequest,
    private readonly video: HTMLVideoElement,
    private readonly now: () => number,
  ) {
    video.muted = true;
    video.playsInline = true;
    video.addEventListener("error", this.#onVideoError);
    this.#watch();
  }

  destroy(): void {
    this.#closed = true;
    this.video.cancelVideoFrameCallback(this.#watching);
    this.video.removeEventListener("error", this.#onVideoError);
    this.#loading?.abort();
    this.#dropBuffers();
  }

  /** What is known to be recorded; with it, gaps are not asked for. */
  setRecorded(recorded: readonly Recorded[]): void {
    this.#recorded = recorded;
  }

  get recorded(): readonly Recorded[] | null {
    return this.#recorded;
  }

  /** Everything up to the limit is there. */
  get complete(): boolean {
    return this.#loaded !== null && this.#loaded.to >= this.limit - 300;
  }

  /** Ask again after a failure. */
  retry(): void {
    if (this.problem !== null) this.#restart(this.#at);
  }

  /** Bring the picture to the clock. Called several times a second, and at once when the clock was set. */
  follow(motion: Motion): void {
    this.#speed = motion.speed;
    this.#at = motion.at;
    if (this.problem !== null && this.#loading === null) return;
    const wrongKind = keysOnly(motion.speed) !== this.#keys;
    if (this.#loaded === null || wrongKind || !this.#reaches(motion.at)) {
      this.#keys = keysOnly(motion.speed);
      this.#restart(motion.at);
    }
    this.state = this.#place(motion);
    this.#trim();
  }

  /** Wall time of the picture on the screen, or null while none belongs to the clock. */
  position(): number | null {
    return this.state === "ready" && !this.video.seeking ? this.#toWall(this.video.currentTime) : null;
  }

  /** Wall time of the picture that stands `frames` before or behind the present one. */
  stepped(frames: number, framesPerS: number): number {
    return this.#toWall(steppedFrom(this.video.currentTime, this.#shown, frames, framesPerS));
  }

  /** The first picture in the buffer behind a wall time, epoch ms. */
  nextBuffered(at: number): number | null {
    const span = spansOf(this.video.buffered).find(({ start }) => start > this.#toMedia(at));
    return span === undefined ? null : this.#toWall(span.start) + 1;
  }

  // -- what is shown --------------------------------------------------------------------------------------------------

  #place(motion: Motion): ReelState {
    const seconds = this.#toMedia(motion.at);
    const span = bufferedAfter(spansOf(this.video.buffered), seconds);
    const here =
      span !== null && span.start <= seconds + (motion.speed > 0 ? SMALL_HOLE_S : 0.001) ? span : null;
    if (here === null) {
      if (!this.video.paused) this.video.pause();
      return this.#stateWithout(motion.at);
    }
    const wanted = Math.max(seconds, here.start);
    if (this.#keys || !motion.running) this.#stand(wanted);
    else this.#play(wanted, motion);
    return "ready";
  }

  #stateWithout(at: number): ReelState {
    const loaded = this.#loaded;
    if (this.problem !== null) return "failed";
    if (loaded === null || this.#loading === null) return "loading";
    if ((at >= loaded.from && at < loaded.to) || isKnownGap(this.#recorded, at)) return "gap";
    return this.now() - at < PRESENT_MS ? "waiting" : "loading";
  }

  #stand(seconds: number): void {
    if (!this.video.paused) this.video.pause();
    if (!this.video.seeking && Math.abs(this.video.currentTime - seconds) > 0.001)
      this.video.currentTime = seconds;
  }

  #play(seconds: number, motion: Motion): void {
    const drift = this.video.currentTime - seconds;
    if (!this.video.seeking && Math.abs(drift) > SEEK_DRIFT_S * Math.max(1, motion.speed))
      this.video.currentTime = seconds;
    const correction = motion.leads ? 0 : Math.max(-ALL_DRIFT_RATE, Math.min(ALL_DRIFT_RATE, -drift));
    const rate = motion.speed * (1 + correction);
    if (Math.abs(this.video.playbackRate - rate) > 0.01) this.video.playbackRate = rate;
    if (this.video.paused) this.video.play().catch(ignoreInterruption);
  }

  /** Remembers the time of the picture that is truly on the screen: frame steps start from it. */
  #watch(): void {
    this.#watching = this.video.requestVideoFrameCallback((_, frame) => {
      this.#shown = frame.mediaTime;
      if (!this.#closed) this.#watch();
    });
  }

  // -- what is fetched ------------------------------------------------------------------------------------------------

  /** Whether this moment is loaded or about to be; beginning anew is quicker otherwise. */
  #reaches(at: number): boolean {
    if (this.#loaded === null) return false;
    const soon = SOON_MS * Math.max(1, Math.abs(this.#speed));
    const from = this.#loaded.from - (this.#speed < 0 ? soon : 0);
    return at >= from && at < this.#frontier(this.#loaded.to) + soon;
  }

  /** Where the buffer ends of what begins to be fetched at `to`. */
  #frontier(to: number): number {
    const span = bufferedAfter(spansOf(this.video.buffered), this.#toMedia(to));
    return span !== null && span.start <= this.#toMedia(to) + SMALL_HOLE_S ? this.#toWall(span.end) : to;
  }

  #restart(at: number): void {
    this.#loading?.abort();
    this.problem = null;
    this.#baseMs = at - LEAD_S * 1000;
    this.#loaded = { from: at, to: at };
    this.#shown = null;
    if (this.#queue !== null) {
      this.#queue.reset();
      this.#queue.remove(0, Number.POSITIVE_INFINITY);
    }
    const loading = new AbortController();
    this.#loading = loading;
    void this.#load(loading.signal);
  }

  /** Fetches chunk after chunk, staying before the picture in the direction of time, until aborted. */
  async #load(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const chunk = this.#nextChunk();
      if (chunk.kind === "fetch") await this.#loadChunk(chunk.start, chunk.end, signal);
      else await pause(chunk.kind === "wait" ? RETRY_MS : POLL_MS, signal);
    }
  }

  #nextChunk(): Chunk {
    const loaded = this.#loaded;
    if (loaded === null) return { kind: "done" };
    const enough = AHEAD_MS * Math.max(1, Math.abs(this.#speed));
    const known = {
      recorded: this.#recorded,
      limit: this.limit,
      now: this.now(),
      chunkMs: this.#keys ? KEYS_CHUNK_MS : CHUNK_MS,
    };
    if (this.#speed < 0)
      return this.#at - loaded.from > enough ? { kind: "done" } : chunkBefore(loaded.from, known);
    const ahead = loaded.to - this.#at;
    if (ahead > enough) return { kind: "done" };
    const chunk = chunkFrom(loaded.to, known);
    // Near the present a call brings little and is a line in the ledger all the same: not before it is needed
    const little = chunk.kind === "fetch" && chunk.end < Math.min(chunk.start + known.chunkMs, this.limit);
    return little && ahead > SOON_MS * Math.max(1, this.#speed) ? { kind: "wait" } : chunk;
  }

  async #loadChunk(start: number, end: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#fetchInto(start, end, signal);
      if (signal.aborted) return;
      this.problem = null;
      await this.#note(start, end, this.#reached(start, end), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 404) {
        await this.#note(start, end, start, signal);
        return;
      }
      this.problem = error.code;
      this.state = "failed";
      if (error.status === 403 || error.status === 401) {
        this.#loading?.abort();
        this.#loading = null;
        return;
      }
      await pause(error.code === "node_silent" ? SILENT_RETRY_MS : RETRY_MS * 2, signal);
    }
  }

  /** Writes down what is loaded now. What is missing near the present is still being written: it is asked for again. */
  async #note(start: number, end: number, reached: number, signal: AbortSignal): Promise<void> {
    const loaded = this.#loaded;
    if (loaded === null) return;
    if (end <= loaded.from) {
      this.#loaded = { from: start, to: loaded.to };
      return;
    }
    const isPresent = this.now() - end < PRESENT_MS;
    if (isPresent && reached < loaded.to + LEAST_GAIN_MS) await pause(RETRY_MS, signal);
    else this.#loaded = { from: loaded.from, to: isPresent ? reached : end };
  }

  /** How far the recording went in a chunk: near the present, only as far as it is buffered. */
  #reached(start: number, end: number): number {
    if (this.now() - end > PRESENT_MS) return end;
    const last = spansOf(this.video.buffered).at(-1);
    return last === undefined ? start : Math.min(end, this.#toWall(last.end));
  }

  /** Resolves when all that came stands in the buffer. */
  async #fetchInto(start: number, end: number, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      stream: this.request.stream,
      purpose: this.request.purpose,
      ...(this.#keys ? { keys_only: "true" } : {}),
    });
    const response = await fetch(`/api/cameras/${this.request.camera}/range?${query}`, { signal }).catch(
      unreachable(signal),
    );
    if (response === null) return;
    if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
    if (response.body === null || response.status === 204) return;
    await this.#prepare(response.headers.get("X-Qorgan-Mime") ?? this.#mime);
    if (signal.aborted) return;
    this.#queue?.offset((start - this.#baseMs) / 1000);
    await this.#pour(response.body.getReader(), signal);
    await this.#queue?.idle();
  }

  async #pour(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const part = await reader.read().catch(unreachable(signal));
      if (part === null || part.done || signal.aborted) return;
      this.#queue?.append(part.value);
    }
  }

  async #prepare(mime: string): Promise<void> {
    if (mime === "" || !MediaSource.isTypeSupported(mime))
      throw new ApiProblem("unsupported_codec", 403, mime);
    if (this.#source !== null && this.#mime === mime) {
      await this.#opened;
      return;
    }
    this.#dropBuffers();
    this.#mime = mime;
    const source = new MediaSource();
    this.#source = source;
    const address = URL.createObjectURL(source);
    this.#opened = new Promise<void>((resolve) => {
      const onOpen = () => {
        URL.revokeObjectURL(address);
        if (this.#source === source) this.#fill(source.addSourceBuffer(mime));
        resolve();
      };
      source.addEventListener("sourceopen", onOpen, { once: true });
    });
    this.video.src = address;
    await this.#opened;
  }

  #fill(buffer: SourceBuffer): void {
    this.#queue = new AppendQueue(buffer, () => this.#makeRoom(), this.#broke);
  }

  #trim(): void {
    const loaded = this.#loaded;
    const until = this.#at - KEEP_BEHIND_MS;
    if (loaded === null || this.#keys || Number.isFinite(this.limit)) return;
    if (until - loaded.from < 15_000) return;
    this.#loaded = { from: until, to: loaded.to };
    this.#queue?.remove(0, this.#toMedia(until));
  }

  #makeRoom(): Span | null {
    const end = this.video.currentTime - 5;
    const first = spansOf(this.video.buffered)[0];
    return first !== undefined && end > first.start + 1 ? { start: 0, end } : null;
  }

  readonly #onVideoError = () => {
    if (this.#source !== null) this.#broke();
  };

  readonly #broke = () => {
    this.problem = "decode_error";
    this.state = "failed";
    this.#loading?.abort();
    this.#loading = null;
    this.#dropBuffers();
  };

  #dropBuffers(): void {
    this.#queue?.close();
    this.#queue = null;
    if (this.#source === null) return;
    this.#source = null;
    this.#mime = "";
    this.video.removeAttribute("src");
    this.video.load();
  }

  #toMedia(at: number): number {
    return (at - this.#baseMs) / 1000;
  }

  #toWall(seconds: number): number {
    return this.#baseMs + seconds * 1000;
  }
}

function unreachable(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted) return null;
    throw new ApiProblem("unreachable", 0, String(error));
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
