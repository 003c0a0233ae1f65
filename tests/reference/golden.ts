/** Reads golden.jsonl, which golden.py wrote: see README.md here. */
import type { Batch } from "../../lib/network/network.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { parameterShapes, type Weights } from "../../lib/network/parameters.ts";
import type {
  AdamOptions,
  AdaptiveNoiseOptions,
  RmspropOptions,
  SgdOptions,
} from "../../lib/engine/engine.ts";

/** Arrays by the weight's name. */
export type Arrays = Record<string, number[]>;

export interface Golden {
  name: string;
  config: NetworkConfig;
  weights: Arrays;
  batch: Batch;
  before?: Batch;
  losses: number[];
  errors: number[];
  gradients: Arrays;
  updates?: {
    sgd: { options: SgdOptions; weights: Arrays };
    rmsprop: { options: RmspropOptions; weights: Arrays };
    adam: { options: Omit<AdamOptions, "update">; weights: Arrays };
  };
  adaptiveNoise?: {
    seed: number;
    options: AdaptiveNoiseOptions;
    sums: { mean: number; meanSquare: number; variance: number; logVariance: number };
    logVariances: Arrays;
    noisyWeights: Arrays;
    losses: number[];
    dMeans: Arrays;
    dLogVariances: Arrays;
  };
}

/** A batch as the library makes it, with typed arrays. */
// deno-lint-ignore no-explicit-any
function typed(batch: any): Batch {
  const integers = (values?: number[]) => values && Int32Array.from(values);
  if (batch.kind === "symbols") {
    return { ...batch, inputs: integers(batch.inputs), targets: integers(batch.targets) };
  }
  return {
    ...batch,
    inputs: Float32Array.from(batch.inputs),
    targets: Float32Array.from(batch.targets),
    mask: integers(batch.mask),
    lengths: integers(batch.lengths),
    characters: integers(batch.characters),
    textLengths: integers(batch.textLengths),
  };
}

const lines = Deno.readTextFileSync(new URL("golden.jsonl", import.meta.url)).trim().split("\n");

export const goldenCases: Golden[] = lines.map((line) => {
  const golden: Golden = JSON.parse(line);
  return { ...golden, batch: typed(golden.batch), before: golden.before && typed(golden.before) };
});

/** `arrays` as the weights of a network. */
export function weightsOf(config: NetworkConfig, arrays: Arrays): Weights {
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => [
      name,
      { shape, values: Float32Array.from(arrays[name]) },
    ]),
  );
}
