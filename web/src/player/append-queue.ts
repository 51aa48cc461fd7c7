/** Serialises what is done to one SourceBuffer: appends strictly in order, removals and offsets between them. */

type Bytes = Uint8Array<ArrayBuffer>;
type Job =
  | { kind: "append"; bytes: Bytes }
  | { kind: "remove"; start: number; end: number }
  | { kind: "offset"; seconds: number }
  | { kind: "abort" }
  | { kind: "done"; resolve: () => void };

/** Appends that wait are joined up to this size: one call into the media stack instead of many. */
const JOIN_BYTES = 512_000;

export class AppendQueue {
  #jobs: Job[] = [];
  #closed = false;

  /**
   * `makeRoom` is asked when the buffer is full: it returns what may go, or null when nothing may (never an empty stretch).
   * `onError` is called once, when nothing more will be appended.
   */
  constructor(
    private readonly buffer: SourceBuffer,
    private readonly makeRoom: () => { start: number; end: number } | null,
    private readonly onError: (reason: "quota" | "decode") => void,
  ) {
    buffer.addEventListener("updateend", this.#pump);
    buffer.addEventListener("error", this.#broke);
  }

  append(bytes: Bytes): void {
    this.#add({ kind: "append", bytes });
  }

  remove(start: number, end: number): void {
    this.#add({ kind: "remove", start, end });
  }

  /** From here on, sample times are shifted by so many seconds. Only between whole media segments. */
  offset(seconds: number): void {
    this.#add({ kind: "offset", seconds });
  }

  /** Resolves when everything asked for so far is done, or will never be. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#add({ kind: "done", resolve });
    });
  }

  /** Forget what waits and start parsing anew: what comes next begins with an initialisation segment. */
  reset(): void {
    this.#forget();
    this.#add({ kind: "abort" });
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    this.buffer.removeEventListener("updateend", this.#pump);
    this.buffer.removeEventListener("error", this.#broke);
  }

  #forget(): void {
    const forgotten = this.#jobs;
    this.#jobs = [];
    for (const job of forgotten) if (job.kind === "done") job.resolve();
  }

  #add(job: Job): void {
    if (this.#closed) return;
    this.#jobs.push(job);
    this.#pump();
  }

  readonly #broke = () => this.#fail("decode");

  #fail(reason: "quota" | "decode"): void {
    if (this.#closed) return;
    this.close();
    this.onError(reason);
  }

  readonly #pump = () => {
    while (!this.#closed && !this.buffer.updating && this.#jobs.length > 0) {
      const job = this.#jobs[0];
      if (job === undefined) return;
      if (job.kind === "append") {
        this.#appendNext();
        continue;
      }
      this.#jobs.shift();
      if (job.kind === "remove") this.buffer.remove(job.start, job.end);
      else if (job.kind === "offset") this.buffer.timestampOffset = job.seconds;
      else if (job.kind === "done") job.resolve();
      else this.buffer.abort();
    }
  };

  #appendNext(): void {
    const taken = this.#takeJoined();
    try {
      this.buffer.appendBuffer(taken);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") {
        this.#fail("decode");
        return;
      }
      const room = this.makeRoom();
      if (room === null) {
        this.#fail("quota");
        return;
      }
      this.#jobs.unshift({ kind: "remove", ...room }, { kind: "append", bytes: taken });
    }
  }

  #takeJoined(): Bytes {
    const parts: Bytes[] = [];
    let size = 0;
    for (let job = this.#jobs[0]; job?.kind === "append"; job = this.#jobs[0]) {
      if (size > 0 && size + job.bytes.length > JOIN_BYTES) break;
      parts.push(job.bytes);
      size += job.bytes.length;
      this.#jobs.shift();
    }
    return joined(parts);
  }
}

/** One array of many; the only one stays itself. */
export function joined(parts: readonly Bytes[]): Bytes {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
