/**
 * What an alarm sounds like. Pure: each call is a few tones that are rendered into one buffer, which the audio thread
 * repeats by itself.
 *
 * Told apart with closed eyes: P1 rises, twice, hard, without a pause; gone back it is higher, quicker and louder. P2 is
 * one soft chime. A drill falls, softly; a test is one short tick. A P3 and a fault are silent.
 */
import type { Alarm } from "@/api/types";
import { isWaiting, wentBack } from "@/vocabulary/alarms";

export type Call = "p1" | "p1_louder" | "p2" | "drill" | "test";

interface Tone {
  hz: number;
  /** Seconds from the beginning of the call. */
  at: number;
  length: number;
  volume: number;
  /** `hard` has odd overtones and cuts through a room, `soft` is a bare tone that dies away. */
  timbre: "hard" | "soft";
}

interface Score {
  tones: readonly Tone[];
  /** How long until it begins again, in seconds, while it waits for an owner. Null: it sounds once. */
  every: number | null;
}

const rising = (low: number, high: number, beat: number, volume: number): Tone[] => [
  { hz: low, at: 0, length: beat, volume, timbre: "hard" },
  { hz: high, at: beat, length: beat * 1.5, volume, timbre: "hard" },
];

const later = (tones: readonly Tone[], after: number): Tone[] =>
  tones.map((tone) => ({ ...tone, at: tone.at + after }));

const P1 = rising(660, 990, 0.23, 0.3);
const LOUDER = rising(880, 1320, 0.14, 0.5);

export const SCORES: Record<Call, Score> = {
  p1: { tones: [...P1, ...later(P1, 0.65)], every: 1.5 },
  p1_louder: { tones: [...LOUDER, ...later(LOUDER, 0.36), ...later(LOUDER, 0.72)], every: 1.1 },
  p2: {
    tones: [
      { hz: 784, at: 0, length: 0.9, volume: 0.18, timbre: "soft" },
      { hz: 1175, at: 0.08, length: 0.9, volume: 0.09, timbre: "soft" },
    ],
    every: null,
  },
  drill: {
    tones: [
      { hz: 523, at: 0, length: 0.5, volume: 0.16, timbre: "soft" },
      { hz: 392, at: 0.4, length: 0.8, volume: 0.16, timbre: "soft" },
    ],
    every: 6,
  },
  test: { tones: [{ hz: 1568, at: 0, length: 0.09, volume: 0.14, timbre: "soft" }], every: null },
};

/** How a new alarm is called out; null when it is only shown. */
export function callOf(alarm: Alarm): Call | null {
  if (alarm.kind === "test") return "test";
  if (alarm.level === "P3") return null;
  if (alarm.kind === "drill") return alarm.level === "P1" ? "drill" : "test";
  if (alarm.level === "P1") return wentBack(alarm) ? "p1_louder" : "p1";
  return "p2";
}

const LOUDEST_FIRST: readonly Call[] = ["p1_louder", "p1", "drill"];

/** What goes on sounding: the most urgent call of those that nobody owns. One at a time, or none would be recognised. */
export function ringing(alarms: Iterable<Alarm>): Call | null {
  const waiting = new Set<Call | null>();
  for (const alarm of alarms) if (isWaiting(alarm)) waiting.add(callOf(alarm));
  return LOUDEST_FIRST.find((call) => waiting.has(call)) ?? null;
}

const FADE_S = 0.02;

/** One round of a call, as samples between -1 and 1; a repeated one has its pause at the end. */
export function render(call: Call, rate: number): Float32Array<ArrayBuffer> {
  const { tones, every } = SCORES[call];
  const end = Math.max(...tones.map((tone) => tone.at + tone.length)) + FADE_S;
  const samples = new Float32Array(Math.ceil((every ?? end) * rate));
  for (const tone of tones) addTone(samples, tone, rate);
  return samples;
}

function addTone(samples: Float32Array, tone: Tone, rate: number): void {
  const first = Math.round(tone.at * rate);
  const count = Math.min(Math.round(tone.length * rate), samples.length - first);
  for (let index = 0; index < count; index += 1) {
    const at = index / rate;
    const attack = Math.min(1, at / FADE_S);
    const release = Math.min(1, (tone.length - at) / FADE_S);
    const decay = tone.timbre === "soft" ? Math.exp((-5 * at) / tone.length) : 1;
    const value = wave(tone, 2 * Math.PI * tone.hz * at) * tone.volume * attack * release * decay;
    samples[first + index] = (samples[first + index] ?? 0) + value;
  }
}

function wave({ timbre }: Tone, phase: number): number {
  if (timbre === "soft") return Math.sin(phase);
  return Math.sin(phase) + Math.sin(3 * phase) / 3 + Math.sin(5 * phase) / 5;
}
