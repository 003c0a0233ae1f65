import { assert, assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import type { PenBatch, SymbolBatch } from "../../lib/data/batch.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { type Batch, Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";

const clip = { lstm: null, outputs: null };
const text: NetworkConfig = { domain: { kind: "symbols", classes: 5 }, layers: 2, cells: 3, clip };
const prediction: NetworkConfig = { domain: { kind: "pen", components: 2 }, layers: 2, cells: 3, clip };
const synthesis: NetworkConfig = { ...prediction, layers: 3, window: { alphabet: 4, components: 2 } };
const reading: NetworkConfig = { ...prediction, domain: { kind: "reading", characters: 4 } };

function symbols(): SymbolBatch {
  return {
    kind: "symbols",
    steps: 4,
    size: 2,
    inputs: Int32Array.of(-1, -1, 2, 0, 4, 3, 1, 0),
    targets: Int32Array.of(2, 0, 4, 3, 1, -1, 3, -1),
    startsFresh: true,
  };
}
/** Three lines of 5, 3 and 1 points. */
function pen(): PenBatch {
  const random = new Random(3, "pen batch");
  const lengths = Int32Array.of(5, 3, 1);
  const [steps, size] = [5, 3];
  const targets = new Float32Array(steps * size * 3), mask = new Int32Array(steps * size);
  lengths.forEach((length, b) => {
    for (let t = 0; t < length; t++) {
      targets.set([random.gaussian(), random.gaussian(), Number(random.uniform() < 0.3)], (t * size + b) * 3);
      mask[t * size + b] = 1;
    }
  });
  const inputs = new Float32Array(targets.length);
  inputs.set(targets.subarray(0, (steps - 1) * size * 3), size * 3);
  const characters = Int32Array.of(0, 3, 1, 2, 2, -1, 1, -1, -1);
  return {
    kind: "pen",
    steps,
    size,
    inputs,
    targets,
    mask,
    lengths,
    characters,
    textLengths: Int32Array.of(3, 2, 1),
    ids: ["a", "b", "c"],
  };
}

async function checkGradients(config: NetworkConfig, batch: Batch, rate?: number): Promise<void> {
  const engine = new Float64Engine();
  const weights = initialWeights(config, 7, { kappaBias: -0.5 });
  const random = new Random(5, "peepholes and biases");
  for (const { values } of Object.values(weights)) {
    for (let i = 0; i < values.length; i++) values[i] += 0.2 * random.gaussian();
  }
  const network = new Network(engine, config, weights);
  const dropout = rate === undefined
    ? undefined
    : Array.from({ length: config.layers }, (_, k) => ({ rate, seed: 2, stream: k }));
  await network.lossAndGradient(batch, { dropout });
  const gradients: Record<string, Float64Array> = {};
  for (const [name, gradient] of Object.entries(network.gradients)) {
    gradients[name] = Float64Array.from(await engine.read(gradient));
  }
  const h = 1e-5;
  for (const [name, tensor] of Object.entries(network.parameters)) {
    const values = Float64Array.from(await engine.read(tensor));
    const gradient = gradients[name];
    for (let i = 0; i < values.length; i += Math.ceil(values.length / 7)) {
      const at = async (value: number) => {
        engine.write(tensor, values.with(i, value));
        return (await network.lossAndGradient(batch, { dropout })).total;
      };
      const slope = (await at(values[i] + h) - await at(values[i] - h)) / (2 * h);
      engine.write(tensor, values);
      assertAlmostEquals(
        gradient[i],
        slope,
        1e-7 * Math.max(1, Math.abs(slope)),
        `${name}[${i}]: ${gradient[i]} ≠ ${slope}`,
      );
    }
  }
  network.free();
  assertEquals(engine.bytes, 0, "the network leaves tensors behind");
}

Deno.test("gradients of the text network equal finite differences", () => checkGradients(text, symbols()));
Deno.test("gradients of the prediction network equal finite differences", () =>
  checkGradients(prediction, pen()));
Deno.test("gradients of the synthesis network equal finite differences", () =>
  checkGradients(synthesis, pen()));
Deno.test("gradients of the reader equal finite differences", () => checkGradients(reading, pen()));
Deno.test("with dropout too gradients equal finite differences", async () => {
  await checkGradients(text, symbols(), 0.3);
  await checkGradients(synthesis, pen(), 0.3);
});

Deno.test("a state carried over gives the loss of the whole sequence", async () => {
  const engine = new Float64Engine();
  const network = new Network(engine, text, initialWeights(text, 1));
  const whole = symbols();
  const half = (from: number): SymbolBatch => ({
    ...whole,
    steps: 2,
    inputs: whole.inputs.slice(from, from + 4),
    targets: whole.targets.slice(from, from + 4),
    startsFresh: from === 0,
  });
  const state = network.zeroState(2);
  const parts = (await network.loss(half(0), { state })).total +
    (await network.loss(half(4), { state })).total;
  assertAlmostEquals(parts, (await network.loss(whole)).total, 1e-12);
});

Deno.test("stepping through a line gives the outputs of the whole", async () => {
  const engine = new Float64Engine();
  const network = new Network(engine, synthesis, initialWeights(synthesis, 1));
  const batch = pen();
  const losses = (await network.loss(batch)).losses;
  const texts = [[0, 3, 1], [2, 2], [1]];
  const stepper = network.stepper(3, texts);
  for (let t = 0; t < batch.steps; t++) {
    const { outputs } = await stepper.step(batch.inputs.subarray(t * 9, t * 9 + 9));
    const tensor = engine.tensor([3, 13], outputs);
    const [loss, error] = [engine.empty([3]), engine.empty([3])];
    engine.mixtureLoss({
      outputs: tensor,
      targets: engine.tensor([3, 3], batch.targets.slice(t * 9, t * 9 + 9)),
      mask: engine.integers([3], batch.mask.slice(t * 3, t * 3 + 3)),
      losses: loss,
      squaredErrors: error,
      clip: 100,
    });
    (await engine.read(loss)).forEach((value, b) => assertAlmostEquals(value, losses[t * 3 + b], 1e-12));
  }
});

Deno.test("derivative clipping changes the gradient, not the loss", async () => {
  const engine = new Float64Engine();
  const weights = initialWeights(prediction, 2);
  const free = new Network(engine, prediction, weights);
  const tight = new Network(engine, { ...prediction, clip: { lstm: 0.01, outputs: 0.1 } }, weights);
  assertEquals((await free.lossAndGradient(pen())).total, (await tight.lossAndGradient(pen())).total);
  const norm = async (network: Network) =>
    Math.hypot(...await engine.read(network.gradients.W_h1h1), ...await engine.read(network.gradients.b_y));
  assertGreater(await norm(free), 2 * await norm(tight));
});

Deno.test("weights of another network are refused", () => {
  const weights = initialWeights(prediction, 2);
  const engine = new Float64Engine();
  assertThrows(() => new Network(engine, synthesis, weights), Error, "W_wh1");
  assertThrows(() => new Network(engine, { ...prediction, cells: 4 }, weights), Error, "expected the shape");
  assert(new Network(engine, prediction, weights));
});

Deno.test("a copy has the same weights and its own: what is done to it is not done to the network", async () => {
  const engine = new Float64Engine();
  const network = new Network(engine, synthesis, initialWeights(synthesis, 1)), bytes = engine.bytes;
  const before = await network.weights(), copy = await network.copy();
  assertEquals(await copy.weights(), before);
  engine.fill(copy.parameters.W_h1p, 0);
  assertEquals(await network.weights(), before);
  assertEquals(new Set((await copy.weights()).W_h1p.values), new Set([0]));
  copy.free();
  assertEquals(engine.bytes, bytes);
});
