import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Float64Engine } from "../../lib/engine/float64.ts";
import type { OptimiserRule } from "../../lib/experiments/mod.ts";
import { Averages, elementwise, learningRate, Optimiser } from "../../lib/training/optimiser.ts";
import { tinyRecipe } from "./tiny.ts";

/** The weight after each of the given gradients, from 1. */
async function path(rule: OptimiserRule, gradients: number[], scale = 1): Promise<number[]> {
  const engine = new Float64Engine();
  const weights = { w: engine.tensor([1], [1]) }, slope = { w: engine.tensor([1]) };
  const optimiser = new Optimiser(engine, rule, weights);
  const values: number[] = [];
  for (const [k, gradient] of gradients.entries()) {
    engine.write(slope.w, [gradient]);
    await optimiser.step(weights, slope, k + 1, rule.rate, scale);
    values.push((await engine.read(weights.w))[0]);
  }
  return values;
}

Deno.test("rmsprop follows Eqs. 38-41, worked out by hand", async () => {
  const rule = { rule: "rmsprop", rate: 1e-4, aleph: 0.95, beth: 0.9, daleth: 1e-4 } as const;
  const [first, second] = await path(rule, [2, -1]);
  // n = 0.05·4 = 0.2, g = 0.05·2 = 0.1: Δ = −1e-4·2/√(0.2 − 0.01 + 0.0001) = −4.58710e-4
  assertAlmostEquals(first, 1 - 2e-4 / Math.sqrt(0.1901), 1e-15);
  assertAlmostEquals(first, 0.99954129, 1e-8);
  // n = 0.95·0.2 + 0.05 = 0.24, g = 0.95·0.1 − 0.05 = 0.045: Δ = 0.9·Δ₁ + 1e-4/√(0.24 − 0.002025 + 0.0001)
  assertAlmostEquals(second, first + 0.9 * (first - 1) + 1e-4 / Math.sqrt(0.238075), 1e-15);
  assertAlmostEquals(second, 0.99933340, 1e-8);
});

Deno.test("sgd with momentum, and the gradient's scale", async () => {
  const rule = { rule: "sgd", rate: 0.1, momentum: 0.5 } as const;
  const [first, second] = await path(rule, [2, 2], 0.5);
  assertAlmostEquals(first, 0.9, 1e-15);
  assertAlmostEquals(second, 0.9 - 0.05 - 0.1, 1e-15);
});

Deno.test("Adam's first step is the rate, whatever the gradient's size", async () => {
  const rule = { rule: "adam", rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0 } as const;
  for (const gradient of [1e-3, 5, 1e4]) {
    assertAlmostEquals((await path(rule, [gradient]))[0], 0.99, 1e-12);
  }
});

Deno.test("weight decay takes rate · weightDecay of a weight away, beside the step; log variances have none", async () => {
  const rule = { rule: "adam", rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 0, weightDecay: 0.5 } as const;
  const [first, second] = await path(rule, [3, 3]);
  assertAlmostEquals(first, 0.995 - 0.01, 1e-12);
  assertAlmostEquals(second, first * 0.995 - 0.01, 1e-12);
  const plain = await path({ ...rule, weightDecay: undefined }, [3, 3]);
  const muon = { ...rule, rule: "muon", momentum: 0.9, iterations: 5 } as const;
  for (const variances of [elementwise(rule), elementwise(muon)]) {
    assertEquals(await path(variances, [3, 3]), plain);
  }
});

Deno.test("the rate warms up, falls along a cosine and ends at its floor", () => {
  const rate = (update: number) => learningRate(tinyRecipe, update) / tinyRecipe.optimiser.rate;
  assertAlmostEquals(rate(1), 0.5, 1e-12);
  assertAlmostEquals(rate(2), 1, 1e-12);
  assertAlmostEquals(rate(21), 0.55, 1e-12);
  assertAlmostEquals(rate(40), 0.1, 1e-12);
  assertAlmostEquals(rate(1000), 0.1, 1e-12);
  const schedule = { ...tinyRecipe.schedule, decay: "constant" } as const;
  assertEquals(learningRate({ ...tinyRecipe, schedule }, 30), tinyRecipe.optimiser.rate);
});

Deno.test("the average of weights weighs update u with d^(last − u)", async () => {
  const engine = new Float64Engine();
  const weights = { w: engine.tensor([1]) };
  const averages = new Averages(engine, 0.9, weights);
  const values = [3, -1, 4];
  for (const [k, value] of values.entries()) {
    engine.write(weights.w, [value]);
    averages.add(weights, k + 1);
  }
  const expected = (0.81 * 3 - 0.9 * 1 + 4) / (0.81 + 0.9 + 1);
  assertAlmostEquals((await engine.read(averages.tensors.w))[0], expected, 1e-12);
  averages.free();
  engine.free(weights.w);
  assertEquals(engine.bytes, 0);
});
