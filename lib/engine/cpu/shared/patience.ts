/** How long a thread watches for something before it goes to sleep. */

/** The shortest patience, in milliseconds: to watch that long costs nothing that counts. */
const least = 0.02;

/**
 * A thread that sleeps must be woken, which takes up to a quarter of a millisecond on a virtual machine; and
 * a rank that oversleeps a meeting makes the others oversleep the next one. A thread that watches keeps a
 * core from those that need it. So the patience doubles, up to `most` milliseconds, when that would have been
 * long enough, and halves when it would not, as on a busy machine, where the threads that are waited for wait
 * for a core themselves.
 */
export class Patience {
  #milliseconds: number;

  constructor(readonly most: number) {
    this.#milliseconds = most;
  }

  /** Watches; tells whether it `happened` before the patience ended. */
  lookOut(happened: () => boolean): boolean {
    const end = performance.now() + this.#milliseconds;
    do {
      for (let k = 0; k < 100; k++) if (happened()) return true;
    } while (performance.now() < end);
    return false;
  }

  /** Learns that after watching in vain it took `waited` milliseconds more. */
  learn(waited: number): void {
    const enough = this.#milliseconds + waited <= this.most;
    this.#milliseconds = enough
      ? Math.min(this.most, 2 * this.#milliseconds)
      : Math.max(least, this.#milliseconds / 2);
  }
}
