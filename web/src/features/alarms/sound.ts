/** The desk's sounds, made by WebAudio: no file to load, told apart with closed eyes. */

const P1_EVERY_MS = 1_500;

export class AlarmSound {
  #context = new AudioContext();
  #siren: ReturnType<typeof setInterval> | undefined;

  /** The browser lets us be heard. Until somebody has clicked, it may not. */
  allowed(): boolean {
    return this.#context.state === "running";
  }

  /** To be called from a click or a key. */
  async enable(): Promise<void> {
    await this.#context.resume();
  }

  onChange(listener: () => void): () => void {
    this.#context.addEventListener("statechange", listener);
    return () => this.#context.removeEventListener("statechange", listener);
  }

  /** P1: a rising two-tone, repeated until told to stop. */
  startSiren(): void {
    if (this.#siren !== undefined) return;
    const sound = () => {
      this.#tone(660, 0, 0.22, "square", 0.16);
      this.#tone(990, 0.24, 0.34, "square", 0.16);
      this.#tone(660, 0.64, 0.22, "square", 0.16);
      this.#tone(990, 0.88, 0.34, "square", 0.16);
    };
    sound();
    this.#siren = setInterval(sound, P1_EVERY_MS);
  }

  stopSiren(): void {
    clearInterval(this.#siren);
    this.#siren = undefined;
  }

  /** P2: one soft chime. Also what "enable sound" answers with. */
  chime(): void {
    this.#tone(784, 0, 0.9, "sine", 0.18);
    this.#tone(1175, 0.08, 0.9, "sine", 0.09);
  }

  close(): void {
    this.stopSiren();
    void this.#context.close();
  }

  #tone(frequency: number, after: number, length: number, type: OscillatorType, volume: number): void {
    if (!this.allowed()) return;
    const from = this.#context.currentTime + after;
    const oscillator = new OscillatorNode(this.#context, { type, frequency });
    const gain = new GainNode(this.#context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(volume, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, from + length);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(from);
    oscillator.stop(from + length + 0.02);
  }
}
