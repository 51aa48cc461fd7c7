import { describe, expect, test } from "vitest";
import { decodeTime, timescale } from "@/player/boxes";
import { aBox, fragment, init, u32 } from "./an-mp4";

describe("the clock of a fragmented MP4", () => {
  test("ticks per second come from mdhd, also behind ftyp", () => {
    expect(timescale(init)).toBe(90_000);
    expect(timescale(new Uint8Array([...aBox("ftyp", u32(0)), ...init]))).toBe(90_000);
  });

  test("a fragment's first decode time, in 32 and in 64 bits", () => {
    expect(decodeTime(fragment(aBox("tfdt", u32(0), u32(4_000_000_000))))).toBe(4_000_000_000);
    expect(decodeTime(fragment(aBox("tfdt", u32(0x01000000), u32(2), u32(7))))).toBe(2 * 2 ** 32 + 7);
  });

  test("foreign bytes give nothing, and no exception", () => {
    expect(decodeTime(new Uint8Array())).toBeNull();
    expect(decodeTime(Uint8Array.from(u32(4_000_000_000).concat([109, 111, 111, 102])))).toBeNull();
    expect(timescale(aBox("moov", aBox("trak", aBox("mdia", aBox("mdhd", u32(0))))))).toBeNull();
    expect(decodeTime(fragment(aBox("tfdt", u32(0x01000000), u32(2))))).toBeNull();
  });
});
