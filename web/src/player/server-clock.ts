/**
 * The centre's clock as a browser knows it: asked over the same socket as the pictures. Pure; times in ms.
 *
 * Half of a question's way there and back would be a guess on a link that is slow in one direction. A picture shall never
 * seem newer than it is: an answer is taken to have spent all of that time on its way here, and the quickest of the last
 * answers is believed. `at` are times of a clock that is never set (`performance.now()`).
 */

/** Answers that are remembered: those of the last minute and a half. */
const KEPT = 18;
/** In turns of `LOOK_EVERY_MS`: often in the beginning, when pages are slow to answer; then seldom. */
const EAGER_UNTIL = 20;
const EAGER_EVERY = 4;
const EVERY = 20;

interface Answer {
  tookMs: number;
  /** The centre's clock minus ours, at most. */
  aheadMs: number;
}

export class ServerClock {
  #asked = new Map<number, number>();
  #answers: Answer[] = [];
  #next = 1;
  #turn = 0;

  /** A new socket: what was asked on the old one is not answered any more. Answers stay true. */
  begin(): void {
    this.#asked.clear();
    this.#turn = 0;
  }

  /** Once in `LOOK_EVERY_MS`: the number of a question to send now, or null. */
  question(at: number): number | null {
    const turn = this.#turn++;
    if (turn % (turn < EAGER_UNTIL ? EAGER_EVERY : EVERY) !== 0) return null;
    const id = this.#next++;
    this.#asked.set(id, at);
    this.#asked.delete(id - KEPT);
    return id;
  }

  answered(id: number, serverMs: number, at: number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    const answer = { tookMs: at - asked, aheadMs: serverMs - asked };
    this.#answers = [...this.#answers, answer].slice(-KEPT);
  }

  /** The centre's time in epoch ms, or a little later, never earlier; null before the first answer. */
  now(at: number): number | null {
    const [first, ...rest] = this.#answers;
    if (first === undefined) return null;
    return at + rest.reduce((best, one) => (one.tookMs < best.tookMs ? one : best), first).aheadMs;
  }
}
