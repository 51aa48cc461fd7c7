import { describe, expect, test } from "vitest";
import { follows, parseMedia, splitInit, splitState } from "@/player/framing";

/** Packs like the gateway: tile, then `>BBHIQ` and the payload (protocols/link/media.py). */
function packed(
  tile: number,
  kind: number,
  seq: number,
  wallUs: bigint,
  payload: Uint8Array,
  version = 1,
): ArrayBuffer {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, tile);
  view.setUint8(4, kind);
  view.setUint8(5, version);
  view.setUint32(8, seq);
  view.setBigUint64(12, wallUs);
  bytes.set(payload, 20);
  return bytes.buffer;
}

const text = (value: string) => new TextEncoder().encode(value);

describe("media messages of the browser's socket", () => {
  test("a KEY is read with its tile, its number, its clock in ms and its bytes", () => {
    const message = parseMedia(packed(7, 2, 4_000_000_000, 1_795_335_126_249_500n, text("moof")));
    expect(message).toMatchObject({ tile: 7, kind: "key", seq: 4_000_000_000, wallMs: 1_795_335_126_249.5 });
    expect(new TextDecoder().decode(message?.payload)).toBe("moof");
  });

  test("the bytes that Python packs are read as Python meant them", () => {
    // tile 3 + pack(MediaKind.DELTA, 258, 1_000_000, b"\x01\x02") of protocols/link/media.py
    const golden = "00000003" + "03010000" + "00000102" + "00000000000f4240" + "0102";
    const bytes = Uint8Array.from(golden.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    expect(parseMedia(bytes.buffer)).toMatchObject({ tile: 3, kind: "delta", seq: 258, wallMs: 1_000 });
  });

  test.each([
    ["a message cut short", packed(1, 2, 1, 0n, text("")).slice(0, 19)],
    ["an unknown kind", packed(1, 9, 1, 0n, text("x"))],
    ["an unknown version", packed(1, 2, 1, 0n, text("x"), 2)],
    ["nothing", new ArrayBuffer(0)],
  ])("%s is no message and no exception", (_, data) => {
    expect(parseMedia(data)).toBeNull();
  });

  test("INIT gives the MSE type and the initialisation segment", () => {
    const mime = 'video/mp4; codecs="avc1.640028"';
    const payload = Uint8Array.from([mime.length, ...text(mime), ...text("ftypmoov")]);
    const init = splitInit(payload);
    expect(init?.mime).toBe(mime);
    expect(new TextDecoder().decode(init?.segment)).toBe("ftypmoov");
    expect(splitInit(payload.slice(0, 10))).toBeNull();
    expect(splitInit(new Uint8Array())).toBeNull();
  });

  test("STATE gives state and reason, also when the reason is missing", () => {
    expect(splitState(text("failed:wrong_password"))).toEqual({ state: "failed", reason: "wrong_password" });
    expect(splitState(text("live"))).toEqual({ state: "live", reason: "none" });
  });

  test("a jump in the numbers is a loss; the counter wraps", () => {
    expect(follows(null, 17)).toBe(true);
    expect(follows(17, 18)).toBe(true);
    expect(follows(17, 19)).toBe(false);
    expect(follows(17, 17)).toBe(false);
    expect(follows(0xffffffff, 0)).toBe(true);
  });
});
