/**
 * Plays what a school recorded of one camera: ranges are fetched in chunks, one ahead, and joined on one media timeline.
 *
 * Position is wall time in epoch ms. Gaps are jumped. With a `loop`, playback stays inside of it, and what was not yet
 * recorded when it was asked for is asked for again.
 */
import type { StreamName } from "@/api/types";
import { ApiProblem, problemOf } from "@/api/client";
import { AppendQueue } from "./append-queue";
import { spansOf, type Span } from "./live-edge";
import { ignoreInterruption } from "./live-tile";
import { bufferedAfter, chunkFrom, type Recorded } from "./archive-plan";

export type ArchiveWord = "idle" | "loading" | "playing" | "paused" | "waiting" | "end" | "failed";

export interface ArchiveView {
  word: ArchiveWord;
  /** Wall time of the picture, epoch ms. */
  positionMs: number;
  rate: number;
  /** Code of what went wrong, with word `failed`. */
  problem: string | null;
}

export interface ArchiveRequest {
  camera: string;
  stream: StreamName;
  purpose: string;
  /** Play this stretch round and round. */
  loop?: { start: number; end: number };
}

/** Media time of the first sought instant: earlier samples of its fragment still get positive times. */
const LEAD_S = 60;
const AHEAD_S = 40;
const KEEP_BEHIND_S = 60;
const TICK_MS = 200;
const RETRY_MS = 1_500;
/** A call that brought less than this brought nothing new. */
const LEAST_GAIN_MS = 200;
const SILENT_RETRY_MS = 8_000;

export class ArchivePlayer {
  view: ArchiveView = { word: "idle", positionMs: 0, rate: 1, problem: null };

  #listeners = new Set<() => void>();
  #recorded: readonly Recorded[] | null = null;
  #source: MediaSource | null = null;
  #queue: AppendQueue | null = null;
  #mime = "";
  #baseMs = 0;
  #target: number | null = null;
  #loadedUntil = 0;
  #loading: AbortController | null = null;
  #problem: string | null = null;
  #wantsToPlay = false;
  #timer: ReturnType<typeof setInterval>;

  constructor(
    readonly request: ArchiveRequest,
    private readonly video: HTMLVideoElement,
    private readonly now: () => number,
  ) {
    video.muted = true;
    video.playsInline = true;
    this.#timer = setInterval(this.#tick, TICK_MS);
    video.addEventListener("error", this.#onVideoError);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): ArchiveView => this.view;

  destroy(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.video.removeEventListener("error", this.#onVideoError);
    this.#dropSource();
  }

  /** What is known to be recorded; with it, gaps are jumped without asking the school. */
  setRecorded(recorded: readonly Recorded[]): void {
    this.#recorded = recorded;
  }

  /** Go to a wall time (epoch ms). Plays on if it played. */
  seek(at: number): void {
    this.#problem = null;
    const seconds = this.#toMedia(at);
    const inside = spansOf(this.video.buffered).some(
      (span) => seconds >= span.start && seconds < span.end - 0.1,
    );
    if (inside && this.#source !== null) {
      this.#target = null;
      this.video.currentTime = seconds;
    } else {
      this.#startAt(at);
    }
    this.#tell();
  }

  play(): void {
    this.#wantsToPlay = true;
    if (this.#loading === null && this.view.positionMs > 0) this.#startAt(this.view.positionMs);
    this.video.play().catch(ignoreInterruption);
    this.#tell();
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.video.pause();
    this.#tell();
  }

  toggle(): void {
    if (this.#wantsToPlay) this.pause();
    else this.play();
  }

  setRate(rate: number): void {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.#tell();
  }

  /** One picture on (1) or back (-1), standing still. */
  step(frames: number, framesPerS: number): void {
    this.pause();
    this.seek(this.#positionMs() + (frames * 1000) / Math.max(1, framesPerS));
  }

  /** Seconds are kept on screens; this is exact. */
  position(): number {
    return this.#positionMs();
  }

  #startAt(at: number): void {
    this.#loading?.abort();
    this.#baseMs = at - LEAD_S * 1000;
    this.#target = at;
    this.#loadedUntil = at;
    if (this.#queue !== null) {
      this.#queue.reset();
      this.#queue.remove(0, Number.POSITIVE_INFINITY);
    }
    const loading = new AbortController();
    this.#loading = loading;
    void this.#load(loading.signal);
  }

  /** Fetches chunk after chunk, staying `AHEAD_S` before the picture, until aborted. */
  async #load(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const limit = this.request.loop?.end ?? Number.POSITIVE_INFINITY;
      const plan = chunkFrom(this.#loadedUntil, { recorded: this.#recorded, limit, now: this.now() });
      if (plan.kind === "done") return;
      if (plan.kind === "wait" || this.#aheadS() > AHEAD_S * Math.max(1, this.video.playbackRate)) {
        await pause(plan.kind === "wait" ? RETRY_MS : TICK_MS, signal);
        continue;
      }
      await this.#loadChunk(plan.start, plan.end, signal);
    }
  }

  async #loadChunk(start: number, end: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#fetchInto(start, end, signal);
      if (signal.aborted) return;
      this.#problem = null;
      const reached = this.#reached(end);
      if (reached < this.#loadedUntil + LEAST_GAIN_MS) await this.#nothingThere(end, signal);
      else this.#loadedUntil = reached;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 404) {
        await this.#nothingThere(end, signal);
        return;
      }
      this.#problem = error.code;
      this.#tell();
      if (error.status === 403 || error.status === 401) return this.#loading?.abort();
      await pause(error.code === "node_silent" ? SILENT_RETRY_MS : RETRY_MS * 2, signal);
    }
  }

  /** The newest seconds are still being written at the school: wait for them. Older ones are a gap: go on behind it. */
  async #nothingThere(end: number, signal: AbortSignal): Promise<void> {
    if (this.now() - end < 15_000) await pause(RETRY_MS, signal);
    else this.#loadedUntil = end;
  }

  /** How far the recording went in a chunk that was to end at `end`: near the present, only as far as it is buffered. */
  #reached(end: number): number {
    if (this.now() - end > 15_000) return end;
    const last = spansOf(this.video.buffered).at(-1);
    return last === undefined ? this.#loadedUntil : Math.min(end, this.#toWall(last.end));
  }

  /** Resolves when all that came stands in the buffer. */
  async #fetchInto(start: number, end: number, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      start: new Date(start).toISOString(),
      end: new Date(end).toISOString(),
      stream: this.request.stream,
      purpose: this.request.purpose,
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
    if (this.#source !== null && this.#mime === mime) return;
    this.#dropBuffers();
    this.#mime = mime;
    const source = new MediaSource();
    this.#source = source;
    const address = URL.createObjectURL(source);
    const opened = new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
    this.video.src = address;
    await opened;
    URL.revokeObjectURL(address);
    const buffer = source.addSourceBuffer(mime);
    this.#queue = new AppendQueue(buffer, () => this.#makeRoom(), this.#broke);
    buffer.addEventListener("updateend", this.#place);
  }

  /** Puts the picture onto what was sought, or onto the first recorded instant after it. */
  readonly #place = () => {
    if (this.#target === null) return;
    const seconds = this.#toMedia(this.#target);
    const span = bufferedAfter(spansOf(this.video.buffered), seconds);
    if (span === null || span.end - Math.max(span.start, seconds) < 0.04) return;
    this.#target = null;
    this.video.currentTime = Math.max(span.start, seconds);
    if (this.#wantsToPlay) this.video.play().catch(ignoreInterruption);
  };

  readonly #tick = () => {
    this.#turnAround();
    this.#jumpGap();
    this.#trim();
    this.#tell();
  };

  #turnAround(): void {
    const { loop } = this.request;
    if (loop === undefined || this.#target !== null || this.#source === null) return;
    const complete = this.#loadedUntil >= loop.end - 300;
    const position = this.#positionMs();
    const starved = this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && this.#aheadS() < 0.1;
    if (
      position >= loop.end - 60 ||
      (starved && position > loop.start + 5_000 && (complete || position > this.now() - 4_000))
    ) {
      this.seek(loop.start);
    }
  }

  #jumpGap(): void {
    if (this.#target !== null || this.video.seeking || !this.#wantsToPlay) return;
    if (this.video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return;
    const now = this.video.currentTime;
    const next = spansOf(this.video.buffered).find((span) => span.start > now + 0.02);
    if (next !== undefined && this.#aheadS() < 0.1) this.video.currentTime = next.start + 0.001;
  }

  #trim(): void {
    if (this.request.loop !== undefined) return;
    const first = spansOf(this.video.buffered)[0];
    const until = this.video.currentTime - KEEP_BEHIND_S;
    if (first !== undefined && until - first.start > 15) this.#queue?.remove(0, until);
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
    this.#problem = "decode_error";
    this.view = { ...this.view, positionMs: this.#positionMs() };
    this.#dropSource();
    this.#tell();
  };

  #dropSource(): void {
    this.#loading?.abort();
    this.#loading = null;
    this.#dropBuffers();
  }

  #dropBuffers(): void {
    this.#queue?.close();
    this.#queue = null;
    if (this.#source === null) return;
    this.#source = null;
    this.#mime = "";
    this.video.removeAttribute("src");
    this.video.load();
  }

  #aheadS(): number {
    const now = this.video.currentTime;
    const here = spansOf(this.video.buffered).find((span) => now >= span.start - 0.05 && now <= span.end);
    if (this.#target !== null) return 0;
    return here === undefined ? 0 : here.end - now;
  }

  #toMedia(at: number): number {
    return (at - this.#baseMs) / 1000;
  }

  #toWall(seconds: number): number {
    return this.#baseMs + seconds * 1000;
  }

  #positionMs(): number {
    if (this.#target !== null) return this.#target;
    return this.#source === null ? this.view.positionMs : this.#toWall(this.video.currentTime);
  }

  #word(): ArchiveWord {
    if (this.#problem !== null) return "failed";
    if (this.#target !== null) return "loading";
    if (this.#source === null) return "idle";
    if (!this.#wantsToPlay) return "paused";
    return this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA ? "waiting" : "playing";
  }

  #tell(): void {
    const next: ArchiveView = {
      word: this.#word(),
      positionMs: this.#positionMs(),
      rate: this.video.playbackRate,
      problem: this.#problem,
    };
    const last = this.view;
    if (
      next.word === last.word &&
      next.positionMs === last.positionMs &&
      next.rate === last.rate &&
      next.problem === last.problem
    ) {
      return;
    }
    this.view = next;
    for (const listener of this.#listeners) listener();
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
