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
 * | `parts` | the SHA-256 of the files `<name>.part2.safetensors`, … that hold the other tensors, as a JSON list |
 */
import { join } from "node:path";
import type { Alphabet } from "../data/alphabet.ts";
import { resultsDirectory, runName, sha256, writeFile } from "../files.ts";
import type { NetworkConfig } from "../network/config.ts";
import { checkWeights, type Weights } from "../network/parameters.ts";
import { bytesPer, type Dtype, encodeTensors, readTensors, writeTensors } from "./safetensors.ts";
import { readMetadata } from "./schemas.ts";

export interface WeightsFile {
  /** The experiment's name. */
  experiment: string;
  network: NetworkConfig;
  weights: Weights;
  /** Of synthesis, and of text: what the network's symbols are. */
  alphabet?: Alphabet;
  /** Of handwriting: of the offsets in sensor units. */
  statistics?: { mean: [number, number]; std: [number, number] };
  /** SHA-256 of the file; its parts' are in its metadata. */
  checksum: string;
  /** As in the file. */
  metadata: Record<string, string>;
}

/** Where an experiment's shipped weights lie. */
export function weightsPath(experiment: string, results: string = resultsDirectory): string {
  return join(results, "weights", `${runName(experiment)}.safetensors`);
}

/**
 * Writes weights for others to use. F16 halves the file; evaluate what was written, not what was trained. Above
 * `largestFile` bytes the tensors are dealt out, in their order, to parts of at most so many bytes or one tensor. Gives
 * the first file's SHA-256.
 */
export async function writeWeights(
  path: string,
  weights: Weights,
  metadata: Record<string, string>,
  dtype: Dtype = "F32",
  largestFile = Infinity,
): Promise<string> {
  const [first, ...others] = inParts(weights, largestFile / bytesPer[dtype]);
  const checksums: string[] = [];
  for (const tensors of others) {
    const bytes = encodeTensors({ tensors, metadata: {} }, dtype);
    checksums.push(sha256(bytes));
    await writeFile(partPath(path, checksums.length), bytes);
  }
  const { parts: _, ...own } = metadata;
  const parts = others.length ? { parts: JSON.stringify(checksums) } : undefined;
  return await writeTensors(path, { tensors: first, metadata: { ...own, ...parts } }, dtype);
}

/** Consecutive weights of at most `size` values together, or one. */
function inParts(weights: Weights, size: number): Weights[] {
  const parts: Weights[] = [];
  let room = 0;
  for (const [name, tensor] of Object.entries(weights)) {
    room -= tensor.values.length;
    if (room < 0 || !parts.length) {
      parts.push({});
      room = size - tensor.values.length;
    }
    parts.at(-1)![name] = tensor;
  }
  return parts;
}

/** `word.safetensors`, `word.part2.safetensors`, … */
export const partPath = (path: string, index: number) =>
  path.replace(/(\.safetensors)?$/, `.part${index + 1}$1`);

/** The tensors of the file's other parts. Throws if one is missing or belongs to other weights. */
async function readParts(path: string, checksums: string[]): Promise<Weights> {
  const weights: Weights = {};
  for (const [k, expected] of checksums.entries()) {
    const part = partPath(path, k + 1);
    const { tensors, checksum } = await readTensors(part);
    if (checksum !== expected) {
      throw new Error(
        `${part} does not belong to ${path}: expected the SHA-256 ${expected.slice(0, 12)}…, found ` +
          `${checksum.slice(0, 12)}…. Take both from the same place.`,
      );
    }
    Object.assign(weights, tensors);
  }
  return weights;
}

/**
 * Reads weights. Throws, naming the file and what is wrong, if it or a part is missing, damaged, not one of this
 * project's, or does not have the weights of the network that its metadata describe.
 */
export async function readWeights(path: string): Promise<WeightsFile> {
  const { tensors, metadata, checksum } = await readTensors(path);
  const { experiment, network, alphabet, alphabetName, offsetMean, offsetStd, parts } = readMetadata(
    metadata,
    path,
  );
  const weights: Weights = {};
  const others = await readParts(path, parts ?? []);
  for (const [name, { shape, values }] of Object.entries({ ...tensors, ...others })) {
    weights[name] = { shape, values: Float32Array.from(values) };
  }
  try {
    checkWeights(network, weights);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return {
    experiment,
    network,
    weights,
    checksum,
    metadata,
    ...(alphabet && { alphabet: { name: alphabetName ?? "unnamed", symbols: alphabet } }),
    ...(offsetMean && offsetStd && { statistics: { mean: offsetMean, std: offsetStd } }),
  };
}
