import { describe, expect, it } from "vitest";
import { decideSound, SOUND_CUSHION_S, wantedSecond } from "@/player/sound-sync";

const BUFFER = [{ start: 0, end: 10 }];

describe("what should be heard", () => {
  it("is the moment of the picture", () => {
    expect(wantedSecond(BUFFER, 104_000, 100_000)).toBe(4);
  });

  it("is the newest there is while its sound has not come, and the oldest when it is gone", () => {
    expect(wantedSecond(BUFFER, 130_000, 100_000)).toBe(10 - SOUND_CUSHION_S);
    expect(wantedSecond([{ start: 5, end: 10 }], 101_000, 100_000)).toBe(5);
    expect(wantedSecond(BUFFER, null, 100_000)).toBe(10 - SOUND_CUSHION_S);
    expect(wantedSecond([], 104_000, 100_000)).toBeNull();
  });
});

describe("how sound is brought to it", () => {
  it("plays on while voice and lips are together", () => {
    expect(decideSound(BUFFER, 4.03, 4)).toEqual({ kind: "rate", rate: 1 });
  });

  it("hurries or lingers a little, and jumps when that would take too long", () => {
    expect(decideSound(BUFFER, 3.8, 4)).toEqual({ kind: "rate", rate: 1.04 });
    expect(decideSound(BUFFER, 4.2, 4)).toEqual({ kind: "rate", rate: 0.96 });
    expect(decideSound(BUFFER, 1, 4)).toEqual({ kind: "jump", to: 4 });
  });

  it("leaves a stretch that goes no further", () => {
    const parted = [
      { start: 0, end: 2 },
      { start: 2.1, end: 10 },
    ];
    expect(decideSound(parted, 2, 2.2)).toEqual({ kind: "jump", to: 2.2 });
  });
});
