/** What an experiment trains on and is validated on, as batches. */
import {
  type Alphabet,
  describeHandwriting,
  describeText,
  encodeText,
  endOfSentence,
  type Handwriting,
  handwritingNames,
  type Line,
  openHandwriting,
  openOwnHandwriting,
  openOwnText,
  openPennTreebank,
  openWikipedia,
  penBatches,
  sentenceBatches,
  splitSentences,
  streamBatches,
  type Text,
} from "../data/mod.ts";
import type { Experiment, OwnData, Recipe } from "../experiments/mod.ts";
import type { Batch } from "../network/network.ts";
import { Random } from "../random.ts";
import type { DataRecord } from "../weights/mod.ts";

/** What a loss is told in: a mean over sequences, or over symbols. */
export type LossUnit = "nats per sequence" | "bits per symbol";

export interface TrainingData {
  /** For people: `IAM-OnDB`. */
  name: string;
  /** What was read, for people: how much to train and to validate on, what was left out, what is worth knowing. */
  summary: string[];
  /** What is kept of it with the weights. */
  record: DataRecord;
  /** What the network's symbols are. */
  alphabet?: Alphabet;
  /** Sequences in the training set: among so many the description length of the weights is shared out. */
  sequences(recipe: Recipe): number;
  /** Points or symbols in the training set. */
  points: number;
  unit: LossUnit;
  /** The training set once; `maximumPoints` is the curriculum's, `read` the passes of the stages before: streams of text go on
   * where these ended. Batches are made as they are asked for. */
  batches(
    epoch: number,
    seed: number,
    recipe: Recipe,
    maximumPoints: number,
    read?: number,
  ): Iterable<Batch>;
  /** A fixed part of the validation set. */
  validation(recipe: Recipe): Iterable<Batch>;
}

/** What of an experiment its data depend on. */
type DataOf = Pick<Experiment, "data" | "network">;

/** Opens an experiment's data; `report` is told, for people, what takes long. Throws if it is not there. */
export async function openTrainingData(
  experiment: DataOf,
  report?: (message: string) => void,
): Promise<TrainingData> {
  const { set, own } = experiment.data;
  if (set === "iam-ondb") {
    const handwriting = own
      ? await openOwnHandwriting(own.path, { report })
      : await openHandwriting({ report });
    return handwritingData(handwriting, experiment);
  }
  return textData(await openText(experiment));
}

/** The text of an experiment. Throws if the network has too few classes for it. */
export async function openText({ data, network }: DataOf): Promise<Text> {
  if (data.set === "iam-ondb") throw new Error("This experiment's data are handwriting, not text.");
  const text = data.own
    ? await openOwnText(data.own.path, levelOf(data), data.own.symbols)
    : data.set === "wikipedia"
    ? await openWikipedia()
    : await openPennTreebank(data.level === "char" ? "character" : "word");
  const classes = network.domain.kind === "symbols" ? network.domain.classes : 0;
  if (text.symbols.length > classes) {
    throw new Error(
      `${text.source} has ${text.symbols.length} symbols, but the network only ${classes} classes.`,
    );
  }
  return text;
}

/** What a text's symbols are. */
/** What a text's symbols are. */
export function levelOf(data: Experiment["data"]): Text["level"] {
  if (data.set !== "penn-treebank") return "byte";
  return data.level === "char" ? "character" : "word";
}

/**
 * The experiment on data of one's own; a network of text gets a class for each symbol that the text has, or that
 * weights have which it is to go on from. Throws if the data cannot be read.
 */
export async function onOwnData<E extends DataOf>(experiment: E, own: OwnData): Promise<E> {
  const data = { ...experiment.data, own };
  if (data.set === "iam-ondb") return { ...experiment, data };
  const { symbols } = await openOwnText(own.path, levelOf(data), own.symbols);
  const domain = { kind: "symbols", classes: symbols.length } as const;
  return { ...experiment, data, network: { ...experiment.network, domain } };
}

/** A fixed selection of `count` lines, the same in every run. */
export function someLines(lines: Line[], count: number): Line[] {
  return count >= lines.length
    ? lines
    : new Random(0, "validation lines").shuffle([...lines]).slice(0, count);
}

/** A reader names the last character some points after it was written: every line rests for so many. */
const restingPoints = 30;

/** A line as it is read: with the pen at rest behind it. */
export function toBeRead(line: Line): Line {
  const points = new Float32Array(line.points.length + 3 * restingPoints);
  points.set(line.points);
  return { ...line, points };
}

/** Which characters of one's own texts the network is not told apart; the paper's are known (data/README.md). */
function unknownCharacters({ source, training, validation }: Handwriting, alphabet?: Alphabet): string[] {
  if (source !== "own" || !alphabet) return [];
  const { replaced } = encodeText([...training, ...validation].map(({ text }) => text).join(""), alphabet);
  if (!replaced.length) return [];
  const list = replaced.map(({ char, count }) => `${char} (${count})`).join(", ");
  return [`Not in the alphabet '${alphabet.name}', and so all one 'non-letter' to the network: ${list}.`];
}

export function handwritingData(handwriting: Handwriting, { data, network }: DataOf): TrainingData {
  const { source, statistics, cleaning, checksum } = handwriting;
  const reading = network.domain.kind === "reading";
  const [training, validation] = [handwriting.training, handwriting.validation].map((lines) =>
    reading ? lines.map(toBeRead) : lines
  );
  const alphabet = data.set === "iam-ondb" ? data.alphabet : undefined;
  return {
    name: handwritingNames[source],
    summary: [...describeHandwriting(handwriting), ...unknownCharacters(handwriting, alphabet)],
    record: {
      name: source,
      checksum,
      ...(alphabet && { alphabet: alphabet.name }),
      statistics: { mean: statistics.mean, std: statistics.std },
      cleaning,
    },
    alphabet,
    sequences: () => training.length,
    points: training.reduce((sum, line) => sum + line.points.length / 3, 0),
    unit: "nats per sequence",
    batches: (epoch, seed, { batchSize, maximumPoints }, points) =>
      penBatches(training, {
        size: batchSize,
        seed,
        epoch,
        maximumPoints,
        maximumSteps: points,
        alphabet,
      }),
    validation: ({ validation: { sequences }, maximumPoints }) =>
      penBatches(someLines(validation, sequences), { size: 32, seed: 0, epoch: 0, maximumPoints, alphabet }),
  };
}

/** Symbols of the validation set that are looked at during the training. */
const validationSymbols = 64_000;

export function textData(text: Text): TrainingData {
  const { training, validation, symbols } = text;
  const end = symbols.indexOf(endOfSentence);
  const sample = validation.subarray(0, validationSymbols);
  return {
    name: text.source,
    summary: describeText(text),
    record: { name: text.source, checksum: text.checksum, alphabet: text.level },
    alphabet: { name: text.level, symbols },
    sequences: ({ text: cut }) =>
      typeof cut === "object" ? Math.ceil(training.length / cut.steps) : splitSentences(training, end).length,
    points: training.length,
    unit: "bits per symbol",
    batches: (epoch, seed, { batchSize, text: cut }, _, read = 0) =>
      cut === undefined || cut === "sentences"
        ? sentenceBatches(training, end, { size: batchSize, seed, epoch })
        : streamBatches(training, {
          size: batchSize,
          steps: cut.steps,
          resetEvery: cut.resetEvery ?? Infinity,
          from: read % 1,
        }),
    validation: ({ validation: { sequences } }) => streamBatches(sample, { size: sequences, steps: 100 }),
  };
}
