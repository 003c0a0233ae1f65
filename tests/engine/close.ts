import { assert, assertEquals } from "@std/assert";

/** Fails unless the largest difference is within `tolerance` of the largest expected value, or of 0.01 where all are
 * smaller: entries of a gradient are sums, and cancel to an error that the largest of them governs. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
) {
  assertEquals(actual.length, expected.length, `${what}: length`);
  let largest = 0.01;
  for (let k = 0; k < expected.length; k++) largest = Math.max(largest, Math.abs(expected[k]));
  for (let k = 0; k < expected.length; k++) {
    const difference = Math.abs(actual[k] - expected[k]);
    assert(
      difference <= tolerance * largest,
      `${what}[${k}]: found ${actual[k]}, expected ${expected[k]} within ${tolerance * largest}`,
    );
  }
}
