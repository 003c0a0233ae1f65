/** Eqs. 15–37, 61 and 62. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import {
  correlation,
  correlationLimit,
  mixtureDensity,
  mixtureDerivatives,
  mixtureOf,
} from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, finiteDifferences, gaussians } from "./finite_differences.ts";

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

Deno.test("Eqs. 27–37 are the derivatives of Eq. 26", () => {
  const random = new Random(2, "mixture");
  for (let trial = 0; trial < 20; trial++) {
    const M = 1 + trial % 4;
    const outputs = gaussians(6 * M + 1, random), target = [random.gaussian(), random.gaussian(), trial % 2];
    const scratch = new Float64Array(outputs.length), derivatives = new Float64Array(outputs.length);
    mixtureDerivatives(outputs, target, derivatives);
    assertClose(
      derivatives,
      finiteDifferences((x) => mixtureDerivatives(x, target, scratch).loss, outputs),
      1e-6,
    );
  }
});

Deno.test("the mixture's loss is Eq. 26, computed here the plain way", () => {
  const outputs = Float64Array.of(0.3, 0.1, -0.4, 0.2, 1, -0.5, 0.7, -0.2, 0.4, 0.1, -0.3, 0.6, -0.9);
  const [x1, x2] = [0.8, -0.1];
  const weights = [Math.exp(0.1), Math.exp(-0.4)].map((p, _, all) => p / (all[0] + all[1]));
  let density = 0;
  for (let j = 0; j < 2; j++) {
    const [mu1, mu2, s1, s2, r] = [3, 5, 7, 9, 11].map((at) => outputs[at + j]);
    const sigma1 = Math.exp(s1), sigma2 = Math.exp(s2), rho = Math.tanh(r);
    const Z = ((x1 - mu1) / sigma1) ** 2 + ((x2 - mu2) / sigma2) ** 2 -
      2 * rho * (x1 - mu1) * (x2 - mu2) / (sigma1 * sigma2);
    density += weights[j] * Math.exp(-Z / (2 * (1 - rho ** 2))) /
      (2 * Math.PI * sigma1 * sigma2 * Math.sqrt(1 - rho ** 2));
  }
  const e = 1 / (1 + Math.exp(0.3));
  const mean = [0.2 * weights[0] + weights[1], -0.5 * weights[0] + 0.7 * weights[1]];
  const scratch = new Float64Array(13);
  const up = mixtureDerivatives(outputs, [x1, x2, 1], scratch);
  const down = mixtureDerivatives(outputs, [x1, x2, 0], scratch);
  assertAlmostEquals(up.loss, -Math.log(density) - Math.log(e), 1e-12);
  assertAlmostEquals(down.loss, -Math.log(density) - Math.log(1 - e), 1e-12);
  assertAlmostEquals(up.squaredError, (x1 - mean[0]) ** 2 + (x2 - mean[1]) ** 2, 1e-12);
});

Deno.test("mixture: far targets, sure end-of-stroke and |ρ| near 1 stay finite; output may replace input", () => {
  const M = 2, derivatives = new Float64Array(6 * M + 1);
  const outputs = Float64Array.of(800, 0, -900, 0, 1, 0, 1, -3, 0, -3, 0, 60, -60);
  const { loss } = mixtureDerivatives(outputs, [1e4, -1e4, 1], derivatives);
  assert(Number.isFinite(loss) && derivatives.every(Number.isFinite));
  assertGreater(loss, 800);
  assertGreater(correlation(1000).oneMinusRhoSquare, 4e-7);
  assertEquals(correlation(1000), correlation(correlationLimit));
  for (const rhoHat of [-3, -0.2, 0, 1, 5]) {
    assertAlmostEquals(correlation(rhoHat).oneMinusRhoSquare, 1 - Math.tanh(rhoHat) ** 2, 1e-14);
  }
  mixtureDerivatives(outputs, [1e4, -1e4, 1], outputs);
  assertEquals(outputs, derivatives);
});

Deno.test("what is drawn and plotted has the density of the loss, however far ρ̂ is from 0", () => {
  const target = [0.8, 0.75, 1];
  for (const rhoHat of [0, 3, 8, 9, -12, 18, 19.1, 400]) {
    // ê | π̂ | μ̂₁ | μ̂₂ | σ̂₁ | σ̂₂ | ρ̂
    const outputs = Float64Array.of(0.3, 0, 0.5, 0.45, 0.1, 0.1, rhoHat);
    const mixture = mixtureOf(outputs);
    const { loss } = mixtureDerivatives(outputs, target, new Float64Array(7));
    const density = mixtureDensity(mixture, target[0], target[1]) * mixture.endOfStroke;
    assertAlmostEquals(density, Math.exp(-loss), 1e-11 * Math.exp(-loss), `ρ̂ = ${rhoHat}`);
    assert(Math.abs(mixture.correlation[0]) < 1);
  }
  const peak = (rhoHat: number) => mixtureDensity(mixtureOf([0, 0, 0, 0, 0, 0, rhoHat]), 0, 0);
  assertAlmostEquals(peak(8), 237.2, 0.05);
  assertEquals(peak(9), peak(8));
});
