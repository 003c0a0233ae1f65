/** The paper's tables, and settings, as data: Graves (2013), arXiv:1308.0850. Nothing here is measured by us. */

/** One row of Table 1. `experiment` is our name for the trained network (`lib/experiments`). */
export interface PennTreebankRow {
  experiment: string;
  input: "char" | "word";
  regularisation: string;
  /** Whether the weights go on learning from the test data after each prediction. */
  dynamic: boolean;
  bitsPerCharacter: number;
  perplexity: number;
  /** Next-step classification error, in per cent. */
  error: number;
  epochs: number;
}

/** One row of Table 3 or 4. */
export interface HandwritingRow {
  experiment: string;
  network: string;
  regularisation: string;
  /** Mean of L(x) over the validation set, nats per sequence. */
  logLoss: number;
  /** Mean sum-squared-error per data point. */
  sumSquaredError: number;
}

function pennRow(
  experiment: string,
  input: "char" | "word",
  regularisation: string,
  epochs: number,
  dynamic: boolean,
  [bitsPerCharacter, perplexity, error]: number[],
): PennTreebankRow {
  return { experiment, input, regularisation, dynamic, bitsPerCharacter, perplexity, error, epochs };
}

/** Table 1: Penn Treebank test set. */
export const table1: PennTreebankRow[] = [
  pennRow("char", "char", "none", 9, false, [1.32, 167, 28.5]),
  pennRow("char", "char", "none", 9, true, [1.29, 148, 28.0]),
  pennRow("char-noise", "char", "weight noise", 25, false, [1.27, 140, 27.4]),
  pennRow("char-noise", "char", "weight noise", 25, true, [1.24, 124, 26.9]),
  pennRow("char-adaptive", "char", "adaptive weight noise", 26, false, [1.26, 133, 27.4]),
  pennRow("char-adaptive", "char", "adaptive weight noise", 26, true, [1.24, 122, 26.9]),
  pennRow("word", "word", "none", 11, false, [1.27, 138, 77.8]),
  pennRow("word", "word", "none", 11, true, [1.25, 126, 76.9]),
  pennRow("word-noise", "word", "weight noise", 14, false, [1.25, 126, 76.9]),
  pennRow("word-noise", "word", "weight noise", 14, true, [1.23, 117, 76.2]),
];

/** What Section 3.1 quotes from Mikolov's thesis: word perplexity on the Penn Treebank's test set. */
export const quotedPerplexities: { model: string; perplexity: number }[] = [
  { model: "5-gram with Kneser–Ney smoothing", perplexity: 141 },
  { model: "feed-forward network", perplexity: 141.8 },
  { model: "PAQ8, a compression algorithm", perplexity: 131.1 },
  { model: "recurrent network", perplexity: 124.7 },
  { model: "recurrent network, evaluated dynamically", perplexity: 123.2 },
  { model: "ensemble of networks, 5-gram and cache", perplexity: 89.4 },
];

/** What Section 3.2 quotes: bits per character of Wikipedia. */
export const quotedBits: { model: string; bitsPerCharacter: number; atLeast?: boolean }[] = [
  { model: "zip and the like", bitsPerCharacter: 2, atLeast: true },
  { model: "a variant of PAQ8", bitsPerCharacter: 1.28 },
  { model: "character network, text without markup (Mikolov et al. 2012)", bitsPerCharacter: 1.54 },
  { model: "the same with a maximum entropy model", bitsPerCharacter: 1.47 },
];

/** Table 2: Wikipedia, bits per character; four training epochs (Section 3.2). */
export const table2 = {
  experiment: "wikipedia",
  train: 1.42,
  validationStatic: 1.67,
  validationDynamic: 1.33,
  epochs: 4,
};

function handwritingRow(
  experiment: string,
  network: string,
  regularisation: string,
  [logLoss, sumSquaredError]: number[],
): HandwritingRow {
  return { experiment, network, regularisation, logLoss, sumSquaredError };
}

/** Table 3: handwriting prediction, validation set. */
export const table3: HandwritingRow[] = [
  handwritingRow("prediction-1x900", "1 layer", "none", [-1025.7, 0.40]),
  handwritingRow("prediction-3x400", "3 layer", "none", [-1041.0, 0.41]),
  handwritingRow("prediction-3x400-adaptive", "3 layer", "adaptive weight noise", [-1057.7, 0.41]),
];

/** Table 4: handwriting synthesis, validation set. The paper names no network here: it has three layers of 400. */
export const table4: HandwritingRow[] = [
  handwritingRow("synthesis", "3 layer", "none", [-1096.9, 0.23]),
  handwritingRow("synthesis-adaptive", "3 layer", "adaptive weight noise", [-1128.2, 0.23]),
];

/** Settings of Section 3.1. */
export const pennTreebank = {
  layers: 1,
  cells: 1000,
  characters: 49,
  words: 10_000,
  weights: { char: 4.3e6, word: 54e6 },
  clip: { lstm: 1, outputs: null },
  sgd: { rate: 0.0001, momentum: 0.99 },
  /** Standard deviation of fixed weight noise, drawn at the start of each training sequence. */
  weightNoise: 0.075,
};

/** Settings of Section 3.2. The seven layers that the text names would have 30.5M weights with the skip connections
 * of Section 2; 21.3M weights are five layers. */
export const wikipedia = {
  layers: 7,
  cells: 700,
  symbols: 205,
  weights: 21.3e6,
  clip: { lstm: 1, outputs: null },
  sgd: { rate: 0.0001, momentum: 0.9 },
  sequenceLength: 100,
  /** The state is carried over sequences and reset after so many. */
  resetEvery: 100,
};

/** Settings of Section 4.2. */
export const handwritingPrediction = {
  networks: [{ layers: 3, cells: 400 }, { layers: 1, cells: 900 }],
  mixtureComponents: 20,
  weights: 3.4e6,
  clip: { lstm: 10, outputs: 100 },
  /** Eqs. 42–45. */
  rmsprop: { aleph: 0.95, beth: 0.9, gimel: 0.0001, daleth: 0.0001 },
  /** Every weight's initial standard deviation under adaptive weight noise. */
  adaptiveWeightNoise: 0.075,
  /** Length of the samples of Figure 11. */
  sampleSteps: 700,
};

/** Settings of Section 5.2; the rest is as in Section 4.2. */
export const handwritingSynthesis = {
  layers: 3,
  cells: 400,
  mixtureComponents: 20,
  windowComponents: 10,
  characters: 57,
  weights: 3.7e6,
};

/** What the paper's figures show being written. */
export const texts = {
  /** Figure 16, line by line. */
  growingBias: [
    { bias: 0, text: "when the samples are biased" },
    { bias: 0.1, text: "towards more probable sequences" },
    { bias: 0.5, text: "they get easier to read" },
    { bias: 2, text: "but less diverse" },
    { bias: 5, text: "until they all look" },
    { bias: 10, text: "exactly the same" },
    { bias: 10, text: "exactly the same" },
    { bias: 10, text: "exactly the same" },
  ],
  /** Figure 17. */
  slightBias: 0.15,
  /** Figures 18 and 19. */
  primed: ["when the network is primed", "with a real sequence", "the samples mimic", "the writer's style"],
  /** Figures 20 and 21. */
  primedAndBiased: [
    "when the network is primed",
    "and biased, it writes",
    "in a cleaned up version",
    "of the original style",
  ],
  /** Figures 20 and 21. */
  primedBias: 1,
};
