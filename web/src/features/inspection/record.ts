/** An inspection as the phone keeps it, and every change that a person makes to it. Pure. */
import type { Category } from "@/vocabulary/remarks";

export const ITEM_KINDS = ["camera", "zone", "button", "exit", "other"] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];
export const ANSWERS = ["ok", "remark", "not_seen"] as const;
export type Answer = (typeof ANSWERS)[number];

/** The centre takes no more of them. */
export const MOST_ITEMS = 500;
export const MOST_PHOTOS = 5;
export const MOST_PHOTOS_OF_ALL = 100;
export const LONGEST_TEXT = 2_000;
export const LONGEST_LABEL = 200;
export const LONGEST_NAME = 200;

export interface Item {
  /** Its name for itself: a remark that was made of it is made once. */
  readonly key: string;
  readonly kind: ItemKind;
  readonly camera: string | null;
  readonly plan: string | null;
  readonly zone: string | null;
  /** What a person reads: as it was called when the school was taken along. */
  readonly label: string;
  readonly answer: Answer | null;
  readonly text: string;
  readonly category: Category;
  /** SHA-256 of their bytes, in hexadecimal digits; the bytes lie beside. */
  readonly photos: readonly string[];
}

export interface Place {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
}

export interface Signature {
  readonly name: string;
  /** SVG path data of what the finger drew, in a box of `BOX` units. */
  readonly path: string;
}

export interface Inspection {
  readonly id: string;
  /** Whose it is: on a shared phone nobody sees another's. */
  readonly user: string;
  readonly school: string;
  readonly schoolName: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly place: Place | null;
  readonly items: readonly Item[];
  readonly signature: Signature | null;
  /** Since when the centre has all of it. */
  readonly sentAt: string | null;
  /** Why the centre did not take it: a code; a person looks at it before it is sent again. */
  readonly refused: string | null;
}

export type Subject = Pick<Item, "key" | "kind" | "camera" | "plan" | "zone" | "label">;

export function begun(
  about: Pick<Inspection, "id" | "user" | "school" | "schoolName">,
  subjects: readonly Subject[],
  now: string,
): Inspection {
  return {
    ...about,
    startedAt: now,
    finishedAt: null,
    place: null,
    items: subjects.slice(0, MOST_ITEMS).map(untouched),
    signature: null,
    sentAt: null,
    refused: null,
  };
}

function untouched(subject: Subject): Item {
  return { ...subject, answer: null, text: "", category: "other", photos: [] };
}

/** What has been signed does not change any more. */
export function isFinished(inspection: Inspection): boolean {
  return inspection.finishedAt !== null;
}

function withItem(inspection: Inspection, key: string, change: (item: Item) => Item): Inspection {
  if (isFinished(inspection)) return inspection;
  return { ...inspection, items: inspection.items.map((item) => (item.key === key ? change(item) : item)) };
}

/** The same answer again takes it back: a mis-press on a phone is undone where it happened. */
export function answered(inspection: Inspection, key: string, answer: Answer): Inspection {
  return withItem(inspection, key, (item) => ({ ...item, answer: item.answer === answer ? null : answer }));
}

export function described(
  inspection: Inspection,
  key: string,
  change: Partial<Pick<Item, "text" | "category" | "label">>,
): Inspection {
  return withItem(inspection, key, (item) => ({
    ...item,
    ...change,
    text: (change.text ?? item.text).slice(0, LONGEST_TEXT),
    label: (change.label ?? item.label).slice(0, LONGEST_LABEL),
  }));
}

/** Whether one more photo may be taken of an item. */
export function hasRoom(inspection: Inspection, item: Item): boolean {
  return (
    item.photos.length < MOST_PHOTOS &&
    inspection.items.reduce((sum, { photos }) => sum + photos.length, 0) < MOST_PHOTOS_OF_ALL
  );
}

/** A photo belongs to an item once; a full item, or a full inspection, takes no more. */
export function photographed(inspection: Inspection, key: string, digest: string): Inspection {
  return withItem(inspection, key, (item) =>
    item.photos.includes(digest) || !hasRoom(inspection, item)
      ? item
      : { ...item, photos: [...item.photos, digest] },
  );
}

export function withoutPhoto(inspection: Inspection, key: string, digest: string): Inspection {
  return withItem(inspection, key, (item) => ({
    ...item,
    photos: item.photos.filter((one) => one !== digest),
  }));
}

/** Something that the list did not have; it stands at the end, to be described as a remark. */
export function added(inspection: Inspection, key: string, label: string): Inspection {
  if (isFinished(inspection) || inspection.items.length >= MOST_ITEMS) return inspection;
  const subject: Subject = { key, kind: "other", camera: null, plan: null, zone: null, label };
  return { ...inspection, items: [...inspection.items, { ...untouched(subject), answer: "remark" }] };
}

/** What was added by mistake; the school's own cameras and zones stay. */
export function withoutItem(inspection: Inspection, key: string): Inspection {
  if (isFinished(inspection)) return inspection;
  return {
    ...inspection,
    items: inspection.items.filter((item) => item.key !== key || item.kind !== "other"),
  };
}

export function located(inspection: Inspection, place: Place | null): Inspection {
  return isFinished(inspection) ? inspection : { ...inspection, place };
}

export interface Progress {
  /** With an answer, even that it was not looked at. */
  readonly done: number;
  readonly seen: number;
  readonly all: number;
  readonly remarks: number;
  readonly photos: number;
}

export function progress({ items }: Inspection): Progress {
  return {
    done: items.filter(({ answer }) => answer !== null).length,
    seen: items.filter(({ answer }) => answer === "ok" || answer === "remark").length,
    all: items.length,
    remarks: items.filter(({ answer }) => answer === "remark").length,
    photos: photosOf(items).length,
  };
}

/** Each photo once, in the order in which they were taken. */
export function photosOf(items: readonly Item[]): string[] {
  return [...new Set(items.flatMap(({ photos }) => photos))];
}

export type Lack = "nothing" | "words" | "name" | "signature";

/** Why it cannot be finished yet. What nobody has looked at may stay: it is sent as not seen. */
export function lacks({ items }: Inspection, signature: Signature): Lack | null {
  if (items.every(({ answer }) => answer === null)) return "nothing";
  if (items.some(({ answer, text }) => answer === "remark" && text.trim() === "")) return "words";
  if (signature.name.trim() === "") return "name";
  return signature.path === "" ? "signature" : null;
}

/** Signed: from now on it waits to be sent and does not change. */
export function finished(inspection: Inspection, signature: Signature, now: string): Inspection {
  if (isFinished(inspection) || lacks(inspection, signature) !== null) return inspection;
  return {
    ...inspection,
    items: inspection.items.map((item) => ({ ...item, answer: item.answer ?? "not_seen" })),
    signature: { ...signature, name: signature.name.trim().slice(0, LONGEST_NAME) },
    finishedAt: now,
  };
}

/** The centre did not take it as it is: it is opened again, to be corrected and signed anew. */
export function reopened(inspection: Inspection): Inspection {
  if (where(inspection) !== "refused") return inspection;
  return { ...inspection, finishedAt: null, signature: null, refused: null };
}

export type Where = "open" | "waiting" | "refused" | "sent";

/** Where it is: being filled in, on this phone only, refused by the centre, at the centre. */
export function where({ finishedAt, sentAt, refused }: Inspection): Where {
  if (sentAt !== null) return "sent";
  if (finishedAt === null) return "open";
  return refused === null ? "waiting" : "refused";
}
