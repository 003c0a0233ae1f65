import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type Mixture, mixtureOf } from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { drawPoint, drawSymbol } from "../../lib/sampling/mod.ts";

const one: Mixture = {
  endOfStroke: 0.2,
  weights: Float64Array.of(1),
  mean1: Float64Array.of(1.5),
  mean2: Float64Array.of(-2),
  std1: Float64Array.of(0.5),
  std2: Float64Array.of(2),
  correlation: Float64Array.of(-0.7),
  oneMinusRhoSquare: Float64Array.of(0.51),
};
const draws = 20_000;

Deno.test("points have the moments of their Gaussian, its correlation and its ends of strokes", () => {
  const random = new Random(1, "moments");
  const points = Array.from({ length: draws }, () => drawPoint(one, random));
  const mean = (f: (point: number[]) => number) => points.reduce((sum, p) => sum + f(p), 0) / draws;
  // Tolerances are about four standard errors.
  const [m1, m2] = [mean((p) => p[0]), mean((p) => p[1])];
  assertAlmostEquals(m1, 1.5, 0.015);
  assertAlmostEquals(m2, -2, 0.06);
  const s1 = Math.sqrt(mean((p) => (p[0] - m1) ** 2)), s2 = Math.sqrt(mean((p) => (p[1] - m2) ** 2));
  assertAlmostEquals(s1, 0.5, 0.01);
  assertAlmostEquals(s2, 2, 0.04);
  assertAlmostEquals(mean((p) => (p[0] - m1) * (p[1] - m2)) / (s1 * s2), -0.7, 0.015);
  assertAlmostEquals(mean((p) => p[2]), 0.2, 0.012);
});

Deno.test("components are chosen by their weights, and each draws from its own Gaussian", () => {
  const two: Mixture = {
    endOfStroke: 0.5,
    weights: Float64Array.of(0.3, 0.7),
    mean1: Float64Array.of(-10, 10),
    mean2: Float64Array.of(5, -5),
    std1: Float64Array.of(0.1, 1),
    std2: Float64Array.of(0.1, 1),
    correlation: Float64Array.of(0, 0.5),
    oneMinusRhoSquare: Float64Array.of(1, 0.75),
  };
  const random = new Random(2, "components");
  const points = Array.from({ length: draws }, () => drawPoint(two, random));
  const first = points.filter(([x]) => x < 0);
  assertAlmostEquals(first.length / draws, 0.3, 0.013);
  assert(first.every(([x, y]) => Math.abs(x + 10) < 1 && Math.abs(y - 5) < 1));
});

Deno.test("a great bias leaves the likeliest component's mean (Eqs. 61, 62)", () => {
  // ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂ with M = 2
  const outputs = [100, 0.1, 0.4, -1, 3, 2, -4, 0, 1, 0.5, 0, 0.3, -2];
  const random = new Random(3, "bias");
  for (let k = 0; k < 100; k++) {
    const [x1, x2, endOfStroke] = drawPoint(mixtureOf(outputs, 200), random);
    assertEquals([x1, x2, endOfStroke], [3, -4, 0]);
  }
});

Deno.test("what is not finite is refused with a reason", () => {
  const broken = mixtureOf([0, 0, NaN, 0, 0, 0, 0]);
  assertThrows(() => drawPoint(broken, new Random(1)), Error, "not finite");
  assertThrows(() => drawSymbol([0, NaN], 1, new Random(1)), Error, "symbol 1 is NaN");
});

Deno.test("symbols come as often as the softmax says; a lower temperature sharpens it, 0 is the arg max", () => {
  const outputs = [1, 3, 2, 3];
  for (const temperature of [1, 0.5]) {
    const random = new Random(4, "symbols");
    const counts = [0, 0, 0, 0];
    for (let k = 0; k < draws; k++) counts[drawSymbol(outputs, temperature, random)]++;
    const powers = outputs.map((value) => Math.exp(value / temperature));
    const total = powers.reduce((a, b) => a + b);
    counts.forEach((count, k) => assertAlmostEquals(count / draws, powers[k] / total, 0.015));
  }
  const random = new Random(5);
  for (let k = 0; k < 20; k++) assertEquals(drawSymbol(outputs, 0, random), 1);
  for (let k = 0; k < 20; k++) assertEquals(drawSymbol([1, 1.5, 2], 1e-3, random), 2);
  assertThrows(() => drawSymbol(outputs, -1, random), RangeError, "0 or more");
});
