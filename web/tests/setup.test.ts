/** The wizard's decisions, and what the archive and a camera's page say about movement, holds and clocks. */
import { describe, expect, test } from "vitest";
import { fileName } from "@/features/cameras/names";
import { columns, shareAt } from "@/features/archive/geometry";
import { holdTrouble } from "@/features/archive/Hold";
import {
  addressTrouble,
  EMPTY,
  freeKey,
  hostOf,
  isKey,
  kindOf,
  type LookedAt,
  suggested,
  troubleWith,
} from "@/features/setup/orders";
import { isWrong } from "@/vocabulary/clocks";

const SEEN: LookedAt = {
  onvif: true,
  manufacturer: "",
  model: "",
  firmware: "",
  serial: "",
  clock_offset_s: null,
  profiles: [],
  main: "one",
  sub: "",
  configured: "",
  changes: [],
  codec: "",
  width: 0,
  height: 0,
};

describe("an address", () => {
  test.each([
    ["rtsp://10.0.0.7/x", "stream"],
    ["RTSPS://camera:322/x", "stream"],
    [" http://10.0.0.7/onvif/device_service ", "onvif"],
    ["10.0.0.7", null],
    ["ftp://10.0.0.7/", null],
    ["rtsp://", null],
  ])("%s is a %s", (address, kind) => expect(kindOf(address)).toBe(kind));

  test("never carries a password", () => {
    expect(addressTrouble("rtsp://a:b@10.0.0.7/x")).toBe("address_user");
    expect(addressTrouble("rtsp://10.0.0.7/x?mail=a@b")).toBeNull();
    expect(addressTrouble("10.0.0.7")).toBe("address_wrong");
    expect(addressTrouble("http://10.0.0.7/a b")).toBe("address_wrong");
    expect(hostOf("rtsp://10.0.0.7:554/x")).toBe("10.0.0.7:554");
  });
});

describe("a camera to be added", () => {
  test("gets a short name that is free", () => {
    expect(freeKey(new Set())).toBe("camera-1");
    expect(freeKey(new Set(["hall", "camera-3"]))).toBe("camera-4");
    expect(isKey("hall-2")).toBe(true);
    for (const wrong of ["", "-a", "a-", "Hall", "a b", "a".repeat(64)]) expect(isKey(wrong)).toBe(false);
  });

  test("is offered its own suggestions, and a stream keeps what was typed", () => {
    expect(suggested({ ...EMPTY, sub: "old" }, SEEN)).toMatchObject({ main: "one", sub: null });
    expect(suggested({ ...EMPTY, sub: "rtsp://b/" }, { ...SEEN, onvif: false }).sub).toBe("rtsp://b/");
  });

  test("has a Kazakh name and a short name of its own before it is saved", () => {
    const name = { kk: "Қақпа", ru: "", en: "" };
    expect(troubleWith({ ...EMPTY, key: "a" }, new Set())).toBe("name_needed");
    expect(troubleWith({ ...EMPTY, key: "a", name: { kk: " ", ru: "Ворота", en: "" } }, new Set())).toBe(
      "name_needed",
    );
    expect(troubleWith({ ...EMPTY, key: "A", name }, new Set())).toBe("key_wrong");
    expect(troubleWith({ ...EMPTY, key: "a", name }, new Set(["a"]))).toBe("key_taken");
    expect(troubleWith({ ...EMPTY, key: "a", name }, new Set())).toBeNull();
  });
});

describe("movement on the bar", () => {
  const steps = { start: 0, stepMs: 60_000, shares: [0, 0.5, 0, 1] };

  test("is known step by step", () => {
    expect([-1, 0, 60_000, 239_999, 240_000].map((at) => shareAt(steps, at))).toEqual([
      null,
      0,
      0.5,
      1,
      null,
    ]);
  });

  test("of a minute is still seen in a view of a month", () => {
    const drawn = columns(steps, { from: 0, to: 30 * 86_400_000 }, 1000);
    expect(drawn).toEqual([{ x: 0, w: 2, share: 1 }]);
  });

  test("fills its step when the view is near", () => {
    const drawn = columns(steps, { from: 60_000, to: 120_000 }, 100);
    expect(drawn).toHaveLength(50);
    expect(new Set(drawn.map(({ share }) => share))).toEqual(new Set([0.5]));
  });
});

test("a hold has a reason, an end, and at most a day", () => {
  const now = Date.parse("2026-11-22T07:00:00Z");
  const hour = 3_600_000;
  const wish = { start: now - hour, end: now, until: now + 90 * 24 * hour, reason: "7" };
  expect(holdTrouble(wish, now)).toBeNull();
  expect(holdTrouble({ ...wish, start: null }, now)).toBe("no_time");
  expect(holdTrouble({ ...wish, end: wish.start }, now)).toBe("not_after");
  expect(holdTrouble({ ...wish, start: now - 25 * hour }, now)).toBe("too_long");
  expect(holdTrouble({ ...wish, until: now }, now)).toBe("until_wrong");
  expect(holdTrouble({ ...wish, until: now + 400 * 24 * hour }, now)).toBe("until_wrong");
  expect(holdTrouble({ ...wish, reason: "  " }, now)).toBe("reason_needed");
});

test("a clock is wrong from five seconds on, either way", () => {
  expect([null, 0, 4.9, 5, -5, -36_000].map(isWrong)).toEqual([false, false, false, true, true, true]);
});

test("a picture's file says which camera and when, in the users' own time", () => {
  expect(fileName("hall", Date.parse("2026-11-22T09:05:07Z"))).toBe("hall_2026-11-22_14-05-07.jpg");
});
