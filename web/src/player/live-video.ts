/**
 * All live tiles of one browser window over one `/ws/video`. Reconnects by itself and opens its tiles again.
 *
 * Nothing here touches React: 16 tiles of 25 frames a second must not render components. Tiles tell their
 * subscribers at most twice a second, from one shared timer.
 */
import type { StreamName, TimeMessage, VideoMessage } from "@/api/types";
import { backoffMs } from "@/world/backoff";
import { parseMedia } from "./framing";
import { LiveSound, type SoundState } from "./live-sound";
import { LiveTile } from "./live-tile";
import { ServerClock } from "./server-clock";
import { LOOK_EVERY_MS } from "./tile-status";

/** A hidden window gives its streams back after this long; a quick look at another tab costs nothing. */
const HIDDEN_GRACE_MS = 3_000;

export interface TileRequest {
  camera: string;
  stream: StreamName;
  /** `duty`, `own_school`, `inspection` or `alarm:<id>`; it goes into both ledgers. */
  purpose: string;
}

export interface TileDiagnostics {
  camera: string;
  stream: StreamName;
  framesDecoded: number;
  state: string;
  firstFrameMs: number | null;
  behindMs: number | null;
  skipped: number;
  rebuilds: number;
}

/** Whose sound is on: one picture's at most. */
export interface Heard {
  tile: LiveTile;
  state: SoundState;
  problem: string | null;
}

export class LiveVideo {
  #sound: LiveSound | null = null;
  #heard: Heard | null = null;
  #heardListeners = new Set<() => void>();
  #socket: WebSocket | null = null;
  #up = false;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #paused = false;
  #stopped = false;
  #tiles = new Map<number, LiveTile>();
  #next = 1;
  #ticks = 0;
  #clock = new ServerClock();

  /** `worldNow` is the server's time in epoch ms as the events tell it: believed until the pictures' own socket tells it. */
  constructor(private readonly worldNow: () => number) {}

  /** Connects at once: a tile opened later does not wait for a handshake. */
  start(): void {
    this.#connect();
    this.#timer = setInterval(this.#tick, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", this.#onVisibility);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    clearTimeout(this.#hidden);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.stopListening();
    for (const tile of this.#tiles.values()) tile.destroy();
    this.#tiles.clear();
    this.#socket?.close();
    this.#socket = null;
  }

  /** Show a camera in `video` until `close(tile)`. */
  open(request: TileRequest, video: HTMLVideoElement): LiveTile {
    const tile = new LiveTile(request, video, this.#now, () => this.#reopen(tile));
    this.#connect();
    this.#ask(tile);
    return tile;
  }

  close(tile: LiveTile): void {
    if (this.#heard?.tile === tile) this.stopListening();
    this.#release(tile);
    tile.destroy();
  }

  /** Hear the camera of a tile, and no other. `stream`: the one that has sound. */
  listen(tile: LiveTile, stream: StreamName): void {
    this.stopListening();
    const sound: LiveSound = new LiveSound(
      { ...tile.request, stream },
      () => tile.exactPictureMs(),
      () => this.#tellHeard(tile, sound),
    );
    this.#sound = sound;
    this.#tellHeard(tile, sound);
    this.#askSound();
  }

  stopListening(): void {
    const sound = this.#sound;
    if (sound === null) return;
    if (this.#up && !this.#paused) this.#say({ op: "close", tile: sound.number });
    sound.destroy();
    this.#sound = this.#heard = null;
    for (const listener of this.#heardListeners) listener();
  }

  readonly subscribeHeard = (listener: () => void): (() => void) => {
    this.#heardListeners.add(listener);
    return () => this.#heardListeners.delete(listener);
  };

  readonly heard = (): Heard | null => this.#heard;

  #tellHeard(tile: LiveTile, sound: LiveSound): void {
    if (this.#sound !== sound) return;
    this.#heard = { tile, state: sound.state, problem: sound.problem };
    for (const listener of this.#heardListeners) listener();
  }

  #askSound(): void {
    const sound = this.#sound;
    if (sound === null) return;
    sound.number = this.#next++;
    sound.begin();
    if (this.#up && !this.#paused)
      this.#say({ op: "open", tile: sound.number, ...sound.request, audio: true });
  }

  diagnostics(): TileDiagnostics[] {
    return [...this.#tiles.values()].map((tile) => tile.diagnostics());
  }

  /** Registers the tile under a new number, so that late messages of its former lease find nobody. */
  #ask(tile: LiveTile): void {
    tile.number = this.#next++;
    this.#tiles.set(tile.number, tile);
    tile.begin({ linkUp: this.#up, paused: this.#paused });
    if (this.#up && !this.#paused) this.#say({ op: "open", tile: tile.number, ...tile.request });
  }

  #release(tile: LiveTile): void {
    if (!this.#tiles.delete(tile.number)) return;
    if (this.#up && !this.#paused) this.#say({ op: "close", tile: tile.number });
  }

  #reopen(tile: LiveTile): void {
    if (!this.#tiles.has(tile.number) || this.#paused) return;
    this.#release(tile);
    this.#ask(tile);
  }

  #say(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect(): void {
    if (this.#socket !== null || this.#paused || this.#stopped) return;
    clearTimeout(this.#retry);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/video`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#up = true;
      this.#clock.begin();
      this.#askAll();
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => this.#hear(message.data);
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  #askAll(): void {
    const tiles = [...this.#tiles.values()];
    this.#tiles.clear();
    for (const tile of tiles) this.#ask(tile);
    this.#askSound();
  }

  #lost(): void {
    this.#socket = null;
    this.#up = false;
    for (const tile of this.#tiles.values()) tile.linkLost();
    if (this.#paused) return;
    this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt, 500, 8_000));
    this.#attempt += 1;
  }

  #hear(data: string | ArrayBuffer): void {
    this.#attempt = 0;
    if (typeof data !== "string") {
      const message = parseMedia(data);
      if (message === null) return;
      if (message.tile === this.#sound?.number) this.#sound.media(message);
      else this.#tiles.get(message.tile)?.media(message);
      return;
    }
    const message = JSON.parse(data) as VideoMessage | TimeMessage;
    if (message.op === "time") this.#clock.answered(message.id, message.at_ms, performance.now());
    else if (message.tile === this.#sound?.number) this.#sound.told(message);
    else this.#tiles.get(message.tile)?.told(message);
  }

  readonly #now = (): number => this.#clock.now(performance.now()) ?? this.worldNow();

  #askTime(): void {
    if (!this.#up || this.#paused) return;
    const id = this.#clock.question(performance.now());
    if (id !== null) this.#say({ op: "time", id });
  }

  readonly #tick = () => {
    this.#ticks += 1;
    this.#askTime();
    const tell = this.#ticks % 2 === 0;
    for (const tile of this.#tiles.values()) tile.tick(tell);
    this.#sound?.tick();
  };

  readonly #onVisibility = () => {
    clearTimeout(this.#hidden);
    if (document.visibilityState === "hidden")
      this.#hidden = setTimeout(() => this.#pause(), HIDDEN_GRACE_MS);
    else if (this.#paused) this.#resume();
  };

  #pause(): void {
    for (const tile of this.#tiles.values()) {
      this.#say({ op: "close", tile: tile.number });
      tile.pause();
    }
    this.stopListening(); // nobody hears a room from a window that nobody looks at
    this.#paused = true;
  }

  #resume(): void {
    this.#paused = false;
    if (this.#up) this.#askAll();
    else this.#connect();
  }
}
