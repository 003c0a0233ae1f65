/** The work that is measured: a network and a batch of given sizes, made up from a seed, the same for every contestant. */
import { alphabets } from "../data/alphabet.ts";
import { type PenBatch, penBatch } from "../data/batch.ts";
import { findExperiment } from "../experiments.ts";
import type { NetworkConfig } from "../network/config.ts";
import { initialWeights, type Weights } from "../network/parameters.ts";
import { Random } from "../random.ts";
import { flopsPerPoint } from "../training/measure.ts";
import { writeTensors } from "../training/safetensors.ts";

export interface Sizes {
  /** T: points of each line. */
  steps: number;
  /** B: lines. */
  batch: number;
  layers: number;
  /** H: cells of each layer. */
  cells: number;
  /** U: characters of each line's text. */
  characters: number;
}
/** One training step of the paper's synthesis network. */
export const paperSizes: Sizes = { steps: 700, batch: 32, layers: 3, cells: 400, characters: 30 };

export interface Workload {
  network: NetworkConfig;
  weights: Weights;
  batch: PenBatch;
}

/** The update of one step. */
export const adam = { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** A point in IAM-OnDB ends a stroke about so often. */
const strokeEnds = 1 / 25;
/** Starts the window so slow that no text of the bench is read to its end: samples get the length that is asked for. */
const kappaBias = Math.log(1 / 100);

const experiment = findExperiment("synthesis", { alphabet: "extended" });

export function networkOf({ layers, cells }: Sizes): NetworkConfig {
  return { ...experiment.network, layers, cells };
}

/** Floating-point operations of one training step: 6 · T · B · (weights in matrix products). */
export function stepFlops(sizes: Sizes): number {
  return flopsPerPoint({ network: networkOf(sizes) }) * sizes.steps * sizes.batch;
}

/** With `window: false` the network reads no text: that of Section 4. */
export function makeWorkload(sizes: Sizes, { window = true }: { window?: boolean } = {}): Workload {
  const { steps, batch: size, characters } = sizes;
  const network = networkOf(sizes);
  if (!window) delete network.window;
  const random = new Random(1, "bench");
  const symbols = alphabets.extended.symbols.slice(1);
  const lines = Array.from({ length: size }, (_, k) => ({
    id: `line ${k}`,
    text: Array.from({ length: characters }, () => symbols[random.integer(symbols.length)]).join(""),
    points: Float32Array.from(
      { length: 3 * steps },
      (_, n) => n % 3 < 2 ? random.gaussian() : +(random.uniform() < strokeEnds),
    ),
  }));
  const weights = initialWeights(network, 1, { kappaBias });
  return { network, weights, batch: penBatch(lines, window ? alphabets.extended : undefined) };
}

/** The workload as a safetensors file, for contestants in other languages: weights by name, `inputs` and `targets`
 * `[T, B, 3]`, `characters` `[B, U]`; the `NetworkConfig` as JSON in the metadata. */
export async function writeWorkload(path: string, { network, weights, batch }: Workload): Promise<void> {
  const { steps, size, inputs, targets, characters } = batch;
  const tensors = {
    ...weights,
    inputs: { shape: [steps, size, 3], values: inputs },
    targets: { shape: [steps, size, 3], values: targets },
    ...(characters && {
      characters: { shape: [size, characters.length / size], values: Float32Array.from(characters) },
    }),
  };
  await writeTensors(path, {
    tensors,
    metadata: { network: JSON.stringify(network), adam: JSON.stringify(adam) },
  });
}
