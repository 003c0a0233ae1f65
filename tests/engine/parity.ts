/**
 * What every engine must pass: the networks' losses, gradients and updates against golden values from PyTorch
 * (tests/reference), and against the float64 engine at sizes that fill no vector evenly.
 */
import { assertEquals } from "@std/assert";
import type { Engine, Tensor } from "../../lib/engine/engine.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Network } from "../../lib/network/network.ts";
import { Random } from "../../lib/random.ts";
import { orthogonalised } from "../../lib/training/muon.ts";
import { type Arrays, type Golden, goldenCases, weightsOf } from "../reference/golden.ts";
import { assertClose } from "./close.ts";
import { oddSynthesis, oddText } from "./odd_sizes.ts";
import { operationSuite } from "./operations.ts";

type Tensors = Record<string, Tensor>;

async function assertTensorsClose(
  engine: Engine,
  actual: Tensors,
  expected: Arrays,
  tolerance: number,
  what: string,
) {
  for (const name of Object.keys(expected)) {
    assertClose(await engine.read(actual[name]), expected[name], tolerance, `${what} ${name}`);
  }
}

/** Sums `[T, B]` over time. */
function perSequence(values: ArrayLike<number>, size: number): number[] {
  const sums = new Array(size).fill(0);
  for (let k = 0; k < values.length; k++) sums[k % size] += values[k];
  return sums;
}

/** Loss and gradient of a golden case, its state carried over from the batch before. */
async function lossAndGradient(network: Network, { batch, before }: Golden) {
  const state = before && network.zeroState(before.size);
  if (before) await network.loss(before, { state });
  const { losses, errors } = await network.lossAndGradient(batch, { state });
  if (state) network.freeState(state);
  return { losses: perSequence(losses, batch.size), errors: perSequence(errors, batch.size) };
}

/** The weights after two updates by the network's gradient, each weight with a fresh optimiser. */
function update(network: Network, { updates }: Golden, optimiser: "sgd" | "rmsprop" | "adam") {
  const { engine, parameters, gradients } = network;
  for (const [name, w] of Object.entries(parameters)) {
    const [a, b, c] = [1, 2, 3].map(() => engine.tensor(w.shape));
    for (const count of [1, 2]) {
      const { sgd, rmsprop, adam } = updates!;
      if (optimiser === "sgd") engine.sgd(w, gradients[name], a, sgd.options);
      else if (optimiser === "rmsprop") engine.rmsprop(w, gradients[name], a, b, c, rmsprop.options);
      else engine.adam(w, gradients[name], a, b, { ...adam.options, update: count });
    }
    engine.free(a, b, c);
  }
}

/** New minus old, so that the tolerance is one of the update and not of the weight. */
function difference(updated: Arrays, weights: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(updated).map((
      [name, values],
    ) => [name, values.map((value, k) => value - weights[name][k])]),
  );
}

async function checkAdaptiveNoise(engine: Engine, golden: Golden, tolerance: number) {
  const { config, weights, batch, adaptiveNoise } = golden;
  const { seed, options, sums, logVariances, noisyWeights, losses, dMeans, dLogVariances } = adaptiveNoise!;
  const network = new Network(engine, config, weightsOf(config, weights));
  const means: Tensors = {}, variances: Tensors = {}, dVariances: Tensors = {};
  const found = { mean: 0, meanSquare: 0, variance: 0, logVariance: 0 };
  for (const [stream, name] of Object.keys(weights).entries()) {
    const { shape } = network.parameters[name];
    means[name] = engine.tensor(shape, weights[name]);
    variances[name] = engine.tensor(shape, logVariances[name]);
    dVariances[name] = engine.tensor(shape);
    engine.addNoise(means[name], variances[name], network.parameters[name], seed, stream);
    const part = await engine.adaptiveNoiseSums(means[name], variances[name]);
    for (const key of Object.keys(found) as (keyof typeof found)[]) found[key] += part[key];
  }
  assertClose(Object.values(found), Object.values(sums), tolerance, "sums");
  await assertTensorsClose(engine, network.parameters, noisyWeights, tolerance, "noisy weights");
  const loss = await network.lossAndGradient(batch);
  assertClose(perSequence(loss.losses, batch.size), losses, tolerance, "losses with noise");
  for (const name of Object.keys(means)) {
    engine.adaptiveNoiseGradient(
      means[name],
      variances[name],
      network.gradients[name],
      dVariances[name],
      options,
    );
  }
  await assertTensorsClose(engine, network.gradients, dMeans, tolerance, "∂/∂μ");
  await assertTensorsClose(engine, dVariances, dLogVariances, tolerance, "∂/∂ log σ²");
}

/** Registers the tests of one engine. `tolerance` is relative to the largest entry of a tensor; an engine in float32
 * keeps within 1e-4. */
export function paritySuite(name: string, open: () => Promise<Engine>, tolerance: number): void {
  const test = (what: string, run: (engine: Engine) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const engine = await open();
      try {
        await run(engine);
      } finally {
        await engine.close();
      }
    });

  operationSuite(test, tolerance);

  for (const golden of goldenCases) {
    const { name, config, weights, gradients, updates } = golden;
    test(`${name}: loss, gradients and updates are PyTorch's`, async (engine) => {
      const network = new Network(engine, config, weightsOf(config, weights));
      const { losses, errors } = await lossAndGradient(network, golden);
      assertClose(losses, golden.losses, tolerance, "losses");
      assertClose(errors, golden.errors, tolerance, "errors");
      await assertTensorsClose(engine, network.gradients, gradients, tolerance, "gradient of");
      for (const optimiser of updates ? ["sgd", "rmsprop", "adam"] as const : []) {
        for (const [name, w] of Object.entries(network.parameters)) engine.write(w, weights[name]);
        update(network, golden, optimiser);
        const updated: Arrays = {};
        for (const [name, w] of Object.entries(network.parameters)) {
          updated[name] = Array.from(await engine.read(w));
        }
        const changes = difference(updated, weights);
        const expected = difference(updates![optimiser].weights, weights);
        for (const name of Object.keys(weights)) {
          assertClose(changes[name], expected[name], tolerance, `${optimiser} ${name}`);
        }
      }
    });
    if (golden.adaptiveNoise) {
      test(`${name}: adaptive weight noise is PyTorch's`, (engine) => {
        return checkAdaptiveNoise(engine, golden, tolerance);
      });
    }
  }

  for (const { name, config, weights, batch } of [oddText(), oddSynthesis()]) {
    test(`${name} at odd sizes: loss and gradients are the float64 engine's, twice over`, async (engine) => {
      const reference = new Network(new Float64Engine(), config, weights);
      const network = new Network(engine, config, weights);
      const states = [reference, network].map((each) => each.zeroState(batch.size));
      const bytes: number[] = [];
      for (const _ of [1, 2]) {
        const expected = await reference.lossAndGradient(batch, { state: states[0] });
        const found = await network.lossAndGradient(batch, { state: states[1] });
        assertClose(found.losses, expected.losses, tolerance, "losses");
        assertClose(found.errors, expected.errors, tolerance, "errors");
        bytes.push(engine.bytes);
      }
      assertEquals(bytes[0], bytes[1], "memory grew from one step to the next");
      for (const [name, gradient] of Object.entries(reference.gradients)) {
        const expected = await reference.engine.read(gradient);
        assertClose(await engine.read(network.gradients[name]), expected, tolerance, `gradient of ${name}`);
      }
    });
  }

  test("Muon's orthogonal steps are the float64 engine's", async (engine) => {
    const random = new Random(6, "gradient");
    const values = Float32Array.from({ length: 2 * 19 * 76 }, () => random.gaussian());
    const steps = await Promise.all([new Float64Engine(), engine].map(async (e) => {
      const gradient = e.rows(e.tensor([38, 76], values), 0, 19);
      return Array.from(await e.read(await orthogonalised(e, gradient, 5)));
    }));
    assertClose(steps[1], steps[0], tolerance, "step");
  });

  test("point by point, as for sampling, the outputs are the float64 engine's", async (engine) => {
    const { config, weights, batch: { inputs } } = oddSynthesis();
    const texts = [[1, 2, 3], [6], [0, 0, 5, 4], [3, 3], [2]];
    const steppers = [new Float64Engine(), engine].map((e) =>
      new Network(e, config, weights).stepper(5, texts)
    );
    for (let t = 0; t < 11; t++) {
      const x = inputs.subarray(15 * t, 15 * (t + 1));
      const [expected, found] = await Promise.all(steppers.map((stepper) => stepper.step(x)));
      assertClose(found.outputs, expected.outputs, tolerance, `outputs of step ${t}`);
      assertClose(found.windowParameters!, expected.windowParameters!, tolerance, `window of step ${t}`);
    }
  });
}
