/** Bounds what a notebook computes while its reader waits. */

/**
 * The items for as long as the seconds last, counted from when the first is asked for. How many come depends on the
 * machine, what they are does not: a curve over them is the same as far as it goes. `now` gives milliseconds.
 */
export function* within<T>(
  seconds: number,
  items: Iterable<T>,
  now: () => number = () => performance.now(),
): Generator<T, void> {
  const end = now() + 1000 * seconds;
  for (const item of items) {
    if (now() >= end) return;
    yield item;
  }
}

/** The items that `pass` gives, pass after pass without end. Throws if a pass has none. */
export function* passes<T>(pass: () => Iterable<T>): Generator<T, never> {
  for (;;) {
    let isEmpty = true;
    for (const item of pass()) {
      isEmpty = false;
      yield item;
    }
    if (isEmpty) throw new Error("A pass through the data has no batches: there are too few data for one.");
  }
}
