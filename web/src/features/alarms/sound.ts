/**
 * Plays the calls of `score.ts` by WebAudio: no file to load, nothing to be fetched in the moment it is needed.
 *
 * What repeats is one looping buffer: the audio thread goes on with it while the tab is in the background and its timers
 * are throttled, even while a script is busy. A hum below hearing keeps the tab an audible one meanwhile, which browsers
 * do not put to sleep.
 */
import { type Call, render } from "./score";

/** Chromium calls a tab audible above -72 dBFS; -60 dBFS at 25 Hz is not heard from a loudspeaker. */
const HUM = { frequency: 25, gain: 0.001 };
const LOOK_MS = 2_000;

/** `blocked`: nobody has clicked yet. `stuck`: the browser says that it plays, and its clock stands still. */
export type Hearing = "ok" | "blocked" | "stuck";

export class AlarmSound {
  #context = new AudioContext();
  #buffers = new Map<Call, AudioBuffer>();
  #siren: { call: Call; source: AudioBufferSourceNode } | null = null;
  #listeners = new Set<() => void>();
  #stuck = false;
  #clock = 0;
  #look: ReturnType<typeof setInterval>;

  constructor() {
    const hum = new OscillatorNode(this.#context, { type: "sine", frequency: HUM.frequency });
    hum.connect(new GainNode(this.#context, { gain: HUM.gain })).connect(this.#context.destination);
    hum.start();
    this.#context.addEventListener("statechange", this.#tell);
    this.#look = setInterval(() => this.#watchClock(), LOOK_MS);
  }

  hearing(): Hearing {
    if (this.#context.state !== "running") return "blocked";
    return this.#stuck ? "stuck" : "ok";
  }

  /** To be called from a click or a key. */
  async enable(): Promise<void> {
    await this.#context.resume();
  }

  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What repeats from now on; null is silence. The same call again goes on undisturbed. */
  ring(call: Call | null): void {
    if (this.#siren?.call === call) return;
    this.#siren?.source.stop();
    this.#siren = call === null ? null : { call, source: this.#play(call, true) };
  }

  /** One call, once. False when it cannot be heard. */
  once(call: Call): boolean {
    if (this.hearing() !== "ok") return false;
    this.#play(call, false);
    return true;
  }

  close(): void {
    clearInterval(this.#look);
    this.#context.removeEventListener("statechange", this.#tell);
    void this.#context.close();
  }

  #play(call: Call, loop: boolean): AudioBufferSourceNode {
    const source = new AudioBufferSourceNode(this.#context, { buffer: this.#buffer(call), loop });
    source.connect(this.#context.destination);
    source.start();
    return source;
  }

  #buffer(call: Call): AudioBuffer {
    const known = this.#buffers.get(call);
    if (known !== undefined) return known;
    const { sampleRate } = this.#context;
    const samples = render(call, sampleRate);
    const buffer = new AudioBuffer({ length: samples.length, sampleRate });
    buffer.copyToChannel(samples, 0);
    this.#buffers.set(call, buffer);
    return buffer;
  }

  /** A device that was unplugged leaves a context "running" whose time does not pass. */
  #watchClock(): void {
    const { currentTime, state } = this.#context;
    const stuck = state === "running" && currentTime === this.#clock;
    this.#clock = currentTime;
    if (stuck === this.#stuck) return;
    this.#stuck = stuck;
    this.#tell();
  }

  readonly #tell = (): void => {
    for (const listener of this.#listeners) listener();
  };
}
