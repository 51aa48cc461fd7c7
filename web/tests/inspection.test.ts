/** An inspection on a phone: nothing is lost on it, and it is sent once, whole, when there is a network. */
import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiProblem } from "@/api/client";
import { Keep, KEPT_MS, type Taken } from "@/features/inspection/keep";
import { digestOf, fitted } from "@/features/inspection/photos";
import {
  added,
  answered,
  begun,
  described,
  finished,
  type Inspection,
  lacks,
  photographed,
  progress,
  reopened,
  type Subject,
  where,
  withoutItem,
} from "@/features/inspection/record";
import {
  begunStroke,
  BOX,
  continued,
  dotAt,
  isSigned,
  MOST_DOTS,
  pathOf,
  type Stroke,
} from "@/features/inspection/signature";
import { SyncQueue, type Uplink } from "@/features/inspection/sync";
import { type Pack, placeOf, subjectsOf, wishOf } from "@/features/inspection/wire";

const SUBJECTS: Subject[] = ["hall", "porch", "yard"].map((key) => ({
  key: `camera:${key}`,
  kind: "camera",
  camera: key,
  plan: null,
  zone: null,
  label: key,
}));
const NOW = "2026-11-23T05:00:00.000Z";
const SIGNED = { name: "Сандуғаш Ержанова", path: "M10,10 L200,90" };
const ABOUT = { id: "visit-1", user: "inspector", school: "school", schoolName: "№ 12" };
const begin = (id = "visit-1") => begun({ ...ABOUT, id }, SUBJECTS, NOW);

function seen(inspection: Inspection): Inspection {
  const remarked = answered(answered(inspection, "camera:hall", "ok"), "camera:porch", "remark");
  return described(remarked, "camera:porch", { text: "Не видно лиц", category: "angle" });
}
const signed = (inspection: Inspection) => finished(seen(inspection), SIGNED, NOW);

describe("what a person does", () => {
  test("the same answer again takes it back", () => {
    const once = answered(begin(), "camera:hall", "ok");
    expect(progress(once).done).toBe(1);
    expect(answered(once, "camera:hall", "ok").items[0]?.answer).toBeNull();
    expect(answered(once, "camera:hall", "remark").items[0]?.answer).toBe("remark");
  });

  test("cannot be finished before it says something, with words and a signature", () => {
    expect(lacks(begin(), SIGNED)).toBe("nothing");
    expect(lacks(answered(begin(), "camera:hall", "remark"), SIGNED)).toBe("words");
    expect(lacks(seen(begin()), { ...SIGNED, name: " " })).toBe("name");
    expect(lacks(seen(begin()), { ...SIGNED, path: "" })).toBe("signature");
    expect(lacks(seen(begin()), SIGNED)).toBeNull();
  });

  test("what was not looked at is sent as not seen, and a signed one stands still", () => {
    const done = signed(begin());
    expect(done.items.map(({ answer }) => answer)).toEqual(["ok", "remark", "not_seen"]);
    expect(progress(done)).toMatchObject({ done: 3, seen: 2, all: 3, remarks: 1 });
    expect(where(done)).toBe("waiting");
    expect(answered(done, "camera:yard", "ok")).toBe(done);
    expect(photographed(done, "camera:yard", "d")).toBe(done);
    expect(reopened(done)).toBe(done);
    expect(where(reopened({ ...done, refused: "inspection.target" }))).toBe("open");
  });

  test("something that the list did not have is a remark, and can be taken off again", () => {
    const more = added(begin(), "key", "Розетка у входа");
    expect(more.items.at(-1)).toMatchObject({ kind: "other", label: "Розетка у входа", answer: "remark" });
    expect(withoutItem(more, "key").items).toHaveLength(3);
    expect(withoutItem(more, "camera:hall").items).toHaveLength(4);
  });

  test("an item has a photo once, and five at most", () => {
    let now = begin();
    for (const digest of ["a", "a", "b", "c", "d", "e", "f"]) now = photographed(now, "camera:hall", digest);
    expect(now.items[0]?.photos).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe("a signature", () => {
  const AREA = { left: 100, top: 50, width: 300, height: 110 };
  const drawn = (points: [number, number][]): readonly Stroke[] => {
    const [first, ...rest] = points.map(([clientX, clientY]) => dotAt({ clientX, clientY }, AREA));
    return first === undefined ? [] : rest.reduce(continued, begunStroke([], first));
  };

  test("is strokes within its box, whatever the size of the screen", () => {
    const path = pathOf(
      drawn([
        [100, 50],
        [250, 105],
        [9_000, 9_000],
      ]),
    );
    expect(path).toBe(`M0,0 L300,110 L${BOX.width},${BOX.height}`);
    expect(path).toMatch(/^M\d{1,4},\d{1,4}( [ML]\d{1,4},\d{1,4})*$/);
  });

  test("is no slip of a finger", () => {
    expect(isSigned(drawn([[120, 60]]))).toBe(false);
    expect(isSigned(drawn([[120, 60], [140, 80], [180, 60]]))).toBe(true); // prettier-ignore
  });

  test("is never longer than the centre takes", () => {
    let strokes: readonly Stroke[] = begunStroke([], { x: 0, y: 0 });
    for (let index = 1; index < MOST_DOTS * 2; index += 1)
      strokes = continued(strokes, { x: BOX.width - (index % 2) * 99, y: (index * 37) % BOX.height });
    expect(pathOf(strokes).length).toBeLessThanOrEqual(20_000);
    expect(begunStroke(strokes, { x: 1, y: 1 })).toBe(strokes);
  });
});

test("photos are made small and never large", () => {
  expect(fitted(4_000, 3_000, 2_000)).toEqual({ width: 2_000, height: 1_500 });
  expect(fitted(300, 900, 2_000)).toEqual({ width: 300, height: 900 });
  expect(fitted(1, 100_000, 2_000)).toEqual({ width: 1, height: 2_000 });
});

const PACK = {
  cameras: [{ id: "c1", name: { kk: "Фойе", ru: "Фойе", en: "Hall" } }],
  buttons: [{ key: "b1", name: { kk: "Асхана", ru: "Столовая", en: "Dining" } }],
  plans: [
    {
      id: "p1",
      name: "1",
      image: "/i",
      points: [
        { key: "k1", kind: "camera", camera: "c1", way: null, x: 0.2, y: 0.3, label: "" },
        { key: "k2", kind: "exit", camera: null, way: null, x: 0.9, y: 0.1, label: "" },
      ],
      zones: [{ key: "z1", kind: "corridor", name: "", outline: [{ x: 0, y: 0 }] }],
    },
  ],
  remarks: [],
} as unknown as Pack;
const WORDS = {
  name: ({ ru }: { ru: string }) => ru,
  zone: (kind: string) => kind,
  point: (kind: string) => kind,
};

test("the list is the school's cameras, buttons, zones and exits, each with its place on the plan", () => {
  const subjects = subjectsOf(PACK, WORDS);
  expect(subjects.map(({ key, kind, label }) => [key, kind, label])).toEqual([
    ["camera:c1", "camera", "Фойе"],
    ["button:b1", "button", "Столовая"],
    ["zone:z1", "zone", "corridor · 1"],
    ["exit:k2", "exit", "exit · 1"],
  ]);
  const { items } = begun(ABOUT, subjects, NOW);
  const places = items.map((item) => placeOf(PACK, item)?.outline.length ?? 0);
  expect(places).toEqual([1, 0, 1, 1]);
});

test("what is sent is the whole of it, as the centre takes it", () => {
  const wish = wishOf(signed(begin()));
  expect(wish.items).toHaveLength(3);
  expect(wish.items[1]).toEqual({
    key: "camera:porch",
    kind: "camera",
    camera: "porch",
    plan: null,
    zone: "",
    label: "porch",
    answer: "remark",
    text: "Не видно лиц",
    category: "angle",
    photos: [],
  });
  expect(wish.signature).toEqual({ name: SIGNED.name, strokes: SIGNED.path });
});

/** A centre that keeps what it was sent; `fail` is thrown by the next calls. */
class FakeCentre implements Uplink {
  visits = new Map<string, Inspection>();
  photos = new Set<string>();
  asked: string[] = [];
  fails: (Error | null)[] = [];

  async putInspection(inspection: Inspection): Promise<readonly string[]> {
    this.#meet(`inspection ${inspection.id}`);
    this.visits.set(inspection.id, inspection);
    return inspection.items.flatMap(({ photos }) => photos).filter((digest) => !this.photos.has(digest));
  }

  async putPhoto(_inspection: string, digest: string, photo: Blob): Promise<void> {
    this.#meet(`photo ${digest}`);
    expect(photo.size).toBeGreaterThan(0);
    this.photos.add(digest);
  }

  #meet(what: string): void {
    this.asked.push(what);
    const error = this.fails.shift();
    if (error) throw error;
  }
}

const AWAY = new ApiProblem("unreachable", 0, "");

describe("this phone", () => {
  let keep: Keep;
  let name: string;
  let count = 0;
  const queues: SyncQueue[] = [];
  beforeEach(async () => {
    name = `phone ${(count += 1)}`;
    keep = await Keep.open(name);
  });
  afterEach(() => {
    for (const queue of queues.splice(0)) queue.stop();
    keep.close();
  });
  const queueOf = (centre: Uplink, user = "inspector") => {
    const queue = new SyncQueue(
      keep,
      centre,
      user,
      () => undefined,
      () => NOW,
    );
    queues.push(queue);
    return queue;
  };
  const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
  async function withPhotos(...digests: string[]): Promise<Inspection> {
    let visit = begin();
    for (const digest of digests) {
      await keep.savePhoto({ inspection: visit.id, digest, type: "image/jpeg", bytes: bytes(digest) });
      visit = photographed(visit, "camera:hall", digest);
    }
    const done = signed(visit);
    await keep.save(done);
    return done;
  }

  test("has everything after the page was closed and opened again", async () => {
    await withPhotos("aa");
    keep.close();
    keep = await Keep.open(name);
    const [found] = await keep.inspections("inspector");
    expect(found?.items[1]?.text).toBe("Не видно лиц");
    const photo = await keep.photo("visit-1", "aa");
    expect(new TextDecoder().decode(photo?.bytes)).toBe("aa");
  });

  test("shows nobody another's inspections", async () => {
    await withPhotos();
    expect(await keep.inspections("somebody else")).toEqual([]);
  });

  test("sends nothing that is not finished, and what is finished once", async () => {
    const centre = new FakeCentre();
    await keep.save(seen(begin("open")));
    await withPhotos("aa", "bb");
    const queue = queueOf(centre);
    await queue.wake();
    await queue.wake();
    expect(centre.asked).toEqual(["inspection visit-1", "photo aa", "photo bb"]);
    expect(where((await keep.inspection("visit-1")) as Inspection)).toBe("sent");
    expect(where((await keep.inspection("open")) as Inspection)).toBe("open");
    expect(queue.state().word).toBe("idle");
  });

  test("goes on after a cut with what the centre does not have yet", async () => {
    const centre = new FakeCentre();
    await withPhotos("aa", "bb");
    centre.fails = [null, null, AWAY];
    const queue = queueOf(centre);
    await queue.wake();
    expect(queue.state().word).toBe("no_network");
    expect(where((await keep.inspection("visit-1")) as Inspection)).toBe("waiting");
    centre.asked = [];
    await queue.wake();
    expect(centre.asked).toEqual(["inspection visit-1", "photo bb"]);
    expect(where((await keep.inspection("visit-1")) as Inspection)).toBe("sent");
  });

  test("asks to sign in, and forgets nothing meanwhile", async () => {
    const centre = new FakeCentre();
    await withPhotos();
    centre.fails = [new ApiProblem("not_signed_in", 401, "")];
    const queue = queueOf(centre);
    await queue.wake();
    expect(queue.state().word).toBe("sign_in");
    expect(where((await keep.inspection("visit-1")) as Inspection)).toBe("waiting");
  });

  test("what the centre refuses waits for a person, and the next one is sent", async () => {
    const centre = new FakeCentre();
    await withPhotos();
    await keep.save({ ...signed(begin("later")), startedAt: "2026-11-23T06:00:00.000Z" });
    centre.fails = [new ApiProblem("inspection.target", 422, "")];
    await queueOf(centre).wake();
    const refused = (await keep.inspection("visit-1")) as Inspection;
    expect([where(refused), refused.refused]).toEqual(["refused", "inspection.target"]);
    expect(where((await keep.inspection("later")) as Inspection)).toBe("sent");
  });

  test("an inspection is not called sent while one of its photos is lost", async () => {
    const centre = new FakeCentre();
    const visit = await withPhotos("aa");
    await keep.remove(visit.id);
    await keep.save(visit);
    await queueOf(centre).wake();
    expect(((await keep.inspection("visit-1")) as Inspection).refused).toBe("inspection.photo_lost");
  });

  test("forgets a school after a week, with its drawings, and no inspection", async () => {
    const taken: Taken = { school: "school", user: "inspector", takenAt: NOW, pack: PACK };
    await keep.take(taken, [{ address: "/i", type: "image/png", bytes: bytes("plan") }]);
    await keep.save(begin());
    await keep.forgetOld(Date.parse(NOW) + KEPT_MS);
    expect(await keep.taken("inspector")).toHaveLength(1);
    await keep.forgetOld(Date.parse(NOW) + KEPT_MS + 1);
    expect(await keep.taken("inspector")).toEqual([]);
    expect(await keep.drawing("/i")).toBeNull();
    expect(await keep.inspections("inspector")).toHaveLength(1);
  });

  test("taken off the phone, its photos go with it", async () => {
    const visit = await withPhotos("aa");
    await keep.remove(visit.id);
    expect(await keep.photo(visit.id, "aa")).toBeUndefined();
  });
});

test("a photo is named by the SHA-256 of its bytes", async () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  expect(await digestOf(new ArrayBuffer(0))).toBe(empty);
});
