/**
 * The sound of one live picture, in an element of its own: sound that stays away or cannot be decoded holds up no picture.
 *
 * It follows the picture by the school's wall clock, so that voice and lips stay together.
 */
import type { VideoMessage } from "@/api/types";
import { AppendQueue, joined } from "./append-queue";
import { decodeTime, timescale } from "./boxes";
import { type MediaMessage, splitInit } from "./framing";
import { spansOf } from "./live-edge";
import { ignoreInterruption } from "./live-tile";
import type { TileRequest } from "./live-video";
import { decideSound, wantedSecond } from "./sound-sync";

type Bytes = Uint8Array<ArrayBuffer>;

export type SoundState = "opening" | "playing" | "failed";

const KEEP_S = 10;

export class LiveSound {
  number = 0;
  state: SoundState = "opening";
  /** Code of what went wrong, with state `failed`. */
  problem: string | null = null;

  #audio = new Audio();
  #init: { mime: string; segment: Bytes } | null = null;
  #source: MediaSource | null = null;
  #queue: AppendQueue | null = null;
  #backlog: Bytes[] = [];
  #firstS: number | null = null;
  /** Wall clock of media second 0, epoch ms. */
  #zeroMs: number | null = null;

  constructor(
    readonly request: TileRequest,
    /** Wall clock of the picture on the screen, epoch ms. */
    private readonly pictureMs: () => number | null,
    private readonly changed: () => void,
  ) {
    this.#audio.addEventListener("playing", this.#onPlaying);
    this.#audio.addEventListener("error", this.#broke);
  }

  destroy(): void {
    this.#audio.removeEventListener("playing", this.#onPlaying);
    this.#audio.removeEventListener("error", this.#broke);
    this.#drop();
  }

  /** Asked for again, under a new number: nothing of what came before goes on. */
  begin(): void {
    this.#drop();
    this.#say("opening", null);
  }

  told(message: VideoMessage): void {
    if (message.op === "refused") this.#say("failed", message.code);
  }

  media(message: MediaMessage): void {
    if (message.kind === "init") this.#start(message.payload);
    else if (message.kind === "key") this.#take(message.payload, message.wallMs);
  }

  /** Several times a second: stay with the picture. */
  tick(): void {
    if (this.#queue === null || this.#zeroMs === null || this.#audio.seeking) return;
    const spans = spansOf(this.#audio.buffered);
    const wanted = wantedSecond(spans, this.pictureMs(), this.#zeroMs);
    if (wanted === null) return;
    const move = decideSound(spans, this.#audio.currentTime, wanted);
    if (move.kind === "jump") this.#audio.currentTime = move.to;
    else if (Math.abs(this.#audio.playbackRate - move.rate) > 0.001) this.#audio.playbackRate = move.rate;
    if (this.#audio.paused) this.#audio.play().catch(ignoreInterruption);
    const first = spans[0];
    const until = this.#audio.currentTime - KEEP_S;
    if (first !== undefined && until - first.start > 5) this.#queue.remove(0, until);
  }

  #start(payload: Bytes): void {
    const init = splitInit(payload);
    if (init === null) return;
    if (!MediaSource.isTypeSupported(init.mime)) {
      this.#say("failed", "unsupported_codec");
      return;
    }
    this.#drop();
    this.#init = init;
    const source = new MediaSource();
    this.#source = source;
    const address = URL.createObjectURL(source);
    const onOpen = () => {
      URL.revokeObjectURL(address);
      if (this.#source === source) this.#fill();
    };
    source.addEventListener("sourceopen", onOpen, { once: true });
    this.#audio.src = address;
  }

  #take(fragment: Bytes, wallMs: number): void {
    const ticks = this.#init === null ? null : timescale(this.#init.segment);
    const at = decodeTime(fragment);
    if (ticks === null || at === null) return;
    this.#firstS ??= at / ticks;
    this.#zeroMs = wallMs - (at / ticks - this.#firstS) * 1000;
    if (this.#queue !== null) this.#queue.append(fragment);
    else {
      this.#backlog.push(fragment);
      this.#fill();
    }
  }

  /** Once: the source opens and a fragment arrives in either order, and sometimes it is open before it has said so. */
  #fill(): void {
    const [source, init] = [this.#source, this.#init];
    if (this.#queue !== null || source?.readyState !== "open") return;
    if (init === null || this.#firstS === null) return;
    const buffer = source.addSourceBuffer(init.mime);
    buffer.timestampOffset = -this.#firstS;
    this.#queue = new AppendQueue(buffer, () => null, this.#broke);
    this.#queue.append(joined([init.segment, ...this.#backlog]));
    this.#backlog = [];
  }

  #drop(): void {
    this.#queue?.close();
    this.#queue = null;
    this.#backlog = [];
    this.#init = null;
    this.#firstS = this.#zeroMs = null;
    if (this.#source === null) return;
    this.#source = null;
    this.#audio.removeAttribute("src");
    this.#audio.load();
  }

  readonly #onPlaying = () => this.#say("playing", null);

  readonly #broke = () => {
    if (this.#source === null) return;
    this.#drop();
    this.#say("failed", "decode_error");
  };

  #say(state: SoundState, problem: string | null): void {
    if (this.state === state && this.problem === problem) return;
    this.state = state;
    this.problem = problem;
    this.changed();
  }
}
