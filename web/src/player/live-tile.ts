/** One live picture: media messages in, a playing `<video>` and a truthful word about it out. */
import type { VideoMessage } from "@/api/types";
import { backoffMs } from "@/world/backoff";
import { AppendQueue, joined } from "./append-queue";
import { decodeTime, timescale } from "./boxes";
import { follows, type MediaMessage, splitInit, splitState } from "./framing";
import { decideEdge, decideTrim, spansOf } from "./live-edge";
import type { TileDiagnostics, TileRequest } from "./live-video";
import { type TileStatus, tileStatus } from "./tile-status";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a screen shows beside the picture. A new object only when something in it changed. */
export interface TileView extends TileStatus {
  width: number;
  height: number;
  /** Wall clock of the picture at the school, epoch ms; null before the first. */
  pictureMs: number | null;
  skipped: number;
}

/** A refusal for these is the last word; anything else is tried again. */
const FINAL_REFUSALS = new Set(["forbidden", "purpose", "not_found", "invalid"]);
const DECODE_TRIES = 3;
const DECODE_WINDOW_MS = 20_000;

export class LiveTile {
  number = 0;
  view: TileView;

  #listeners = new Set<() => void>();
  #linkUp = false;
  #paused = false;
  #refusal: string | null = null;
  #state = "";
  #reason = "none";
  #unsupported = false;
  #decodeFailed = false;
  #size = { width: 0, height: 0 };
  #skipped = 0;

  #init: { mime: string; segment: Bytes } | null = null;
  #source: MediaSource | null = null;
  #queue: AppendQueue | null = null;
  #backlog: Bytes[] = [];
  #lastSeq: number | null = null;
  #wantKey = true;
  #newestWallMs: number | null = null;
  #schoolAheadMs = 0;

  #openedAt = performance.now();
  #firstFrameMs: number | null = null;
  #framesBefore = 0;
  #framesSeen = 0;
  #pictureAt: number | null = null;
  #rebuiltAt: number[] = [];
  #rebuilds = 0;
  #retries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly request: TileRequest,
    private readonly video: HTMLVideoElement,
    private readonly now: () => number,
    private readonly reopen: () => void,
  ) {
    this.view = this.#currentView();
    video.muted = true;
    video.playsInline = true;
    video.autoplay = true;
    video.disablePictureInPicture = true;
    video.addEventListener("error", this.#onVideoError);
    this.#awaitFirstFrame();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): TileView => this.view;

  begin(link: { linkUp: boolean; paused: boolean }): void {
    this.#linkUp = link.linkUp;
    this.#paused = link.paused;
    this.#refusal = null;
    this.#lastSeq = null;
    this.#wantKey = true;
    if (this.#source === null && !this.#paused) this.#prepare();
    this.#tell();
  }

  linkLost(): void {
    this.#linkUp = false;
    this.#tell();
  }

  pause(): void {
    this.#paused = true;
    this.#dropSource();
    this.#tell();
  }

  destroy(): void {
    clearTimeout(this.#retry);
    this.video.removeEventListener("error", this.#onVideoError);
    this.#dropSource();
    this.#listeners.clear();
  }

  /** Text from the gateway. */
  told(message: VideoMessage): void {
    if (message.op === "opened") {
      this.#size = { width: message.width, height: message.height };
    } else if (message.op === "skipped") {
      this.#skipped = message.frames;
    } else if (message.op === "clock") {
      this.#schoolAheadMs = message.ahead_ms;
    } else if (message.op === "state") {
      this.#setState(message.state, message.reason);
    } else {
      this.#refusal = message.code;
      if (!FINAL_REFUSALS.has(message.code)) this.#tryLater();
      this.#tell();
    }
  }

  media(message: MediaMessage): void {
    const whole = follows(this.#lastSeq, message.seq);
    this.#lastSeq = message.seq;
    switch (message.kind) {
      case "init":
        this.#start(message.payload);
        return;
      case "state": {
        const { state, reason } = splitState(message.payload);
        this.#setState(state, reason);
        return;
      }
      case "end":
        this.#setState("connecting", "closed");
        this.#tryLater();
        return;
      default:
        this.#frame(message, whole);
    }
  }

  /** Every `LOOK_EVERY_MS`: keep to the live edge; every second time, tell what changed. What is no longer fresh, at once. */
  tick(tell: boolean): void {
    this.#countFrames();
    this.#keepToEdge();
    const next = this.#currentView();
    if (tell || next.word !== this.view.word || next.fresh !== this.view.fresh) this.#tell();
  }

  /** Wall clock of the picture at the school at this moment, epoch ms; null while there is none to follow. */
  exactPictureMs(): number | null {
    return this.#pictureMs();
  }

  diagnostics(): TileDiagnostics {
    this.#countFrames();
    return {
      camera: this.request.camera,
      stream: this.request.stream,
      framesDecoded: this.#framesBefore + this.#framesSeen,
      state: this.#currentView().word,
      firstFrameMs: this.#firstFrameMs,
      behindMs: this.#ageMs(),
      skipped: this.#skipped,
      rebuilds: this.#rebuilds,
    };
  }

  #setState(state: string, reason: string): void {
    this.#state = state;
    this.#reason = reason;
    this.#tell();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(this.reopen, backoffMs(this.#retries, 1_000, 15_000));
    this.#retries += 1;
  }

  #start(payload: Bytes): void {
    const init = splitInit(payload);
    if (init === null) return;
    this.#init = init;
    this.#unsupported = !MediaSource.isTypeSupported(init.mime);
    this.#decodeFailed = false;
    this.#wantKey = true;
    if (this.#unsupported) {
      this.#dropSource();
      this.#tell();
      return;
    }
    this.#build();
  }

  #frame(message: MediaMessage, whole: boolean): void {
    if (!whole) this.#wantKey = true;
    if (this.#unsupported || (this.#wantKey && message.kind !== "key")) return;
    if (this.#source === null) {
      if (message.kind !== "key" || this.#init === null || this.#decodeFailed) return;
      this.#build();
    }
    this.#wantKey = false;
    this.#newestWallMs = message.wallMs;
    this.#retries = 0;
    if (this.#queue !== null) {
      this.#queue.append(message.payload);
      return;
    }
    if (message.kind === "key") this.#backlog = [];
    this.#backlog.push(message.payload);
    this.#fill();
  }

  /** Opens a MediaSource ahead of its first bytes: the browser needs some milliseconds for it. */
  #prepare(): void {
    const source = new MediaSource();
    this.#source = source;
    const address = URL.createObjectURL(source);
    source.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(address);
        if (this.#source === source) this.#fill();
      },
      { once: true },
    );
    this.video.src = address;
    this.video.play().catch(ignoreInterruption);
  }

  /** Begins anew with the newest initialisation segment, on a source that nothing was put into yet. */
  #build(): void {
    if (this.#queue !== null) this.#dropSource();
    if (this.#source === null) this.#prepare();
    this.#backlog = [];
  }

  /** Once the source is open and a keyframe is here: initialisation and keyframe go in together. */
  #fill(): void {
    const [source, init] = [this.#source, this.#init];
    if (source?.readyState !== "open" || init === null || this.#backlog.length === 0) return;
    const buffer = source.addSourceBuffer(init.mime);
    buffer.timestampOffset = -firstSecond(init.segment, this.#backlog[0]);
    const queue = new AppendQueue(buffer, () => this.#makeRoom(), this.#broke);
    buffer.addEventListener("updateend", this.#onAppended);
    this.#queue = queue;
    queue.append(joined([init.segment, ...this.#backlog]));
    this.#backlog = [];
  }

  /** Until the first picture is drawn, the position is put onto the first keyframe as soon as that is buffered. */
  readonly #onAppended = () => {
    if (this.#pictureAt === null || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA)
      this.#keepToEdge();
  };

  #keepToEdge(): void {
    const queue = this.#queue;
    if (queue === null || this.video.error !== null) return;
    const buffered = spansOf(this.video.buffered);
    const position = this.video.currentTime;
    const move = this.video.seeking
      ? ({ kind: "stay" } as const)
      : decideEdge(buffered, position, this.video.playbackRate);
    if (move.kind === "jump") {
      this.video.currentTime = move.to;
      this.video.playbackRate = 1;
    } else if (move.kind === "rate") {
      this.video.playbackRate = move.rate;
    }
    if (this.video.paused && buffered.length > 0) this.video.play().catch(ignoreInterruption);
    const old = decideTrim(buffered, position);
    if (old !== null) queue.remove(old.start, old.end);
  }

  #makeRoom(): { start: number; end: number } | null {
    const end = this.video.currentTime - 1;
    const first = spansOf(this.video.buffered)[0];
    return first !== undefined && end > first.start + 0.5 ? { start: 0, end } : null;
  }

  readonly #onVideoError = () => {
    if (this.#source !== null) this.#broke();
  };

  /** A broken decoder or a full buffer: begin again with the next keyframe; after a few times, say so and wait longer. */
  readonly #broke = () => {
    const at = performance.now();
    this.#rebuilds += 1;
    this.#rebuiltAt = [...this.#rebuiltAt.filter((then) => at - then < DECODE_WINDOW_MS), at];
    this.#dropSource();
    this.#wantKey = true;
    if (this.#rebuiltAt.length > DECODE_TRIES) {
      this.#decodeFailed = true;
      this.#tryLater();
    }
    this.#tell();
  };

  #dropSource(): void {
    this.#countFrames();
    this.#framesBefore += this.#framesSeen;
    this.#framesSeen = 0;
    this.#queue?.close();
    this.#queue = null;
    this.#backlog = [];
    if (this.#source === null) return;
    this.#source = null;
    this.#pictureAt = null;
    this.#newestWallMs = null;
    this.video.removeAttribute("src");
    this.video.load();
  }

  #awaitFirstFrame(): void {
    this.video.requestVideoFrameCallback((drawnAt) => {
      this.#firstFrameMs = drawnAt - this.#openedAt;
      this.#pictureAt = drawnAt;
      this.#tell();
    });
  }

  #countFrames(): void {
    if (this.#source === null) return;
    const frames = this.video.getVideoPlaybackQuality().totalVideoFrames;
    if (frames > this.#framesSeen && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.#pictureAt = performance.now();
    }
    this.#framesSeen = Math.max(this.#framesSeen, frames);
  }

  #pictureMs(): number | null {
    const last = spansOf(this.video.buffered).at(-1);
    if (this.#newestWallMs === null || this.#pictureAt === null || last === undefined) return null;
    return this.#newestWallMs - Math.max(0, last.end - this.video.currentTime) * 1000;
  }

  /** Of the picture on the screen: never younger than it is, whatever the clocks of school and browser say. */
  #ageMs(): number | null {
    const picture = this.#pictureMs();
    return picture === null ? null : this.now() - (picture - this.#schoolAheadMs);
  }

  #currentView(): TileView {
    const pictureMs = this.#pictureMs();
    const status = tileStatus({
      linkUp: this.#linkUp,
      paused: this.#paused,
      refusal: this.#refusal,
      state: this.#state,
      reason: this.#reason,
      unsupported: this.#unsupported,
      decodeFailed: this.#decodeFailed,
      sincePictureMs: this.#pictureAt === null ? null : performance.now() - this.#pictureAt,
      ageMs: this.#ageMs(),
    });
    return { ...status, ...this.#size, pictureMs, skipped: this.#skipped };
  }

  #tell(): void {
    const next = this.#currentView();
    if (same(this.view, next)) return;
    this.view = next;
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Where the camera's timeline stands at its first keyframe. Shifted by it, playback begins at 0, where a `<video>` begins
 * anyway: no seek stands before the first picture. Unreadable: 0, and the first picture waits for a seek.
 */
function firstSecond(init: Bytes, fragment: Bytes | undefined): number {
  const ticks = timescale(init);
  const first = fragment === undefined ? null : decodeTime(fragment);
  return ticks === null || first === null ? 0 : first / ticks;
}

/** The picture's clock is shown in whole seconds; a change within one is no change. */
function same(a: TileView, b: TileView): boolean {
  return (
    a.word === b.word &&
    a.reason === b.reason &&
    a.ageS === b.ageS &&
    a.width === b.width &&
    a.height === b.height &&
    a.skipped === b.skipped &&
    wholeSecond(a.pictureMs) === wholeSecond(b.pictureMs)
  );
}

const wholeSecond = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

/** play() rejects when the source is exchanged under it; the next source plays by itself. Anything else is a bug. */
export function ignoreInterruption(error: unknown): void {
  if (error instanceof DOMException && (error.name === "AbortError" || error.name === "NotAllowedError"))
    return;
  throw error;
}
