import { describe, expect, test } from "vitest";
import { LOOK_EVERY_MS, NEVER_OLDER_MS, type TileFacts, tileStatus } from "@/player/tile-status";

const LIVE: TileFacts = {
  linkUp: true,
  paused: false,
  refusal: null,
  state: "live",
  reason: "none",
  unsupported: false,
  decodeFailed: false,
  sincePictureMs: 40,
  ageMs: 400,
};

/** ms after the last picture was drawn (`late` ms old then) until the tile says something else than live. */
function firstWordAfter(noticedAfter: number, late: number): number {
  for (let at = noticedAfter; ; at += LOOK_EVERY_MS) {
    const facts = { ...LIVE, sincePictureMs: at - noticedAfter, ageMs: late + at };
    if (tileStatus(facts).word !== "live") return at;
  }
}

describe("the truth on the tile", () => {
  test("a moving picture is live", () => {
    expect(tileStatus(LIVE)).toEqual({ word: "live", reason: "none", fresh: true, ageS: null });
  });

  test("a moving but late picture says by how many seconds", () => {
    expect(tileStatus({ ...LIVE, ageMs: 3_400 })).toMatchObject({ word: "behind", fresh: true, ageS: 3 });
  });

  test("a picture that has not moved for two seconds is never fresh, whatever the school says", () => {
    for (const state of ["live", "connecting", "unknown", ""]) {
      expect(tileStatus({ ...LIVE, state, sincePictureMs: 2_001 }).fresh).toBe(false);
    }
  });

  test("by the time a picture is two seconds old the tile has said so, however unluckily its looks fell", () => {
    // The last picture was drawn right after a look, which the next look takes for its time; then come looks, one by one
    for (let drawn = 0; drawn <= LOOK_EVERY_MS; drawn += 10) {
      for (let late = 0; late <= 400; late += 100) {
        const saidAfter = firstWordAfter(LOOK_EVERY_MS - drawn, late);
        expect(saidAfter + late).toBeLessThanOrEqual(NEVER_OLDER_MS);
      }
    }
  });

  test("a link that delays every picture is told by their age, though they move", () => {
    expect(tileStatus({ ...LIVE, sincePictureMs: 40, ageMs: 1_900 })).toMatchObject({
      word: "behind",
      ageS: 2,
    });
    expect(tileStatus({ ...LIVE, sincePictureMs: 40, ageMs: 1_400 })).toMatchObject({
      word: "live",
      ageS: null,
    });
  });

  test.each([
    ["the school says stalled", { state: "stalled", reason: "no_frames" }, "stalled", "no_frames"],
    ["the password is wrong", { state: "failed", reason: "wrong_password" }, "failed", "wrong_password"],
    [
      "there is no such host",
      { state: "failed", reason: "no_such_host", sincePictureMs: null },
      "failed",
      "no_such_host",
    ],
    [
      "the browser lacks the codec",
      { unsupported: true, sincePictureMs: null },
      "unsupported_codec",
      "unsupported_codec",
    ],
    ["the gateway refused", { refusal: "node_silent", sincePictureMs: null }, "refused", "node_silent"],
    ["the socket is down", { linkUp: false }, "offline", "none"],
    ["the window was hidden", { paused: true }, "paused", "none"],
    ["nothing came yet", { sincePictureMs: null, ageMs: null, state: "" }, "connecting", "none"],
  ] as const)(
    "when %s, the picture left on the screen is not taken for the present",
    (_, change, word, reason) => {
      expect(tileStatus({ ...LIVE, ...change })).toMatchObject({ word, reason, fresh: false });
    },
  );
});
