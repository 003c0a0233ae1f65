/** Networks and batches that fill no vector register, tile or work group evenly. */
import type { PenBatch, SymbolBatch } from "../../lib/data/batch.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { initialWeights, type Weights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";

interface OddCase<Batch> {
  name: string;
  config: NetworkConfig;
  weights: Weights;
  batch: Batch;
}

/** Two layers of 70 cells, 131 symbols, three sequences of up to six steps; the state goes on from batch to batch. */
export function oddText(): OddCase<SymbolBatch> {
  const random = new Random(6, "odd text");
  const classes = 131, steps = 6, size = 3, lengths = [6, 5, 2];
  const config: NetworkConfig = {
    domain: { kind: "symbols", classes },
    layers: 2,
    cells: 70,
    clip: { lstm: 0.05, outputs: null },
  };
  const symbols = () =>
    Int32Array.from(
      { length: steps * size },
      (_, k) => Math.floor(k / size) < lengths[k % size] ? random.integer(classes) : -1,
    );
  const batch: SymbolBatch = {
    kind: "symbols",
    steps,
    size,
    inputs: symbols(),
    targets: symbols(),
    startsFresh: false,
  };
  return { name: "text", config, weights: initialWeights(config, 3), batch };
}

/** Two layers of 37 cells, five lines of up to eleven points with texts of up to nine characters. */
export function oddSynthesis(): OddCase<PenBatch> {
  const random = new Random(5, "odd synthesis");
  const config: NetworkConfig = {
    domain: { kind: "pen", components: 3 },
    layers: 2,
    cells: 37,
    window: { alphabet: 7, components: 3 },
    clip: { lstm: 0.05, outputs: 1 },
  };
  const steps = 11, size = 5, U = 9;
  const lengths = Int32Array.of(11, 1, 7, 10, 4), textLengths = Int32Array.of(9, 1, 4, 6, 3);
  const targets = new Float32Array(steps * size * 3), inputs = new Float32Array(steps * size * 3);
  const mask = Int32Array.from(
    { length: steps * size },
    (_, k) => Math.floor(k / size) < lengths[k % size] ? 1 : 0,
  );
  mask.forEach((real, k) => {
    if (real) targets.set([random.gaussian(), random.gaussian(), random.integer(2)], 3 * k);
    if (real && k >= size) inputs.set(targets.subarray(3 * (k - size), 3 * (k - size) + 3), 3 * k);
  });
  const characters = Int32Array.from(
    { length: size * U },
    (_, k) => k % U < textLengths[Math.floor(k / U)] ? random.integer(7) : -1,
  );
  const ids = ["a", "b", "c", "d", "e"];
  return {
    name: "synthesis",
    config,
    weights: initialWeights(config, 3, { kappaBias: Math.log(0.7) }),
    batch: { kind: "pen", steps, size, inputs, targets, mask, lengths, characters, textLengths, ids },
  };
}
