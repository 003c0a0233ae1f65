import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { type Alphabet, type PenBatch, penBatch } from "../../lib/data/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import type { Experiment } from "../../lib/experiments/mod.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { learningRate } from "../../lib/training/optimiser.ts";
import { Training } from "../../lib/training/training.ts";
import { priorOf, WeightNoise } from "../../lib/training/noise.ts";
import { handwriting, tinyData, tinyRecipe, tinySynthesis } from "./tiny.ts";

const { network: config, data: { alphabet } } = tinySynthesis() as Experiment & {
  data: { alphabet: Alphabet };
};
const adaptive = { kind: "adaptive weight noise", std: 0.075, varianceRate: 12 } as const;
const sequences = 7, scale = 0.5;

Deno.test("noise depends on seed and update alone, and has the standard deviation asked for", async () => {
  const engine = new Float64Engine();
  const means = { W: engine.tensor([100, 40]), b: engine.tensor([40]) };
  const noise = new WeightNoise(engine, { kind: "weight noise", std: 0.075 }, means);
  const draw = async (seed: number, update: number) => {
    noise.draw(means, seed, update);
    return { W: await engine.read(noise.noisy.W), b: await engine.read(noise.noisy.b) };
  };
  const first = await draw(1, 1);
  assertEquals(await draw(1, 1), first);
  assertNotEquals(await draw(1, 2), first);
  assertNotEquals(await draw(2, 1), first);
  assertNotEquals(first.W.slice(0, 40), first.b);
  const variance = first.W.reduce((sum, value) => sum + value ** 2, 0) / first.W.length;
  assertAlmostEquals(Math.sqrt(variance), 0.075, 0.003);
});

/** A network under adaptive noise with one fixed draw, and its description length for one sequence. */
function described() {
  const engine = new Float64Engine();
  const network = new Network(engine, config, initialWeights(config, 1));
  const means = { ...network.parameters };
  const noise = new WeightNoise(engine, adaptive, means);
  const [batch] = tinyData.batches(0, 1, tinyRecipe, Infinity);
  const logVariances = noise.logVariances!;
  /** L_data at the noisy weights, for one sequence, and the share of KL(Q‖P) at the prior's optimum. */
  const length = async () => {
    noise.draw(means, 1, 1);
    const { total } = await network.loss(batch, { parameters: noise.noisy });
    return scale * total + (await priorOf(engine, means, logVariances)).divergence / sequences;
  };
  const gradient = async () => {
    noise.draw(means, 1, 1);
    network.clearGradients();
    await network.lossAndGradient(batch, { parameters: noise.noisy });
    const data: Record<string, Float64Array> = {};
    for (const name in means) data[name] = Float64Array.from(await engine.read(network.gradients[name]));
    await noise.describe(means, network.gradients, scale, sequences);
    return data;
  };
  return { engine, network, means, noise, logVariances, length, gradient };
}

Deno.test("the means' gradient is that of the description length (finite differences)", async () => {
  const { engine, network, means, length, gradient } = described();
  await gradient();
  for (const name of ["W_ih1", "W_h1h1", "W_h1p", "W_h2y", "b_y"]) {
    const found = (await engine.read(network.gradients[name]))[1];
    const values = await engine.read(means[name]);
    const at = async (step: number) => {
      const moved = values.slice();
      moved[1] += step;
      engine.write(means[name], moved);
      return await length();
    };
    const slope = (await at(1e-5) - await at(-1e-5)) / 2e-5;
    engine.write(means[name], values);
    assertAlmostEquals(found, slope, 1e-6 * (1 + Math.abs(slope)), name);
  }
});

Deno.test("the variances' gradient is σ²Bḡ²/2 and the KL term's finite difference", async () => {
  const { engine, noise, means, logVariances, gradient } = described();
  const name = "W_h1h1", k = 3;
  // Variances that differ, so that the prior's optimum has something to follow.
  const logs = (await engine.read(logVariances[name])).map((log, i) => log + 0.1 * Math.sin(i));
  engine.write(logVariances[name], logs);
  const slopes = (await gradient())[name];
  const found = (await engine.read(noise.dLogVariances![name]))[k];
  const divergence = async (step: number) => {
    const moved = logs.slice();
    moved[k] += step;
    engine.write(logVariances[name], moved);
    return (await priorOf(engine, means, logVariances)).divergence;
  };
  const klSlope = (await divergence(1e-4) - await divergence(-1e-4)) / 2e-4 / sequences;
  const dataSlope = Math.exp(logs[k]) * (scale * slopes[k]) ** 2 / scale / 2;
  assertAlmostEquals(found, dataSlope + klSlope, 1e-7 * (1 + Math.abs(found)));
  assert(dataSlope > 0 && klSlope < 0);
});

Deno.test("the curvature of batches is that of their sequences taken one by one", async () => {
  const engine = new Float64Engine();
  const network = new Network(engine, config, initialWeights(config, 1));
  const noise = new WeightNoise(engine, { ...adaptive, std: 1e-3 }, network.parameters);
  const lines = handwriting.training.slice(0, 4), { length } = lines;
  const name = "W_h1h1", variance = 1e-6;
  const learn = async (batch: PenBatch) => {
    network.clearGradients();
    await network.lossAndGradient(batch);
    const sums = Float64Array.from(await engine.read(network.gradients[name]));
    await noise.describe(network.parameters, network.gradients, 1 / batch.size, sequences);
    const prior = variance * (1 / noise.prior!.variance - 1 / variance) / (2 * sequences);
    const slopes = await engine.read(noise.dLogVariances![name]);
    return { sums, curvature: Float64Array.from(slopes, (slope) => 2 * (slope - prior) / variance) };
  };
  const single = [];
  for (const line of lines) single.push((await learn(penBatch([line], alphabet))).sums);
  const pairs: Float64Array[] = [];
  for (const a of lines) {
    for (const b of lines) pairs.push((await learn(penBatch([a, b], alphabet))).curvature);
  }
  // Over all pairs (g_a + g_b)²/2 has the mean E[g²] + E[g]², and the means of a trained network's gradients are small.
  for (let k = 0; k < single[0].length; k++) {
    const meanSquare = single.reduce((sum, g) => sum + g[k] ** 2, 0) / length;
    const mean = single.reduce((sum, g) => sum + g[k], 0) / length;
    const found = pairs.reduce((sum, curvature) => sum + curvature[k], 0) / pairs.length;
    assertAlmostEquals(found, meanSquare + mean ** 2, 1e-6 * (1 + found));
  }
});

Deno.test("the variances have a rate of their own, and the log says where they are", async () => {
  const config = tinySynthesis().network;
  const training = new Training({
    engine: new Float64Engine(),
    config,
    stage: { recipe: tinyRecipe, regularisation: { ...adaptive, varianceRate: 12 } },
    weights: initialWeights(config, 1),
    seed: 1,
    sequences: 7,
  });
  const [batch] = tinyData.batches(0, 1, tinyRecipe, Infinity);
  assertEquals(await training.noiseLearned(), {});
  await training.update(batch);
  const { divergence, deviations } = await training.noiseLearned();
  assert(divergence! > 0);
  assertEquals(Object.keys(deviations!), Object.keys(training.means));
  // Adam's first step is the rate, whatever the gradient: here 12 times that of the weights, in log σ².
  const rate = 12 * learningRate(tinyRecipe, 1);
  const [log] = await training.engine.read(training.noise!.logVariances!.W_h1h1);
  assertAlmostEquals(Math.abs(log - 2 * Math.log(adaptive.std)), rate, 1e-3 * rate);
});

Deno.test("the prior's optimum and the divergence are those of the definition", async () => {
  const engine = new Float64Engine();
  const mu = [0.3, -0.2, 1], logs = [-2, -1, -3];
  const prior = await priorOf(engine, { w: engine.tensor([3], mu) }, { w: engine.tensor([3], logs) });
  const mean = (0.3 - 0.2 + 1) / 3;
  const variance = mu.reduce((sum, m, i) => sum + Math.exp(logs[i]) + (m - mean) ** 2, 0) / 3;
  const divergence = mu.reduce((sum, m, i) => {
    const own = Math.exp(logs[i]);
    return sum + Math.log(Math.sqrt(variance / own)) + ((m - mean) ** 2 + own - variance) / (2 * variance);
  }, 0);
  assertAlmostEquals(prior.mean, mean, 1e-12);
  assertAlmostEquals(prior.variance, variance, 1e-12);
  assertAlmostEquals(prior.divergence, divergence, 1e-12);
});
