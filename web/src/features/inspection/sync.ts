/**
 * Sends what is finished, as soon as there is a network. One owner of "is it being sent": this queue.
 *
 * Every step may be repeated: the centre takes an inspection by its id and a photo by its digest, once, and says which
 * photos it still wants; after a cut it goes on with those. The queue is bounded by what lies on the phone; the oldest goes first.
 */
import { ApiProblem } from "@/api/client";
import { backoffMs } from "@/world/backoff";
import type { Keep } from "./keep";
import { type Inspection, photosOf, where } from "./record";

export interface Uplink {
  /** Which photos the centre still wants. */
  putInspection(inspection: Inspection): Promise<readonly string[]>;
  putPhoto(inspection: string, digest: string, photo: Blob): Promise<void>;
}

export type SyncState =
  | { word: "idle" }
  /** `done` of `all` steps of the inspection that is being sent. */
  | { word: "sending"; id: string; done: number; all: number }
  /** The centre does not answer; it is tried again by itself. */
  | { word: "no_network" }
  /** The centre does not know any more who this is. */
  | { word: "sign_in" };

/** Codes that pass by themselves; all others need a person. */
function passes(problem: ApiProblem): boolean {
  return problem.code === "unreachable" || problem.status === 429 || problem.status >= 500;
}

export class SyncQueue {
  #state: SyncState = { word: "idle" };
  #listeners = new Set<() => void>();
  #running: Promise<void> | null = null;
  #again = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly keep: Keep,
    private readonly uplink: Uplink,
    private readonly user: string,
    private readonly onChange: () => void,
    private readonly now: () => string = () => new Date().toISOString(),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SyncState => this.#state;

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Something was finished, the network is back, or a person asks. Resolves when nothing is under way any more. */
  wake(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#running !== null) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#sendAll();
      } while (this.#again);
      this.#attempt = 0;
      this.#show({ word: "idle" });
    } catch (error) {
      this.#stopped(error);
    }
  }

  async #sendAll(): Promise<void> {
    const waiting = (await this.keep.inspections(this.user)).filter((one) => where(one) === "waiting");
    for (const inspection of waiting.reverse()) await this.#send(inspection);
  }

  /** Throws what passes by itself; writes down what does not. */
  async #send(inspection: Inspection): Promise<void> {
    try {
      await this.#steps(inspection);
      await this.keep.save({ ...inspection, sentAt: this.now() });
    } catch (error) {
      if (!(error instanceof ApiProblem) || passes(error) || error.status === 401) throw error;
      await this.keep.save({ ...inspection, refused: error.code });
    }
    this.onChange();
  }

  async #steps(inspection: Inspection): Promise<void> {
    const all = photosOf(inspection.items).length + 1;
    this.#show({ word: "sending", id: inspection.id, done: 0, all });
    const missing = await this.uplink.putInspection(inspection);
    for (const [index, digest] of missing.entries()) {
      this.#show({ word: "sending", id: inspection.id, done: all - missing.length + index, all });
      const photo = await this.keep.photo(inspection.id, digest);
      if (photo === undefined) throw new ApiProblem("inspection.photo_lost", 410, digest);
      await this.uplink.putPhoto(inspection.id, digest, new Blob([photo.bytes], { type: photo.type }));
    }
  }

  #stopped(error: unknown): void {
    if (!(error instanceof ApiProblem)) {
      this.#show({ word: "idle" });
      throw error;
    }
    if (error.status === 401) {
      this.#show({ word: "sign_in" });
      return;
    }
    this.#show({ word: "no_network" });
    this.#timer = setTimeout(() => void this.wake(), backoffMs(this.#attempt));
    this.#attempt += 1;
  }

  #show(state: SyncState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
