/** Holds the world and the connection that keeps it fresh. One per signed-in browser window; React reads it by hooks. */
import type { EventsMessage, OneMessage, Told, WorldEvent } from "@/api/types";
import { backoffMs } from "./backoff";
import { applyEvents, EMPTY_WORLD, fromSnapshot, type World } from "./world";

export interface Connection {
  /** `loading`: no snapshot yet, `up`: fresh, `down`: what is shown is as old as `heardAt`. */
  state: "loading" | "up" | "down";
  /** By the server's clock. */
  heardAt: number | null;
}

/** The server pings every 5 s; two missed ones mean that nobody is there. */
const SILENCE_MS = 12_000;
const GATHER_MS = 120;
/** A flood of alarms is drawn once per frame; the first one after a quiet moment is shown at once. */
const FRAME_MS = 16;
const SIGNED_OUT = 4401;

export class WorldStore {
  #world: World = EMPTY_WORLD;
  #connection: Connection = { state: "loading", heardAt: null };
  #listeners = new Set<() => void>();
  #tellers = new Set<(told: Told) => void>();
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #gather: ReturnType<typeof setTimeout> | undefined;
  #soon = false;
  #flushedAt = -Infinity;
  #waiting: WorldEvent[] = [];
  #offsetMs = 0;
  #stopped = true;

  constructor(private readonly onSignedOut: () => void) {}

  start(): void {
    this.#stopped = false;
    this.#watch = setInterval(() => this.#checkSilence(), 1_000);
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    clearTimeout(this.#gather);
    this.#socket?.close();
    this.#socket = null;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Hears events of a topic that the world does not hold; the data says what has changed, not what it is now. */
  readonly onTopic = (topic: Told["topic"], listener: (data: Told["data"]) => void): (() => void) => {
    const hear = (told: Told) => told.topic === topic && listener(told.data);
    this.#tellers.add(hear);
    return () => this.#tellers.delete(hear);
  };

  readonly world = (): World => this.#world;
  readonly connection = (): Connection => this.#connection;

  /** Now by the server's clock, epoch ms. Ages of alarms and pictures are measured with it. */
  readonly now = (): number => Date.now() + this.#offsetMs;

  /** An answer to a write carries the whole object: show it without waiting for its event. */
  readonly learn = (event: WorldEvent): void => {
    this.#waiting.push(event);
    this.#flush();
  };

  #connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/events`);
    this.#socket = socket;
    socket.onmessage = (message: MessageEvent<string>) =>
      this.#hear(JSON.parse(message.data) as EventsMessage);
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event.code);
    };
  }

  #hear(message: EventsMessage): void {
    const said = message.type === "several" ? message.items : [message];
    for (const one of said) this.#take(one);
    if (said.some((one) => one.type === "event" && one.topic === "alarm")) this.#flushWithin(FRAME_MS);
    else if (this.#waiting.length > 0) this.#gather ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #take(message: OneMessage): void {
    this.#offsetMs = Date.parse(message.at) - Date.now();
    const heardAt = this.now();
    if (message.type === "snapshot") {
      this.#attempt = 0;
      this.#waiting = [];
      this.#world = fromSnapshot(message);
      this.#connection = { state: "up", heardAt };
      this.#tell();
      return;
    }
    this.#connection.heardAt = heardAt;
    if (message.type !== "event") return;
    if (message.topic === "remark" || message.topic === "review")
      for (const hear of this.#tellers) hear(message);
    else this.#waiting.push(message);
  }

  #flushWithin(frameMs: number): void {
    if (performance.now() - this.#flushedAt >= frameMs) this.#flush();
    else if (!this.#soon) {
      this.#soon = true;
      clearTimeout(this.#gather);
      this.#gather = setTimeout(() => this.#flush(), frameMs);
    }
  }

  #flush(): void {
    clearTimeout(this.#gather);
    this.#gather = undefined;
    this.#soon = false;
    if (this.#waiting.length === 0) return;
    this.#flushedAt = performance.now();
    this.#world = applyEvents(this.#world, this.#waiting);
    this.#waiting = [];
    this.#tell();
  }

  #checkSilence(): void {
    const { state, heardAt } = this.#connection;
    if (state !== "up" || heardAt === null || this.now() - heardAt < SILENCE_MS) return;
    const socket = this.#socket;
    this.#lost(0);
    socket?.close();
  }

  #lost(code: number): void {
    this.#socket = null;
    if (this.#stopped) return;
    if (code === SIGNED_OUT) {
      this.onSignedOut();
      return;
    }
    this.#connection = { state: "down", heardAt: this.#connection.heardAt };
    this.#tell();
    this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt));
    this.#attempt += 1;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
