/** What the paper's tables report, measured: nats per sequence and SSE of handwriting; BPC, perplexity, error of text. */
import { checkOptions } from "../check_options.ts";
import {
  type Cleaning,
  defaultCleaning,
  type Handwriting,
  type Line,
  noCleaning,
  openHandwriting,
  openOwnHandwriting,
  penBatches,
  streamBatches,
  type Text,
} from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { type BatchLoss, Network } from "../network/network.ts";
import { findExperiment } from "../experiments/mod.ts";
import { openText, someLines } from "../training/data.ts";
import { type DynamicOptions, learnAndScore } from "./dynamic.ts";
import { characterErrorRate, lostLines, readHandwriting } from "./legibility.ts";
import { scoreText, type TextLoss, type TextResults, textResults } from "./text_loss.ts";
import { meanLength, type Normalisation, nullVector, renormalise } from "./renormalise.ts";
import type { WeightsFile } from "../weights/mod.ts";

/** What was measured of handwriting, in the units of one way of cleaning the offsets. */
export interface HandwritingResults {
  /** Mean of L(x) (Eq. 26) over the validation lines, nats per line. */
  logLoss: number;
  /** Of a point and the mixture's mean, in normalised units, averaged over points. */
  sumSquaredError: number;
  /** What both depend on: of the training set's offsets, in sensor units, and the scored lines' mean length in points. */
  offsetMean: [number, number];
  offsetStd: [number, number];
  meanLength: number;
}

/** What was measured of a network that reads: on the validation lines, with this project's cleaning. */
export interface ReadingResults {
  /** Characters put in, left out or taken for others, over all characters. */
  characterErrorRate: number;
  /** Share of the lines of which more than half was misread. */
  lost: number;
}

/** What was measured of weights, as `run.json` keeps it. */
export interface Results {
  reading?: ReadingResults;
  /** Handwriting: the offsets as they are recorded, and with this project's cleaning. */
  recorded?: HandwritingResults;
  cleaned?: HandwritingResults;
  /** Text: the part that the paper's table is about, with fixed weights and with weights that go on learning. */
  static?: TextResults;
  dynamic?: TextResults;
  /** Text: other parts. */
  training?: TextResults;
  validation?: TextResults;
}

export type TextPart = "training" | "validation" | "test";

export interface EvaluateOptions {
  /** So many validation lines (a fixed choice) or symbols (from the beginning); default all. */
  limit?: number;
  /** Text: learn from each sequence after it is scored (Section 3). */
  dynamic?: DynamicOptions;
  /** Text: `test`, the default, or `validation`; Wikipedia has no test set. */
  part?: TextPart;
  /** Data of one's own to score on, in place of the paper's: a path (data/README.md). */
  own?: string;
  /** Sequences that are scored side by side. */
  streams?: number;
  onProgress?: (done: number, all: number) => void;
}

export interface Evaluation {
  experiment: string;
  /** What was scored, for people. */
  data: string;
  dataChecksum: string;
  /** Lines or symbols scored. */
  count: number;
  results: Results;
  seconds: number;
  /** Text: what each symbol cost, in the text's order. */
  nats?: Float64Array;
}

/**
 * Scores weights as the experiment's table does.
 * Throws if they are not those of the experiment's kind of data, or if the data are not there.
 */
export async function evaluate(
  engine: Engine,
  file: WeightsFile,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions("evaluate", options, ["limit", "dynamic", "part", "own", "streams", "onProgress"]);
  const begun = performance.now();
  const experiment = findExperiment(file.provenance.experiment);
  const evaluation = experiment.data.set === "iam-ondb"
    ? await evaluateHandwriting(engine, file, options)
    : named(await evaluateText(engine, file, options), options.dynamic !== undefined);
  return { experiment: experiment.name, ...evaluation, seconds: (performance.now() - begun) / 1000 };
}

/** Under the name that says how the text was read, or which part of it. */
function named({ results, part, isUsual, ...scored }: TextEvaluation, dynamic: boolean): Scored {
  return { ...scored, results: { [!isUsual ? part : dynamic ? "dynamic" : "static"]: results } };
}

type Scored = Omit<Evaluation, "experiment" | "seconds">;

async function evaluateHandwriting(
  engine: Engine,
  file: WeightsFile,
  options: EvaluateOptions,
): Promise<Scored> {
  if (options.dynamic) throw new Error("Dynamic evaluation is for text; the paper has none for handwriting.");
  const { own } = options;
  const open = (cleaning: Cleaning) =>
    own ? openOwnHandwriting(own, { cleaning }) : openHandwriting({ cleaning });
  const cleaned = await open(defaultCleaning);
  const scored = ({ source, checksum, validation }: Handwriting, results: Results): Scored => ({
    data: `${source}, validation set`,
    dataChecksum: checksum,
    count: someLines(validation, options.limit ?? Infinity).length,
    results,
  });
  if (file.provenance.network.domain.kind === "reading") {
    return scored(cleaned, { reading: await readingResults(engine, file, cleaned, options) });
  }
  const recorded = await open(noCleaning);
  return scored(recorded, {
    recorded: await handwritingResults(engine, file, recorded, options),
    cleaned: await handwritingResults(engine, file, cleaned, options),
  });
}

/** The validation lines as a network reads them, in the units that it learned in. */
async function readingResults(
  engine: Engine,
  { provenance: { network: config }, weights, alphabet }: WeightsFile,
  { validation }: Handwriting,
  { limit = Infinity, streams, onProgress }: EvaluateOptions,
): Promise<ReadingResults> {
  if (!alphabet) throw new Error("The weights' file does not say what its characters are.");
  const network = new Network(engine, config, weights);
  try {
    const lines = someLines(validation, limit);
    const readings = await readHandwriting(network, lines, alphabet, { lanes: streams, onProgress });
    return { characterErrorRate: characterErrorRate(readings), lost: lostLines(readings) / readings.length };
  } finally {
    network.free();
  }
}

/** The validation lines in the units of `handwriting`. */
export async function handwritingResults(
  engine: Engine,
  { provenance: { network: config, data: { statistics: from } }, weights, alphabet }: WeightsFile,
  { validation, statistics: to }: { validation: Line[]; statistics: Normalisation },
  { limit = Infinity, streams = 32, onProgress }: EvaluateOptions = {},
): Promise<HandwritingResults> {
  if (!from) throw new Error("The weights' file does not say what its offsets were normalised with.");
  const lines = someLines(validation, limit);
  const network = new Network(engine, config, renormalise(weights, from, to));
  const start = nullVector(from, to);
  let nats = 0, squared = 0, points = 0, done = 0;
  try {
    for (
      const batch of penBatches(lines, { size: streams, seed: 0, epoch: 0, maximumPoints: 24_000, alphabet })
    ) {
      for (let b = 0; b < batch.size; b++) batch.inputs.set(start, 3 * b);
      const loss = await network.loss(batch);
      nats += loss.total;
      for (const error of loss.errors) squared += error;
      points += loss.points;
      onProgress?.(done += batch.size, lines.length);
    }
  } finally {
    network.free();
  }
  return {
    logLoss: nats / lines.length,
    sumSquaredError: squared / points,
    offsetMean: [...to.mean],
    offsetStd: [...to.std],
    meanLength: meanLength(lines),
  };
}

/** What was measured of a text network on one part of its text. */
export interface TextEvaluation extends Omit<Scored, "results" | "nats"> {
  results: TextResults;
  part: TextPart;
  /** Whether the part is the one that the paper's table is about. */
  isUsual: boolean;
  /** What each symbol cost, in the text's order. */
  nats: Float64Array;
}

/** Scores a part of the experiment's text. Throws as `evaluate` does. */
export async function evaluateText(
  engine: Engine,
  file: WeightsFile,
  options: EvaluateOptions = {},
): Promise<TextEvaluation> {
  const { network: config } = file.provenance;
  const experiment = findExperiment(file.provenance.experiment);
  const symbols = file.alphabet?.symbols ?? [];
  const { own } = options;
  const data = { ...experiment.data, ...(own && { own: { path: own, symbols } }) };
  const text = await openText({ data, network: config });
  if (text.symbols.some((symbol, k) => symbols[k] !== symbol)) {
    throw new Error(`The weights were trained on other symbols than ${text.source} has.`);
  }
  const usual = text.test.length ? "test" : "validation";
  const { part = usual, limit = Infinity } = options;
  const ids = text[part].subarray(0, limit);
  if (ids.length === 0) throw new Error(`${text.source} has no ${part} set.`);
  const network = new Network(engine, config, file.weights);
  try {
    return {
      data: `${text.source}, ${part} set`,
      dataChecksum: text.checksum,
      count: ids.length,
      part,
      isUsual: part === usual,
      ...await scoreInOrder(network, text, ids, options),
    };
  } finally {
    network.free();
  }
}

/** Static evaluation in 16 streams side by side; dynamic evaluation in one, as it learns from what came before. */
async function scoreInOrder(
  network: Network,
  text: Text,
  ids: Int32Array,
  { dynamic, streams = dynamic ? 1 : 16, onProgress }: EvaluateOptions,
): Promise<{ results: TextResults; nats: Float64Array }> {
  const size = Math.min(streams, ids.length);
  const stream = Math.ceil(ids.length / size);
  const steps = dynamic?.steps ?? 100;
  const batches = streamBatches(ids, { size, steps, resetEvery: Math.round(symbolsPerState(text) / steps) });
  const nats = new Float64Array(ids.length);
  let from = 0;
  const keep = ({ symbols }: Readonly<TextLoss>, { losses }: BatchLoss) => {
    const steps = losses.length / size;
    for (let t = from; t < Math.min(from + steps, stream); t++) {
      // Beyond the last stream's end a Float64Array takes nothing.
      for (let b = 0; b < size; b++) nats[b * stream + t] = losses[(t - from) * size + b];
    }
    from += steps;
    onProgress?.(symbols, ids.length);
  };
  const loss = dynamic
    ? await learnAndScore(network, batches, dynamic, keep)
    : await scoreText(network, batches, keep);
  return { results: textResults(loss, text, ids), nats };
}

/** The state goes on throughout the Penn Treebank, and over 100 sequences of 100 bytes of Wikipedia (Section 3.2). */
const symbolsPerState = ({ level }: Text) => level === "byte" ? 10_000 : Infinity;
