import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { sentenceBatches, streamBatches } from "../../lib/data/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import {
  evaluate,
  handwritingResults,
  learnAndScore,
  paperDynamics,
  renormalise,
  scoreText,
  textResults,
} from "../../lib/evaluation/mod.ts";
import type { WeightsFile } from "../../lib/weights/mod.ts";
import { handwriting, tinyCharacters, tinySynthesis, tinyText, untrained } from "../training/tiny.ts";

const synthesis = tinySynthesis();
const { provenance } = untrained("synthesis", synthesis.network);
const weightsFile: WeightsFile = {
  provenance: {
    ...provenance,
    data: { ...provenance.data, statistics: { mean: [8, 0.1], std: [42, 37] } },
  },
  weights: initialWeights(synthesis.network, 2),
  alphabet: synthesis.data.set === "iam-ondb" ? synthesis.data.alphabet : undefined,
  checksum: "made up",
};

Deno.test("one network in two units: the losses differ by the density's Jacobian, the errors by the scale", async () => {
  const engine = new Float64Engine();
  const own = await handwritingResults(engine, weightsFile, handwriting);
  assertEquals([own.offsetMean, own.offsetStd, own.meanLength], [[8, 0.1], [42, 37], 7]);
  const other = { mean: [5, -1] as [number, number], std: [21, 18.5] as [number, number] };
  const validation = handwriting.validation.map((line) => ({
    ...line,
    points: line.points.map((value, k) =>
      k % 3 === 2 ? value : (value * [42, 37][k % 3] + [8, 0.1][k % 3] - other.mean[k % 3]) / other.std[k % 3]
    ),
  }));
  const found = await handwritingResults(engine, weightsFile, { validation, statistics: other });
  // Offsets twice as large: a density four times smaller at every one of 7 points.
  assertAlmostEquals(found.logLoss, own.logLoss + 7 * Math.log(4), 1e-4);
  assertAlmostEquals(found.sumSquaredError, 4 * own.sumSquaredError, 1e-5);
  assertEquals(engine.bytes, 0);
});

Deno.test("renormalising there and back changes nothing", () => {
  const from = { mean: [8, 0.1], std: [42, 37] } as const, to = { mean: [5, 2], std: [20, 40] } as const;
  const copy = <T>(value: T) => structuredClone(value) as { mean: [number, number]; std: [number, number] };
  const there = renormalise(weightsFile.weights, copy(from), copy(to));
  const back = renormalise(there, copy(to), copy(from));
  let moved = 0;
  for (const [name, { values }] of Object.entries(weightsFile.weights)) {
    values.forEach((value, k) => {
      assertAlmostEquals(back[name].values[k], value, 1e-5, name);
      moved = Math.max(moved, Math.abs(there[name].values[k] - value));
    });
  }
  assert(moved > 0.1);
});

Deno.test("bits per character, perplexity and error as the paper defines them, from the probabilities", async () => {
  const { network: config } = tinyCharacters();
  const engine = new Float64Engine();
  const network = new Network(engine, config, initialWeights(config, 1));
  const ids = Int32Array.of(0, 1, 2, 1, 1, 2);
  // The same probabilities, one symbol at a time.
  const stepper = network.stepper(1);
  let bits = 0, wrong = 0;
  for (const [k, id] of ids.entries()) {
    const { outputs } = await stepper.step(Int32Array.of(k ? ids[k - 1] : -1));
    const exps = Array.from(outputs, Math.exp);
    bits -= Math.log2(exps[id] / exps.reduce((a, b) => a + b));
    if (exps.indexOf(Math.max(...exps)) !== id) wrong++;
  }
  stepper.free();
  const loss = await scoreText(network, streamBatches(ids, { size: 1, steps: 4 }));
  assertEquals([loss.symbols, loss.errors], [6, wrong]);
  const characters = textResults(loss, tinyText(ids), ids);
  assertAlmostEquals(characters.bitsPerCharacter, bits / 6, 1e-6);
  assertAlmostEquals(characters.perplexity, 2 ** (5.6 * bits / 6), 1e-4);
  assertAlmostEquals(characters.error, 100 * wrong / 6, 1e-9);
  const words = textResults(loss, tinyText(ids, "word"), ids);
  // "the cat\ncat cat\n" has 16 characters.
  assertAlmostEquals(words.bitsPerCharacter, bits / 16, 1e-6);
  assertAlmostEquals(words.perplexity, 2 ** (bits / 6), 1e-5);
});

Deno.test("dynamic evaluation scores before it learns, and leaves the weights as they were", async () => {
  const { network: config } = tinyCharacters();
  const engine = new Float64Engine();
  const network = new Network(engine, config, initialWeights(config, 1));
  const before = await network.weights();
  // Every sentence says the same: a network that learns from one knows the next.
  const ids = Int32Array.from({ length: 200 }, (_, k) => [0, 1, 1, 0, 2][k % 5]);
  const dynamics = (rate: number) => ({ ...paperDynamics, rate, momentum: 0 });
  const still = await scoreText(network, sentenceBatches(ids, 2));
  const first: number[] = [];
  const learned = await learnAndScore(network, sentenceBatches(ids, 2), dynamics(0.5), ({ nats }) => {
    first.push(nats);
  });
  const alone = await scoreText(network, sentenceBatches(ids.subarray(0, 5), 2));
  assertAlmostEquals(first[0], alone.nats, 1e-9);
  assertEquals(learned.symbols, 200);
  assert(learned.nats < 0.8 * still.nats, `${learned.nats} against ${still.nats}`);
  assertEquals(await network.weights(), before);
  const unlearned = await learnAndScore(network, sentenceBatches(ids, 2), dynamics(0));
  assertAlmostEquals(unlearned.nats, still.nats, 1e-9);
});

Deno.test("handwriting has no dynamic evaluation", async () => {
  await assertRejects(
    () => evaluate(new Float64Engine(), weightsFile, { dynamic: paperDynamics }),
    Error,
    "for text",
  );
});
