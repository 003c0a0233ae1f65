/** Every row of the paper's Tables 1–4, and one beyond them, as a configuration: network, data, regularisation and how
 * it is trained. */
import { checkOptions } from "./check_options.ts";
import { type Alphabet, alphabets } from "./data/alphabet.ts";
import type { NetworkConfig } from "./network/config.ts";

export type Regularisation =
  | { kind: "none" }
  /** Fixed weight noise: every weight gets N(0, std²) anew for each training sequence (Section 3.1). */
  | { kind: "weight noise"; std: number }
  /** Every weight has a standard deviation of its own, which is learned, from `std` on (Graves 2011). Adam moves a log
   * variance by no more than its rate in an update, so they learn at `varianceRate` times the weights' rate. */
  | { kind: "adaptive weight noise"; std: number; varianceRate: number };

export type OptimiserRule =
  | { rule: "sgd"; rate: number; momentum: number }
  /** Eqs. 38–45; ℷ is the rate. */
  | { rule: "rmsprop"; rate: number; aleph: number; beth: number; daleth: number }
  /** Kingma & Ba 2015. */
  | { rule: "adam" } & AdamSettings
  /** Muon (Jordan et al. 2024) for the matrices that join hidden layers to themselves and to each other, Adam at the
   * same rate for all other weights. */
  | { rule: "muon"; momentum: number; iterations: number } & AdamSettings;

interface AdamSettings {
  rate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled weight decay (Loshchilov & Hutter 2019): an update takes rate · weightDecay of every weight away. */
  weightDecay?: number;
}

/** The rate over the updates: linear from 0 during the warm-up, then as `decay` says. */
export interface Schedule {
  warmUp: number;
  /** "cosine" falls from the rate to `final` times it over `updates`; "inverse square root" falls as 1/√update. */
  decay: "constant" | "cosine" | "inverse square root";
  /** Length of the training that the cosine is laid out for. */
  updates: number;
  final: number;
}

/** How a network is trained. */
export interface Recipe {
  name: "shipped" | "paper";
  optimiser: OptimiserRule;
  schedule: Schedule;
  /** Sequences in an update. Their gradient's mean is what the optimiser sees. */
  batchSize: number;
  /** The most points in an update, padding included: long lines come in smaller batches. */
  maximumPoints?: number;
  epochs: number;
  /** Decay of the exponential moving average of the weights that is evaluated and shipped; `null`: the weights
   * themselves are. */
  averaging: number | null;
  /** Handwriting: the first `updates` updates see only the first `points` points of every line, and so on; then
   * whole lines. */
  curriculum: { updates: number; points: number }[];
  /** Text: whole sentences, or parallel streams of sequences of `steps` symbols that carry their state on and set it
   * to zero every `resetEvery` sequences (`null`: only at the start of a pass). */
  text?: "sentences" | { steps: number; resetEvery: number | null };
  /** Validation during the training: every so many updates, on so many sequences. */
  validation: { every: number; sequences: number };
}

export type ExperimentData =
  & (
    | { set: "penn-treebank"; level: "char" | "word" }
    | { set: "wikipedia" }
    | { set: "iam-ondb"; alphabet?: Alphabet }
  )
  & {
    /** Data of one's own in place of the paper's. */
    own?: OwnData;
  };

export interface OwnData {
  /** A folder of handwriting, or a text (data/README.md). */
  path: string;
  /** Of a text: its symbols by index, where they are those of weights that it is to go on from. */
  symbols?: string[];
}

export interface Experiment {
  name: string;
  table: 1 | 2 | 3 | 4;
  /** The table's row in words. */
  row: string;
  network: NetworkConfig;
  data: ExperimentData;
  regularisation: Regularisation;
  /** Share of a layer's outputs that layers above do not see, drawn anew for each point (Zaremba et al. 2014). */
  dropout?: number;
  /** The experiment whose final weights this one starts from. */
  startsFrom?: string;
  recipes: { shipped: Recipe; paper: Recipe };
}

const handwritingClip = { lstm: 10, outputs: 100 };
const textClip = { lstm: 1, outputs: null };
const adam = { rule: "adam", rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const muon = { ...adam, rule: "muon", rate: 1.5e-2, momentum: 0.95, iterations: 5 } as const;
const constant: Schedule = { warmUp: 0, decay: "constant", updates: 0, final: 1 };

/** One sequence an update with the paper's rmsprop (Section 4.2). */
const handwritingPaperRecipe: Recipe = {
  name: "paper",
  optimiser: { rule: "rmsprop", rate: 1e-4, aleph: 0.95, beth: 0.9, daleth: 1e-4 },
  schedule: constant,
  batchSize: 1,
  epochs: 100,
  averaging: null,
  curriculum: [],
  validation: { every: 2000, sequences: 128 },
};

/** Gets there in fewer operations than one line at a time; the two are compared in results/runs. */
const handwritingRecipe: Recipe = {
  name: "shipped",
  optimiser: muon,
  schedule: { warmUp: 100, decay: "cosine", updates: 2100, final: 0.02 },
  batchSize: 16,
  maximumPoints: 24_000,
  epochs: 30,
  averaging: 0.995,
  curriculum: [{ updates: 500, points: 256 }, { updates: 500, points: 512 }],
  validation: { every: 150, sequences: 128 },
};

/** From an experiment's final weights on: no curriculum, since the network already knows whole lines. */
const continued = (recipe: Recipe, rate: number, updates: number): Recipe => ({
  ...recipe,
  optimiser: { ...recipe.optimiser, rate },
  schedule: { ...recipe.schedule, updates },
  curriculum: [],
});

/** One sequence an update with momentum (Sections 3.1 and 3.2). What a sequence of the Penn Treebank is the paper does
 * not say: a sentence here. */
function textPaperRecipe(momentum: number, epochs: number, text: Recipe["text"]): Recipe {
  return {
    name: "paper",
    optimiser: { rule: "sgd", rate: 1e-4, momentum },
    schedule: constant,
    batchSize: 1,
    epochs,
    averaging: null,
    curriculum: [],
    text,
    validation: { every: 500, sequences: 32 },
  };
}

/** Parallel streams through the text, each carrying its state on. */
function textRecipe(
  epochs: number,
  streams: number,
  updates: number,
  text: Recipe["text"],
  rate: number = adam.rate,
): Recipe {
  return {
    name: "shipped",
    optimiser: { ...adam, rate },
    schedule: { warmUp: 100, decay: "cosine", updates, final: 0.02 },
    batchSize: streams,
    epochs,
    averaging: 0.998,
    curriculum: [],
    text,
    validation: { every: 200, sequences: 32 },
  };
}

const characterNetwork: NetworkConfig = {
  domain: { kind: "symbols", classes: 49 },
  layers: 1,
  cells: 1000,
  clip: textClip,
};
const wordNetwork: NetworkConfig = { ...characterNetwork, domain: { kind: "symbols", classes: 10_000 } };

function predictionNetwork(layers: number, cells: number): NetworkConfig {
  return { domain: { kind: "pen", components: 20 }, layers, cells, clip: handwritingClip };
}
function synthesisNetwork(alphabet: Alphabet): NetworkConfig {
  return { ...predictionNetwork(3, 400), window: { alphabet: alphabet.symbols.length, components: 10 } };
}

/**
 * The Wikipedia network (Section 3.2). The paper's text says seven layers, its count of 21.3M weights means five: the
 * default here.
 */
export function wikipediaNetwork(layers = 5, classes = 205): NetworkConfig {
  return { domain: { kind: "symbols", classes }, layers, cells: 700, clip: textClip };
}

const none: Regularisation = { kind: "none" };
const noise: Regularisation = { kind: "weight noise", std: 0.075 };
const adaptive: Regularisation = { kind: "adaptive weight noise", std: 0.075, varianceRate: 12 };
const handwriting = { shipped: handwritingRecipe, paper: handwritingPaperRecipe };
const handwritingContinued = {
  shipped: continued(handwritingRecipe, 5e-3, 2000),
  paper: handwritingPaperRecipe,
};

const characterText = { steps: 50, resetEvery: null };
const wordText = { steps: 50, resetEvery: null };
/** Section 3.2: sequences of 100 bytes, the state reset every 100 of them. */
const wikipediaText = { steps: 100, resetEvery: 100 };

/** What the years since 2013 add to the characters' recipe: Muon, and weight decay beside a weaker noise. */
const modernRecipe: Recipe = {
  ...textRecipe(25, 32, 7500, { steps: 100, resetEvery: null }),
  optimiser: { ...muon, rate: 7e-3, weightDecay: 0.1 },
  averaging: 0.995,
  validation: { every: 250, sequences: 32 },
};

/** At this rate weights move so fast that an average over as many updates as the characters' is of none of them. */
const wordRecipe: Recipe = {
  ...textRecipe(8, 32, 1600, wordText, 8e-3),
  averaging: 0.99,
  validation: { every: 100, sequences: 32 },
};

/** Five layers on top of each other gain from Muon as the handwriting networks do. */
const wikipediaRecipe: Recipe = {
  ...textRecipe(8, 32, 10_000, wikipediaText),
  optimiser: muon,
  averaging: 0.99,
  validation: { every: 100, sequences: 32 },
};

const list: Experiment[] = [
  {
    name: "char",
    table: 1,
    row: "characters, no regularisation",
    network: characterNetwork,
    data: { set: "penn-treebank", level: "char" },
    regularisation: none,
    recipes: {
      shipped: textRecipe(12, 32, 10_000, characterText, 5e-3),
      paper: textPaperRecipe(0.99, 9, "sentences"),
    },
  },
  {
    name: "char-noise",
    table: 1,
    row: "characters, weight noise",
    network: characterNetwork,
    data: { set: "penn-treebank", level: "char" },
    regularisation: noise,
    startsFrom: "char",
    recipes: {
      shipped: textRecipe(25, 32, 30_000, characterText, 2e-3),
      paper: textPaperRecipe(0.99, 25, "sentences"),
    },
  },
  {
    name: "char-adaptive",
    table: 1,
    row: "characters, adaptive weight noise",
    network: characterNetwork,
    data: { set: "penn-treebank", level: "char" },
    regularisation: adaptive,
    startsFrom: "char-noise",
    recipes: {
      shipped: textRecipe(26, 32, 30_000, characterText, 2e-3),
      paper: textPaperRecipe(0.99, 26, "sentences"),
    },
  },
  {
    name: "char-modern",
    table: 1,
    row: "characters, two layers, weight noise and weight decay (beyond the paper)",
    // The most cells that need no more weights than one layer of 1000.
    network: { ...characterNetwork, layers: 2, cells: 574 },
    data: { set: "penn-treebank", level: "char" },
    regularisation: { kind: "weight noise", std: 0.03 },
    recipes: {
      shipped: modernRecipe,
      paper: textPaperRecipe(0.99, 25, "sentences"),
    },
  },
  {
    name: "word",
    table: 1,
    row: "words, no regularisation",
    network: wordNetwork,
    data: { set: "penn-treebank", level: "word" },
    regularisation: none,
    recipes: {
      shipped: wordRecipe,
      paper: textPaperRecipe(0.99, 11, "sentences"),
    },
  },
  {
    name: "word-noise",
    table: 1,
    row: "words, weight noise",
    network: wordNetwork,
    data: { set: "penn-treebank", level: "word" },
    regularisation: noise,
    startsFrom: "word",
    recipes: { shipped: textRecipe(14, 32, 8000, wordText), paper: textPaperRecipe(0.99, 14, "sentences") },
  },
  {
    name: "wikipedia",
    table: 2,
    row: "Wikipedia bytes, no regularisation",
    network: wikipediaNetwork(),
    data: { set: "wikipedia" },
    regularisation: none,
    recipes: {
      shipped: wikipediaRecipe,
      paper: textPaperRecipe(0.9, 4, wikipediaText),
    },
  },
  {
    name: "prediction-1x900",
    table: 3,
    row: "1 layer, no regularisation",
    network: predictionNetwork(1, 900),
    data: { set: "iam-ondb" },
    regularisation: none,
    recipes: handwriting,
  },
  {
    name: "prediction-3x400",
    table: 3,
    row: "3 layers, no regularisation",
    network: predictionNetwork(3, 400),
    data: { set: "iam-ondb" },
    regularisation: none,
    recipes: handwriting,
  },
  {
    name: "prediction-3x400-adaptive",
    table: 3,
    row: "3 layers, adaptive weight noise",
    network: predictionNetwork(3, 400),
    data: { set: "iam-ondb" },
    regularisation: adaptive,
    startsFrom: "prediction-3x400",
    recipes: handwritingContinued,
  },
  {
    name: "synthesis",
    table: 4,
    row: "no regularisation",
    network: synthesisNetwork(alphabets.extended),
    data: { set: "iam-ondb", alphabet: alphabets.extended },
    regularisation: none,
    recipes: handwriting,
  },
  {
    name: "synthesis-adaptive",
    table: 4,
    row: "adaptive weight noise",
    network: synthesisNetwork(alphabets.extended),
    data: { set: "iam-ondb", alphabet: alphabets.extended },
    regularisation: adaptive,
    startsFrom: "synthesis",
    recipes: handwritingContinued,
  },
];

export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  list.map((experiment) => [experiment.name, experiment]),
);
export const experimentNames: string[] = list.map(({ name }) => name);

/** What of an experiment can be set without it becoming another one. */
export interface Variation {
  /** Of synthesis: `paper` (57 symbols) or `extended` (digits and more marks apart; the default). */
  alphabet?: keyof typeof alphabets;
  /** Of Wikipedia: the number of layers. */
  layers?: number;
  /** Cells of each layer, for trials. */
  cells?: number;
  /** Standard deviation of the weight noise; of adaptive noise the one at the start. */
  noise?: number;
  /** Share of dropout. */
  dropout?: number;
}

/** The experiment of that name. Throws, listing all, if there is none. */
export function findExperiment(name: string, options: Variation = {}): Experiment {
  checkOptions("findExperiment", options, ["alphabet", "layers", "cells", "noise", "dropout"]);
  const found = Object.hasOwn(experiments, name) && experiments[name];
  if (!found) {
    throw new Error(`There is no experiment '${name}'. The experiments are ${experimentNames.join(", ")}.`);
  }
  let { network, data, regularisation } = found;
  const { layers = network.layers, cells = network.cells, noise, dropout = found.dropout } = options;
  demand("layers", layers, Number.isInteger(layers) && layers >= 1, "a whole number of at least 1");
  demand("cells", cells, Number.isInteger(cells) && cells >= 1, "a whole number of at least 1");
  demand("noise", noise, noise === undefined || noise >= 0, "0 or more");
  demand(
    "dropout",
    dropout,
    dropout === undefined || (dropout >= 0 && dropout < 1),
    "at least 0 and below 1",
  );
  if (options.alphabet && data.set === "iam-ondb" && network.window) {
    const alphabet = Object.hasOwn(alphabets, options.alphabet) && alphabets[options.alphabet];
    if (!alphabet) {
      throw new Error(
        `There is no alphabet '${options.alphabet}'. Choose one of ${Object.keys(alphabets).join(", ")}.`,
      );
    }
    data = { ...data, alphabet };
    network = { ...network, window: { ...network.window, alphabet: alphabet.symbols.length } };
  }
  if (noise !== undefined) regularisation = withNoise(found, noise);
  return {
    ...found,
    data,
    network: { ...network, layers, cells },
    regularisation,
    ...(dropout !== undefined && { dropout }),
  };
}

function demand(name: string, value: unknown, isRight: boolean, what: string): void {
  if (!isRight) throw new RangeError(`${name} must be ${what}; found ${value}.`);
}

function withNoise({ name, regularisation }: Experiment, std: number): Regularisation {
  if (regularisation.kind === "none") {
    throw new Error(`'${name}' is trained with no weight noise: --noise is for those that are.`);
  }
  return { ...regularisation, std };
}
