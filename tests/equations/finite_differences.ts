/** Derivatives held against finite differences, in float64. */
import { assert, assertEquals } from "@std/assert";
import type { Random } from "../../lib/random.ts";

/** Central differences of `loss` at `x`. */
export function finiteDifferences(
  loss: (x: Float64Array) => number,
  x: Float64Array,
  step = 1e-5,
): Float64Array {
  return x.map((_, k) => {
    const at = (delta: number) => loss(x.map((value, i) => i === k ? value + delta : value));
    return (at(step) - at(-step)) / (2 * step);
  });
}

export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assertEquals(actual.length, expected.length);
  for (let k = 0; k < expected.length; k++) {
    const allowed = tolerance * Math.max(1, Math.abs(expected[k]));
    assert(
      Math.abs(actual[k] - expected[k]) <= allowed,
      `element ${k}: ${actual[k]}, expected ${expected[k]} within ${allowed}`,
    );
  }
}

export const gaussians = (n: number, random: Random) =>
  Float64Array.from({ length: n }, () => random.gaussian());
