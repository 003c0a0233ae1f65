/** How long to look out for something before one sleeps. */

/** Milliseconds that make no odds. */
const least = 0.02;

/**
 * To sleep costs the time it takes to be woken, up to a quarter of a millisecond on a virtual machine; and who oversleeps a
 * meeting has the others oversleep the next, and so on. To look out is lost time for who needs the core. So the
 * patience doubles, up to `most` milliseconds, when that would have been long enough, and halves when it would not, as on
 * a busy machine, where one waits for threads that wait for a core.
 */
export class Patience {
  #milliseconds: number;

  constructor(readonly most: number) {
    this.#milliseconds = most;
  }

  /** Whether it `happened` before the patience ended. */
  lookOut(happened: () => boolean): boolean {
    const end = performance.now() + this.#milliseconds;
    do {
      for (let k = 0; k < 100; k++) if (happened()) return true;
    } while (performance.now() < end);
    return false;
  }

  /** After a look-out in vain it took `waited` milliseconds more. */
  learn(waited: number): void {
    const enough = this.#milliseconds + waited <= this.most;
    this.#milliseconds = enough
      ? Math.min(this.most, 2 * this.#milliseconds)
      : Math.max(least, this.#milliseconds / 2);
  }
}
