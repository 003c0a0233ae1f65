import { assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { mixtureDensity, mixtureOf } from "../../lib/network/mixture.ts";
import { softWindowWeights } from "../../lib/network/window_weights.ts";

// Two components: ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂
const outputs = [0.3, 1, -1, 0.2, -0.4, 0.1, 0.6, -0.5, 0.25, 0.4, -1, 0.3, -0.8];

Deno.test("mixtureOf follows Eqs. 18 to 22", () => {
  const mixture = mixtureOf(outputs);
  assertAlmostEquals(mixture.endOfStroke, 1 / (1 + Math.exp(0.3)), 1e-15);
  assertAlmostEquals(mixture.weights[0], 1 / (1 + Math.exp(-2)), 1e-15);
  assertAlmostEquals(mixture.weights[0] + mixture.weights[1], 1, 1e-15);
  assertEquals([...mixture.mean1], [0.2, -0.4]);
  assertEquals([...mixture.mean2], [0.1, 0.6]);
  assertAlmostEquals(mixture.std1[1], Math.exp(0.25), 1e-15);
  assertAlmostEquals(mixture.std2[0], Math.exp(0.4), 1e-15);
  assertAlmostEquals(mixture.correlation[1], Math.tanh(-0.8), 1e-15);
});

Deno.test("a bias sharpens the mixture (Eqs. 61 and 62) and leaves means and end of stroke", () => {
  const plain = mixtureOf(outputs), biased = mixtureOf(outputs, 1.5);
  assertAlmostEquals(biased.std1[0], plain.std1[0] * Math.exp(-1.5), 1e-15);
  assertAlmostEquals(biased.weights[0], 1 / (1 + Math.exp(-2 * 2.5)), 1e-15);
  assertEquals(biased.mean1, plain.mean1);
  assertEquals(biased.endOfStroke, plain.endOfStroke);
});

Deno.test("very large outputs do not overflow the softmax", () => {
  assertEquals([...mixtureOf([0, 1000, 900, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).weights], [1, Math.exp(-100)]);
});

Deno.test("mixtureOf refuses a wrong length and a negative bias", () => {
  assertThrows(() => mixtureOf([1, 2, 3]), RangeError, "found 3");
  assertThrows(() => mixtureOf(outputs, -1), RangeError, "0 or greater");
});

Deno.test("the mixture density integrates to one", () => {
  const mixture = mixtureOf(outputs), step = 0.05;
  let integral = 0;
  for (let x = -9; x <= 9; x += step) {
    for (let y = -9; y <= 9; y += step) integral += mixtureDensity(mixture, x, y) * step * step;
  }
  assertAlmostEquals(integral, 1, 1e-4);
});

Deno.test("softWindowWeights follows Eq. 46 and peaks at kappa", () => {
  const weights = softWindowWeights([2, 0.5, 1, 3, 4, 1.5], 6);
  assertAlmostEquals(weights[3], 2 + 0.5 * Math.exp(-3 * 2.5 ** 2), 1e-15);
  assertGreater(weights[3], weights[2]);
  assertEquals(weights.length, 6);
  assertThrows(() => softWindowWeights([1, 2], 3), RangeError, "three blocks");
});
