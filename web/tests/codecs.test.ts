/** Which stream a browser is shown, and what is said when it is not the wanted one. */
import { describe, expect, test } from "vitest";
import type { Camera, StreamName } from "@/api/types";
import { codecName, shownStream } from "@/player/codecs";

const H265 = "hvc1.1.6.L120.90";
const H264 = "avc1.64001f";

function aCamera(main: string, sub: string | null): Camera {
  const stream = (name: StreamName, codec: string) => ({
    stream: name,
    state: "live" as const,
    reason: "none" as const,
    since: null,
    codec,
    width: 640,
    height: 360,
    frames_per_s: 25,
    bits_per_s: 500_000,
    audio: "",
  });
  return {
    id: "1",
    school: "s",
    key: "hall",
    name: { kk: "Фойе", ru: "Фойе", en: "Hall" },
    zone: "entrance",
    has_sub: sub !== null,
    present: true,
    clock_offset_s: null,
    picture: null,
    onvif: "",
    streams: [stream("main", main), ...(sub === null ? [] : [stream("sub", sub)])],
  };
}

const onlyH264 = (mime: string) => mime.includes("avc1");

describe("H.265 in a browser without it", () => {
  test("the sub stream is shown, and why", () => {
    expect(shownStream(aCamera(H265, H264), "main", onlyH264)).toEqual({ stream: "sub", insteadOf: "H.265" });
  });

  test("what can be shown is shown as wanted", () => {
    expect(shownStream(aCamera(H264, H264), "main", onlyH264)).toEqual({ stream: "main", insteadOf: null });
    expect(shownStream(aCamera(H265, H264), "main", () => true)).toEqual({ stream: "main", insteadOf: null });
    expect(shownStream(aCamera(H265, H264), "sub", onlyH264)).toEqual({ stream: "sub", insteadOf: null });
  });

  test("where there is nothing better the wanted stream stays, and the tile says that it cannot be shown", () => {
    expect(shownStream(aCamera(H265, null), "main", onlyH264).stream).toBe("main");
    expect(shownStream(aCamera(H265, H265), "main", onlyH264).stream).toBe("main");
  });

  test("a codec that is not known yet is tried", () => {
    expect(shownStream(aCamera("", H264), "main", onlyH264).stream).toBe("main");
  });

  test("codecs are called what people call them", () => {
    expect([H265, "hev1.1", H264, "av01.0"].map(codecName)).toEqual(["H.265", "H.265", "H.264", "av01.0"]);
  });
});
