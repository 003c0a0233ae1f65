/** The paper's derivative equations against finite differences, in float64. */
import { assert, assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import {
  correlation,
  correlationLimit,
  mixtureDerivatives,
  softmaxDerivatives,
  softWindowDerivatives,
} from "../../lib/network/derivatives.ts";
import { Random } from "../../lib/random.ts";

/** Central differences of `loss` at `x`. */
function finiteDifferences(loss: (x: Float64Array) => number, x: Float64Array, step = 1e-5): Float64Array {
  return x.map((_, k) => {
    const at = (delta: number) => loss(x.map((value, i) => i === k ? value + delta : value));
    return (at(step) - at(-step)) / (2 * step);
  });
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  assertEquals(actual.length, expected.length);
  for (let k = 0; k < expected.length; k++) {
    const allowed = tolerance * Math.max(1, Math.abs(expected[k]));
    assert(
      Math.abs(actual[k] - expected[k]) <= allowed,
      `element ${k}: ${actual[k]}, expected ${expected[k]} within ${allowed}`,
    );
  }
}

const gaussians = (n: number, random: Random) => Float64Array.from({ length: n }, () => random.gaussian());

Deno.test("Eq. 14 is the derivative of Eq. 13", () => {
  const random = new Random(1, "softmax");
  for (let target = 0; target < 5; target++) {
    const outputs = gaussians(5, random), scratch = new Float64Array(5), derivatives = new Float64Array(5);
    const { error } = softmaxDerivatives(outputs, target, derivatives);
    assertEquals(error, outputs.indexOf(Math.max(...outputs)) === target ? 0 : 1);
    assertClose(
      derivatives,
      finiteDifferences((x) => softmaxDerivatives(x, target, scratch).loss, outputs),
      1e-8,
    );
  }
});

Deno.test("softmax: the first of equals is the guess, and huge outputs stay finite", () => {
  const derivatives = new Float64Array(3);
  assertEquals(softmaxDerivatives(Float64Array.of(2, 2, 0), 0, derivatives).error, 0);
  assertEquals(softmaxDerivatives(Float64Array.of(2, 2, 0), 1, derivatives).error, 1);
  assertEquals(softmaxDerivatives(Float64Array.of(5000, 0, -5000), 2, derivatives).loss, 10000);
  assertEquals([...derivatives], [1, 0, -1]);
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

/** Two steps of the window's forward equations (46–51), with random dL/dw: L = Σ_t dW_t · w_t. */
Deno.test("Eqs. 56–60 are the derivatives through Eqs. 46–51, over steps", () => {
  const random = new Random(3, "window");
  const K = 3, A = 4, T = 3, characters = [2, 0, 7, 3, 3, -1, 1], kappa0 = [0.4, 1, 0];
  const hats = gaussians(T * 3 * K, random);
  const dWindow = Array.from({ length: T }, () => gaussians(A, random));
  const forward = (hats: Float64Array) => {
    const kappa = Float64Array.from(kappa0);
    return Array.from({ length: T }, (_, t) => {
      const parameters = hats.slice(3 * K * t, 3 * K * (t + 1)).map(Math.exp);
      const kappaStep = parameters.slice(2 * K);
      for (let k = 0; k < K; k++) parameters[2 * K + k] = kappa[k] += kappaStep[k];
      return { parameters, kappaStep };
    });
  };
  const loss = (hats: Float64Array) => {
    let sum = 0;
    forward(hats).forEach(({ parameters }, t) => {
      characters.forEach((character, index) => {
        if (character < 0 || character >= A) return;
        for (let k = 0; k < K; k++) {
          const [alpha, beta, kappa] = [parameters[k], parameters[K + k], parameters[2 * K + k]];
          sum += alpha * Math.exp(-beta * (kappa - (index + 1)) ** 2) * dWindow[t][character];
        }
      });
    });
    return sum;
  };
  const derivatives = new Float64Array(hats.length), dKappa = new Float64Array(K);
  const steps = forward(hats);
  for (let t = T - 1; t >= 0; t--) {
    const { parameters, kappaStep } = steps[t];
    const dParameters = derivatives.subarray(3 * K * t, 3 * K * (t + 1));
    softWindowDerivatives(parameters, kappaStep, characters, dWindow[t], dKappa, dParameters);
  }
  assertClose(derivatives, finiteDifferences(loss, hats), 1e-8);
});
