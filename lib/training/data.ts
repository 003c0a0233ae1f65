/** What an experiment trains on and is validated on, as batches. */
import { penBatches } from "../data/batch.ts";
import { type Handwriting, type Line, openHandwriting } from "../data/handwriting.ts";
import type { Experiment, Recipe } from "../experiments.ts";
import type { Batch } from "../network/network.ts";
import { Random } from "../random.ts";

/** What a loss is told in: a mean over sequences, or over symbols. */
export type LossUnit = "nats per sequence" | "bits per symbol";

export interface TrainingData {
  /** For people: `IAM-OnDB`. */
  name: string;
  /** SHA-256 of what is trained on. */
  checksum: string;
  /** Sequences in the training set: among so many the description length of the weights is shared out. */
  sequences: number;
  /** Points or symbols in the training set. */
  points: number;
  unit: LossUnit;
  /** What a reader of the weights needs to know of the data: written into the weights' file. */
  metadata: Record<string, string>;
  /** The training set once; `maximumPoints` is the curriculum's. Batches are made as they are asked for. */
  batches(epoch: number, seed: number, recipe: Recipe, maximumPoints: number): Iterable<Batch>;
  /** A fixed part of the validation set. */
  validation(recipe: Recipe): Iterable<Batch>;
}

/** Opens an experiment's data. Throws if it is not there. */
export async function openTrainingData(experiment: Experiment): Promise<TrainingData> {
  const { data } = experiment;
  if (data.set !== "iam-ondb") throw new Error(`The data set ${data.set} cannot be trained on yet.`);
  return handwritingData(await openHandwriting(), experiment);
}

/** A fixed selection of `count` lines, the same in every run. */
export function someLines(lines: Line[], count: number): Line[] {
  return count >= lines.length
    ? lines
    : new Random(0, "validation lines").shuffle([...lines]).slice(0, count);
}

export function handwritingData(handwriting: Handwriting, { data }: Experiment): TrainingData {
  const { source, training, validation, statistics, cleaning, checksum } = handwriting;
  const alphabet = data.set === "iam-ondb" ? data.alphabet : undefined;
  return {
    name: source === "iam-ondb" ? "IAM-OnDB" : "the excerpt of IAM-OnDB",
    checksum,
    sequences: training.length,
    points: training.reduce((sum, line) => sum + line.points.length / 3, 0),
    unit: "nats per sequence",
    metadata: {
      data: source,
      dataChecksum: checksum,
      cleaning: JSON.stringify(cleaning),
      offsetMean: JSON.stringify(statistics.mean),
      offsetStd: JSON.stringify(statistics.std),
      ...(alphabet && { alphabet: JSON.stringify(alphabet.symbols), alphabetName: alphabet.name }),
    },
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
