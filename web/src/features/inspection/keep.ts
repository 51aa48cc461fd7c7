/**
 * What lies on this phone, in IndexedDB: schools taken along, inspections, and their photos.
 *
 * Promise: when `save` has returned, the inspection outlives a reload, a crash of the browser and a dead battery
 * (strict durability). Nothing is deleted before the centre has it, but by the person who made it.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Inspection } from "./record";
import type { Pack } from "./wire";

export const NAME = "qorgan-inspection";
const VERSION = 1;
/** Plans are for official use: a school that was taken along is forgotten after so long. */
export const KEPT_MS = 7 * 24 * 3_600_000;

export interface Taken {
  school: string;
  user: string;
  takenAt: string;
  pack: Pack;
}

export interface Photo {
  inspection: string;
  digest: string;
  type: string;
  bytes: ArrayBuffer;
}

interface Tables extends DBSchema {
  packs: { key: [string, string]; value: Taken };
  drawings: { key: string; value: { address: string; school: string; type: string; bytes: ArrayBuffer } };
  inspections: { key: string; value: Inspection };
  photos: { key: [string, string]; value: Photo; indexes: { inspection: string } };
}

const SURE = { durability: "strict" } as const;

export class Keep {
  constructor(private readonly tables: IDBPDatabase<Tables>) {}

  static async open(name = NAME): Promise<Keep> {
    return new Keep(
      await openDB<Tables>(name, VERSION, {
        upgrade(tables) {
          tables.createObjectStore("packs", { keyPath: ["user", "school"] });
          tables.createObjectStore("drawings", { keyPath: "address" });
          tables.createObjectStore("inspections", { keyPath: "id" });
          tables
            .createObjectStore("photos", { keyPath: ["inspection", "digest"] })
            .createIndex("inspection", "inspection");
        },
        // a newer page of ours wants to change the tables: it may, this one is shown anew
        blocking: (_old, _new, event) => (event.target as IDBDatabase).close(),
      }),
    );
  }

  close(): void {
    this.tables.close();
  }

  /** A school is taken along whole: its list and the drawings of its plans, or nothing. */
  async take(
    taken: Taken,
    drawings: readonly { address: string; type: string; bytes: ArrayBuffer }[],
  ): Promise<void> {
    const deed = this.tables.transaction(["packs", "drawings"], "readwrite", SURE);
    await Promise.all([
      deed.objectStore("packs").put(taken),
      ...drawings.map((one) => deed.objectStore("drawings").put({ ...one, school: taken.school })),
      deed.done,
    ]);
  }

  async taken(user: string): Promise<Taken[]> {
    return (await this.tables.getAll("packs")).filter((one) => one.user === user);
  }

  async pack(user: string, school: string): Promise<Taken | undefined> {
    return this.tables.get("packs", [user, school]);
  }

  async drawing(address: string): Promise<Blob | null> {
    const found = await this.tables.get("drawings", address);
    return found === undefined ? null : new Blob([found.bytes], { type: found.type });
  }

  /** A school is forgotten, with the drawings of its plans. Inspections stay. */
  async forget(user: string, school: string): Promise<void> {
    const deed = this.tables.transaction(["packs", "drawings"], "readwrite", SURE);
    await deed.objectStore("packs").delete([user, school]);
    const others = (await deed.objectStore("packs").getAll()).some((one) => one.school === school);
    if (!others)
      for (const one of await deed.objectStore("drawings").getAll())
        if (one.school === school) await deed.objectStore("drawings").delete(one.address);
    await deed.done;
  }

  /** Of everybody: what was taken along too long ago. */
  async forgetOld(now: number): Promise<void> {
    for (const { user, school, takenAt } of await this.tables.getAll("packs"))
      if (now - Date.parse(takenAt) > KEPT_MS) await this.forget(user, school);
  }

  async save(inspection: Inspection): Promise<void> {
    const deed = this.tables.transaction("inspections", "readwrite", SURE);
    await Promise.all([deed.store.put(inspection), deed.done]);
  }

  /** Before the inspection names it: a name always has its photo. */
  async savePhoto(photo: Photo): Promise<void> {
    const deed = this.tables.transaction("photos", "readwrite", SURE);
    await Promise.all([deed.store.put(photo), deed.done]);
  }

  inspection(id: string): Promise<Inspection | undefined> {
    return this.tables.get("inspections", id);
  }

  /** One person's, newest first. */
  async inspections(user: string): Promise<Inspection[]> {
    const all = await this.tables.getAll("inspections");
    return all
      .filter((one) => one.user === user)
      .sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1));
  }

  async photo(inspection: string, digest: string): Promise<Photo | undefined> {
    return this.tables.get("photos", [inspection, digest]);
  }

  /** Taken off this phone, with its photos: the centre has it, or the person throws it away. */
  async remove(inspection: string): Promise<void> {
    const deed = this.tables.transaction(["inspections", "photos"], "readwrite", SURE);
    await deed.objectStore("inspections").delete(inspection);
    const photos = deed.objectStore("photos");
    for (const key of await photos.index("inspection").getAllKeys(inspection)) await photos.delete(key);
    await deed.done;
  }
}
