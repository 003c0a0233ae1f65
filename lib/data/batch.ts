/** What a network eats: sequences side by side, time-major, padded to the longest. */
import { checkOptions } from "../check_options.ts";
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
  checkOptions("penBatch", options, ["maximumSteps"]);
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
const groupingNames = ["size", "seed", "epoch", "maximumPoints"] as const satisfies (keyof Grouping)[];

/** Lengths that differ by less than this count as alike: enough to mix the batches anew each epoch, little to pad. */
const alike = 16;

/** Sorts items into batches of like length; within a length, and among the batches, the order is random. */
function groupByLength<T>(items: T[], length: (item: T) => number, options: Grouping): T[][] {
  const { size, seed, epoch, maximumPoints = Infinity } = options;
  atLeastOne("size of a batch", size);
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

function atLeastOne(what: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`The ${what} must be 1 or more, not ${value}.`);
  }
}

/** All lines, each once, in batches of like length and random order. Batches are built as they are asked for. */
export function* penBatches(
  lines: Line[],
  options: Grouping & { alphabet?: Alphabet; maximumSteps?: number },
): Generator<PenBatch> {
  checkOptions("penBatches", options, [...groupingNames, "alphabet", "maximumSteps"]);
  const { alphabet, maximumSteps = Infinity } = options;
  const length = (line: Line) => Math.min(line.points.length / 3, maximumSteps);
  for (const group of groupByLength(lines, length, options)) {
    yield penBatch(group, alphabet, { maximumSteps });
  }
}

/**
 * A text cut into `size` streams that run side by side, each into sequences of `steps` symbols, in order. Every
 * symbol is predicted exactly once, from the one before it; the text's first from the null vector. The state goes
 * on from batch to batch and is reset every `resetEvery` batches (default: never after the first). With `from`, in 0..1, every
 * stream begins at that share of it, and goes on at its own beginning, with the state reset, once it has come to its end.
 */
export function* streamBatches(
  ids: Int32Array,
  options: { size: number; steps: number; resetEvery?: number; from?: number },
): Generator<SymbolBatch> {
  checkOptions("streamBatches", options, ["size", "steps", "resetEvery", "from"]);
  const { size, steps, resetEvery = Infinity, from: share = 0 } = options;
  atLeastOne("size of a batch", size);
  atLeastOne("length of a sequence", steps);
  const stream = Math.ceil(ids.length / size);
  const sequences = Math.ceil(stream / steps), first = Math.floor(share * sequences);
  for (let n = 0; n < sequences; n++) {
    const from = (first + n) % sequences * steps;
    const inputs = new Int32Array(steps * size).fill(-1);
    const targets = new Int32Array(steps * size).fill(-1);
    for (let t = 0; t < steps && from + t < stream; t++) {
      for (let b = 0; b < size; b++) {
        const at = b * stream + from + t;
        if (at >= ids.length) continue;
        if (at > 0) inputs[t * size + b] = ids[at - 1];
        targets[t * size + b] = ids[at];
      }
    }
    yield { kind: "symbols", steps, size, inputs, targets, startsFresh: from === 0 || n % resetEvery === 0 };
  }
}

/** The sentences of a text, each with the end of sentence that closes it. */
export function splitSentences(ids: Int32Array, endOfSentence: number): Int32Array[] {
  const sentences: Int32Array[] = [];
  for (let from = 0; from < ids.length;) {
    const end = ids.indexOf(endOfSentence, from);
    const to = end < 0 ? ids.length : end + 1;
    sentences.push(ids.subarray(from, to));
    from = to;
  }
  return sentences;
}

/** Sentences as one batch, each from the null vector. */
export function sentenceBatch(sentences: Int32Array[]): SymbolBatch {
  const size = sentences.length;
  const steps = Math.max(0, ...sentences.map((sentence) => sentence.length));
  const inputs = new Int32Array(steps * size).fill(-1);
  const targets = new Int32Array(steps * size).fill(-1);
  sentences.forEach((sentence, b) => {
    sentence.forEach((symbol, t) => {
      targets[t * size + b] = symbol;
      if (t + 1 < sentence.length) inputs[(t + 1) * size + b] = symbol;
    });
  });
  return { kind: "symbols", steps, size, inputs, targets, startsFresh: true };
}

/**
 * Whole sentences as sequences, for the Penn Treebank: with options in batches of like length and random order
 * (size 1 is the paper's one sequence an update), without it one by one in the text's order, as evaluation needs it.
 */
export function* sentenceBatches(
  ids: Int32Array,
  endOfSentence: number,
  options?: Grouping,
): Generator<SymbolBatch> {
  if (options) checkOptions("sentenceBatches", options, groupingNames);
  const sentences = splitSentences(ids, endOfSentence);
  const groups = options
    ? groupByLength(sentences, (sentence) => sentence.length, options)
    : sentences.map((sentence) => [sentence]);
  for (const group of groups) yield sentenceBatch(group);
}

/** Sequences `from` to `to` (exclusive) of a batch, one at the least. Of handwriting, without the padding that only the others
 * need. */
export function partOfBatch<B extends PenBatch | SymbolBatch>(batch: B, from: number, to: number): B {
  const size = to - from;
  const lengths = batch.kind === "pen" ? batch.lengths.slice(from, to) : undefined;
  const steps = lengths ? Math.max(...lengths) : batch.steps;
  /** Of time-major values, `width` for each sequence and step. */
  const columns = <T extends Float32Array | Int32Array>(values: T, width = 1): T => {
    const out = values.slice(0, steps * size * width) as T;
    for (let t = 0; t < steps; t++) {
      const row = t * batch.size;
      out.set(values.subarray((row + from) * width, (row + to) * width), t * size * width);
    }
    return out;
  };
  if (batch.kind === "symbols") {
    return { ...batch, size, inputs: columns(batch.inputs), targets: columns(batch.targets) };
  }
  const { inputs, targets, mask, characters, textLengths, ids } = batch,
    longest = (characters?.length ?? 0) / batch.size;
  return {
    ...batch,
    steps,
    size,
    inputs: columns(inputs, 3),
    targets: columns(targets, 3),
    mask: columns(mask),
    lengths,
    ids: ids.slice(from, to),
    ...characters && {
      characters: characters.slice(from * longest, to * longest),
      textLengths: textLengths!.slice(from, to),
    },
  };
}
