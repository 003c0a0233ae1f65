/**
 * A network's weights in a file of their own: safetensors under the paper's names (`lib/network/parameters.ts`), with
 * all that is needed to use them in the metadata (`lib/weights/header.ts`).
 */
import { join } from "node:path";
import type { Alphabet } from "../data/alphabet.ts";
import { resultsDirectory, runName, sha256, writeFile } from "../files.ts";
import { checkWeights, type Weights } from "../network/parameters.ts";
import { metadataOf, readHeader } from "./header.ts";
import type { Provenance } from "./provenance.ts";
import { bytesPer, type Dtype, encodeTensors, readTensors, writeTensors } from "./safetensors.ts";

/** Weights with what is needed to use them. */
export interface NamedWeights {
  weights: Weights;
  provenance: Provenance;
  /** Of synthesis, and of text: what the network's symbols are. */
  alphabet?: Alphabet;
}

export interface WeightsFile extends NamedWeights {
  /** SHA-256 of the file; its parts' are in its header. */
  checksum: string;
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
  { weights, ...header }: NamedWeights,
  { dtype = "F32", largestFile = Infinity }: { dtype?: Dtype; largestFile?: number } = {},
): Promise<string> {
  const [first, ...others] = inParts(weights, largestFile / bytesPer[dtype]);
  const parts: string[] = [];
  for (const tensors of others) {
    const bytes = encodeTensors({ tensors, metadata: {} }, dtype);
    parts.push(sha256(bytes));
    await writeFile(partPath(path, parts.length), bytes);
  }
  return await writeTensors(path, { tensors: first, metadata: metadataOf({ ...header, parts }) }, dtype);
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
 * project's, or does not have the weights of the network that its header describes.
 */
export async function readWeights(path: string): Promise<WeightsFile> {
  const { tensors, metadata, checksum } = await readTensors(path);
  const { provenance, alphabet, parts } = readHeader(metadata, path);
  const weights: Weights = {};
  const others = await readParts(path, parts);
  for (const [name, { shape, values }] of Object.entries({ ...tensors, ...others })) {
    weights[name] = { shape, values: Float32Array.from(values) };
  }
  try {
    checkWeights(provenance.network, weights);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return { weights, provenance, ...(alphabet && { alphabet }), checksum };
}
