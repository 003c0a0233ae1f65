/** What a network eats: sequences side by side, time-major, padded to the longest. */
import { Random } from "../random.ts";
import { type Alphabet, encodeText } from "./alphabet.ts";
import type { Line } from "./handwriting.ts";

/** Handwriting (Section 4), with its text where the network is to synthesise (Section 5). */
export interface PenBatch {
  kind: "pen";
  /** Number of time steps, T: the points of the longest line. */
  steps: number;
  /** Number of lines, B. */
  size: number;
  /** `[T, B, 3]`: row 0 is the null vector, row t is the point x_t. */
  inputs: Float32Array;
  /** `[T, B, 3]`: row t is the point x_{t+1}, which is to be predicted. */
  targets: Float32Array;
  /** `[T, B]`: 1 where there is a target, 0 for padding. */
  mask: Int32Array;
  /** `[B]`: the points of each line. */
  lengths: Int32Array;
  /** `[B, U]`: the texts as indices into the alphabet, padded with −1. */
  characters?: Int32Array;
  /** `[B]` */
  textLengths?: Int32Array;
  ids: string[];
}

/** Text (Section 3). */
export interface SymbolBatch {
  kind: "symbols";
  /** T */
  steps: number;
  /** B */
  size: number;
  /** `[T, B]`: the symbol before; −1 (the null vector) at a sequence's very start and in padding. */
  inputs: Int32Array;
  /** `[T, B]`: the symbol to predict; −1 for padding. */
  targets: Int32Array;
  /** Whether the state (h, c) is to be set to zero before this batch; else it goes on from the batch before. */
  startsFresh: boolean;
}

/**
 * Lines as one batch. With an alphabet their texts come along.
 * `maximumSteps` cuts longer lines off, for quick trials; their texts stay whole.
 */
export function penBatch(
  lines: Line[],
  alphabet?: Alphabet,
  options: { maximumSteps?: number } = {},
): PenBatch {
  const { maximumSteps = Infinity } = options;
  const size = lines.length;
  const lengths = Int32Array.from(lines, (line) => Math.min(line.points.length / 3, maximumSteps));
  const steps = Math.max(0, ...lengths);
  const inputs = new Float32Array(steps * size * 3);
  const targets = new Float32Array(steps * size * 3);
  const mask = new Int32Array(steps * size);
  lines.forEach(({ points }, b) => {
    for (let t = 0; t < lengths[b]; t++) {
      const point = points.subarray(3 * t, 3 * t + 3);
      targets.set(point, 3 * (t * size + b));
      if (t + 1 < lengths[b]) inputs.set(point, 3 * ((t + 1) * size + b));
      mask[t * size + b] = 1;
    }
  });
  const batch: PenBatch = {
    kind: "pen",
    steps,
    size,
    inputs,
    targets,
    mask,
    lengths,
    ids: lines.map((line) => line.id),
  };
  if (!alphabet) return batch;
  const texts = lines.map((line) => encodeText(line.text, alphabet).ids);
  const textLengths = Int32Array.from(texts, (ids) => ids.length);
  const longest = Math.max(0, ...textLengths);
  const characters = new Int32Array(size * longest).fill(-1);
  texts.forEach((ids, b) => characters.set(ids, b * longest));
  return { ...batch, characters, textLengths };
}

export interface Grouping {
  /** The most sequences in a batch. */
  size: number;
  /** Chance depends on seed and epoch alone. */
  seed: number;
  epoch: number;
  /** The most points in a batch, padding included (T·B): long sequences come in smaller batches. A sequence that is
   * longer than this has a batch of its own. */
  maximumPoints?: number;
}

/** Lengths that differ by less than this count as alike: enough to mix the batches anew each epoch, little to pad. */
const alike = 16;

/** Sorts items into batches of like length; within a length, and among the batches, the order is random. */
function groupByLength<T>(items: T[], length: (item: T) => number, options: Grouping): T[][] {
  const { size, seed, epoch, maximumPoints = Infinity } = options;
  if (!(size >= 1)) throw new RangeError(`A batch needs at least one sequence, but its size is ${size}.`);
  const random = new Random(seed, "batches", epoch);
  const rank = (item: T) => Math.ceil(length(item) / alike);
  const sorted = random.shuffle([...items]).sort((a, b) => rank(b) - rank(a));
  const groups: T[][] = [];
  let steps = 0;
  for (const item of sorted) {
    const group = groups.at(-1);
    const longest = Math.max(steps, length(item));
    if (group && group.length < size && longest * (group.length + 1) <= maximumPoints) {
      group.push(item);
      steps = longest;
    } else {
      groups.push([item]);
      steps = length(item);
    }
  }
  return random.shuffle(groups);
}

/** All lines, each once, in batches of like length and random order. Batches are built as they are asked for. */
export function* penBatches(
  lines: Line[],
  options: Grouping & { alphabet?: Alphabet; maximumSteps?: number },
): Generator<PenBatch> {
  const { alphabet, maximumSteps = Infinity } = options;
  const length = (line: Line) => Math.min(line.points.length / 3, maximumSteps);
  for (const group of groupByLength(lines, length, options)) {
    yield penBatch(group, alphabet, { maximumSteps });
  }
}

/** How many batches `penBatches` will give. */
export function countPenBatches(lines: Line[], options: Grouping & { maximumSteps?: number }): number {
  const { maximumSteps = Infinity } = options;
  return groupByLength(lines, (line) => Math.min(line.points.length / 3, maximumSteps), options).length;
}
