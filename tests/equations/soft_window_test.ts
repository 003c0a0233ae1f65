/** Eqs. 46–51 and 56–60. */
import { assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import {
  softWindow,
  softWindowDerivatives,
  softWindowParameters,
  softWindowWeights,
} from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, finiteDifferences, gaussians } from "./finite_differences.ts";

Deno.test("Eqs. 56–60 are the derivatives through Eqs. 46–51, over steps", () => {
  const random = new Random(3, "window");
  const K = 3, A = 4, T = 3, characters = [2, 0, 7, 3, 3, -1, 1], kappa0 = [0.4, 1, 0];
  const hats = gaussians(T * 3 * K, random);
  const dWindow = Array.from({ length: T }, () => gaussians(A, random));
  const start = Float64Array.of(...new Array(2 * K).fill(0), ...kappa0);
  const forward = (hats: Float64Array) => {
    let before = start;
    return Array.from({ length: T }, (_, t) => {
      const outputs = hats.slice(3 * K * t, 3 * K * (t + 1)), parameters = new Float64Array(3 * K);
      softWindowParameters(outputs, before, parameters);
      before = parameters;
      return { parameters, kappaStep: outputs.slice(2 * K).map(Math.exp) };
    });
  };
  const loss = (hats: Float64Array) =>
    forward(hats).reduce((sum, { parameters }, t) => {
      const window = new Float64Array(A);
      softWindow(parameters, characters, window);
      return sum + window.reduce((sum, w, a) => sum + w * dWindow[t][a], 0);
    }, 0);
  const derivatives = new Float64Array(hats.length), dKappa = new Float64Array(K);
  const steps = forward(hats);
  for (let t = T - 1; t >= 0; t--) {
    const { parameters, kappaStep } = steps[t];
    const dParameters = derivatives.subarray(3 * K * t, 3 * K * (t + 1));
    softWindowDerivatives(parameters, kappaStep, characters, dWindow[t], dKappa, dParameters);
  }
  assertClose(derivatives, finiteDifferences(loss, hats), 1e-8);
});

Deno.test("w_t has φ(t, u) at the place of each character, which are Eqs. 46 and 47 written out", () => {
  const parameters = [2, 0.5, 1, 3, 4, 1.5],
    characters = [1, 2, 9, 1, -1, 0],
    window = new Float64Array(3).fill(7);
  const phi = (u: number) => 2 * Math.exp(-1 * (4 - u) ** 2) + 0.5 * Math.exp(-3 * (1.5 - u) ** 2);
  softWindow(parameters, characters, window);
  assertClose(window, [phi(6), phi(1) + phi(4), phi(2)], 1e-14);
});

Deno.test("softWindowWeights follows Eq. 46 and peaks at kappa", () => {
  const weights = softWindowWeights([2, 0.5, 1, 3, 4, 1.5], 6);
  assertAlmostEquals(weights[3], 2 + 0.5 * Math.exp(-3 * 2.5 ** 2), 1e-15);
  assertGreater(weights[3], weights[2]);
  assertEquals(weights.length, 6);
  assertThrows(() => softWindowWeights([1, 2], 3), RangeError, "three blocks");
});
