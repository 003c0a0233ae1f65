/**
 * Updates on batches of ever other shapes, on the cpu engine: `steps.ts <pen|symbols> <updates>` prints, as JSON, the
 * bytes of tensors after every update and now and then the memory of the whole process. Run with
 * `--v8-flags=--expose-gc`, so that what waits to be collected does not count.
 */
import { penBatch, type SymbolBatch } from "../../lib/data/batch.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import type { StageSettings } from "../../lib/experiments/mod.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import type { Batch } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";
import { Training } from "../../lib/training/mod.ts";
import { tinyCharacters, tinyRecipe, tinyStage, tinySynthesis } from "../training/tiny.ts";

export interface Steps {
  /** `Engine.bytes` after every update, each value once. */
  bytes: number[];
  /** `Engine.bytes` after everything is freed. */
  bytesAtEnd: number;
  /** Resident memory in bytes, sampled 40 times at equal distances. */
  resident: number[];
}

const samples = 40;
const largest = { size: 6, steps: 24, letters: 9 };
const alphabet = { name: "tiny", symbols: ["\u25A1", "a", "b"] };

/** The first batch is the largest: memory grows to its size, and no further. */
function* penBatches(random: Random): Generator<Batch> {
  const below = (limit: number) => 1 + random.integer(limit);
  for (let { size, steps, letters } = largest;;) {
    const lines = Array.from({ length: size }, (_, b) => {
      const length = b === 0 ? steps : below(steps);
      const points = Float32Array.from({ length: 3 * length }, (_, k) => k % 3 < 2 ? random.gaussian() : 0);
      return { id: String(b), text: "ab".repeat(letters).slice(0, letters), points };
    });
    yield penBatch(lines, alphabet);
    [size, steps, letters] = [below(largest.size), below(largest.steps), below(largest.letters)];
  }
}

/** Streams of one width, whose state goes on, in pieces of any length. */
function* symbolBatches(random: Random, size: number): Generator<Batch> {
  for (let steps = largest.steps;; steps = 1 + random.integer(largest.steps)) {
    const symbols = () => Int32Array.from({ length: steps * size }, () => random.integer(3));
    const [inputs, targets] = [symbols(), symbols()];
    yield { kind: "symbols", steps, size, inputs, targets, startsFresh: false } satisfies SymbolBatch;
  }
}

const cases: Record<
  string,
  { config: NetworkConfig; stage: StageSettings; batches(random: Random): Iterable<Batch> }
> = {
  pen: {
    config: tinySynthesis().network,
    stage: {
      recipe: tinyRecipe,
      regularisation: { kind: "adaptive weight noise", std: 0.075, varianceRate: 12 },
    },
    batches: penBatches,
  },
  symbols: {
    config: tinyCharacters().network,
    stage: {
      ...tinyStage,
      recipe: { ...tinyRecipe, text: { steps: largest.steps, resetEvery: null } },
    },
    batches: (random) => symbolBatches(random, tinyRecipe.batchSize),
  },
};

const [kind, count] = Deno.args;
const { config, stage, batches } = cases[kind];
const updates = Number(count);
const engine = await openEngine("cpu", { threads: 2 });
const weights = initialWeights(config, 1);
const training = new Training({ engine, config, stage, weights, seed: 1, sequences: 100 });
const bytes = new Set<number>(), resident: number[] = [];
const { gc } = globalThis as unknown as { gc(): void };
for (const batch of batches(new Random(1, "steps"))) {
  await training.update(batch);
  const { update } = training.position;
  bytes.add(engine.bytes);
  if (update % (updates / samples) === 0) {
    gc();
    resident.push(Deno.memoryUsage().rss);
  }
  if (update === updates) break;
}
training.free();
const steps: Steps = { bytes: [...bytes], bytesAtEnd: engine.bytes, resident };
await engine.close();
console.log(JSON.stringify(steps));
