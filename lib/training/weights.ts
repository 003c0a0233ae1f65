/**
 * A network's weights in a file of their own: safetensors under the paper's names (`lib/network/parameters.ts`), with
 * all that is needed to use them in the metadata.
 *
 * | metadata | |
 * |---|---|
 * | `experiment` | its name in `lib/experiments.ts` |
 * | `network` | the `NetworkConfig` as JSON |
 * | `alphabet`, `alphabetName` | the symbols by index, as a JSON list |
 * | `offsetMean`, `offsetStd` | of Δx and Δy in sensor units, as JSON lists: what the network reads is normalised |
 * | `cleaning`, `data`, `dataChecksum` | the training data |
 * | `recipe`, `seed`, `updates`, `epochs` | how they were trained |
 */
import { join } from "node:path";
import type { Alphabet } from "../data/alphabet.ts";
import { exists, resultsDirectory, sha256 } from "../files.ts";
import type { NetworkConfig } from "../network/config.ts";
import type { Weights } from "../network/parameters.ts";
import { type Dtype, readTensors, writeTensors } from "./safetensors.ts";

export interface WeightsFile {
  /** The experiment's name. */
  experiment: string;
  network: NetworkConfig;
  weights: Weights;
  /** Of synthesis, and of text: what the network's symbols are. */
  alphabet?: Alphabet;
  /** Of handwriting: of the offsets in sensor units. */
  statistics?: { mean: [number, number]; std: [number, number] };
  /** SHA-256 of the file. */
  checksum: string;
  /** As in the file. */
  metadata: Record<string, string>;
}

/** Where an experiment's shipped weights lie. */
export function weightsPath(experiment: string, results: string = resultsDirectory): string {
  return join(results, "weights", `${experiment}.safetensors`);
}

/** Writes weights for others to use. F16 halves the file; evaluate what was written, not what was trained. */
export async function writeWeights(
  path: string,
  weights: Weights,
  metadata: Record<string, string>,
  dtype: Dtype = "F32",
): Promise<void> {
  await writeTensors(path, { tensors: weights, metadata }, dtype);
}

/** Reads weights. Throws if the file is missing, damaged, or not one of this project's. */
export async function readWeights(path: string): Promise<WeightsFile> {
  const { tensors, metadata } = await readTensors(path);
  const { experiment, network, alphabet, alphabetName, offsetMean, offsetStd } = metadata;
  if (!experiment || !network) {
    throw new Error(
      `${path}: its metadata name no experiment and network, so these are not weights of this project.`,
    );
  }
  const weights: Weights = {};
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    weights[name] = { shape, values: Float32Array.from(values) };
  }
  return {
    experiment,
    network: parseNetwork(network),
    weights,
    checksum: await sha256(await Deno.readFile(path)),
    metadata,
    ...(alphabet && { alphabet: { name: alphabetName, symbols: JSON.parse(alphabet) } }),
    ...(offsetMean && { statistics: { mean: JSON.parse(offsetMean), std: JSON.parse(offsetStd) } }),
  };
}

/** The shipped weights of an experiment. Throws, with what to do, if there are none. */
export async function openWeights(
  experiment: string,
  results: string = resultsDirectory,
): Promise<WeightsFile> {
  const path = weightsPath(experiment, results);
  if (!await exists(path)) {
    throw new Error(
      `There are no weights of '${experiment}' (${path}). Train them with ` +
        `\`deno task train ${experiment} --publish\`.`,
    );
  }
  return await readWeights(path);
}

const parseNetwork = (text: string) => JSON.parse(text) as NetworkConfig;
