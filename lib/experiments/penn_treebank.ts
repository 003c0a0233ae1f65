/** Table 1: the Penn Treebank by characters and by words (Section 3.1). */
import type { NetworkConfig } from "../network/config.ts";
import * as paper from "../paper.ts";
import { adam, cosine, muon, none, textPaperRecipe } from "./common.ts";
import type { Experiment, Recipe, Regularisation, Stage } from "./types.ts";

const { layers, cells, characters, words, clip, sgd, weightNoise } = paper.pennTreebank;
const network = (classes: number): NetworkConfig => ({
  domain: { kind: "symbols", classes },
  layers,
  cells,
  clip,
});

const noise: Regularisation = { kind: "weight noise", std: weightNoise };
/** The variances at the means' own rate would not move in so few updates as ours. */
const adaptive: Regularisation = { kind: "adaptive weight noise", std: weightNoise, varianceRate: 12 };
const paperAdaptive: Regularisation = { ...adaptive, varianceRate: 1 };

/** The paper's, for as many passes as Table 1 says. */
function paperStage(experiment: string, from: Stage["from"], regularisation: Regularisation): Stage {
  const { epochs } = paper.table1.find((row) => row.experiment === experiment)!;
  return { from, recipe: textPaperRecipe(sgd, epochs, "sentences"), regularisation };
}

/** 32 parallel streams through the text, each carrying its state on. */
const recipe: Recipe = {
  optimiser: { ...adam, rate: 2e-3 },
  schedule: cosine(30_000),
  batchSize: 32,
  epochs: 25,
  averaging: 0.998,
  curriculum: [],
  text: { steps: 50, resetEvery: null },
  validation: { every: 200, sequences: 32 },
};

const characterStage: Stage = {
  from: "random",
  recipe: {
    ...recipe,
    optimiser: { ...adam, rate: 5e-3 },
    schedule: cosine(10_000),
    epochs: 12,
    validation: { every: 500, sequences: 32 },
  },
  regularisation: none,
};

/** At this rate weights move so fast that an average over as many updates as the characters' is of none of them. */
const wordStage: Stage = {
  from: "random",
  recipe: {
    ...recipe,
    optimiser: { ...adam, rate: 8e-3 },
    schedule: cosine(1600),
    epochs: 8,
    averaging: 0.99,
    validation: { every: 100, sequences: 32 },
  },
  regularisation: none,
};

/** Most words come so seldom that Adam, which divides a gradient by the root of its mean square, would move their inputs
 * thirty times as far as its rate whenever one comes, and learn the text by heart in spite of noise. Where that root is
 * small beside `epsilon`, gradients count as they are; and what weights know by heart already, decay lets go. */
const wordNoiseStage: Stage = {
  from: { experiment: "word" },
  recipe: {
    ...recipe,
    optimiser: { ...muon, rate: 5e-3, epsilon: 3e-4, weightDecay: 0.3 },
    schedule: cosine(1200),
    batchSize: 64,
    averaging: 0.98,
    validation: { every: 50, sequences: 32 },
  },
  regularisation: noise,
};

/** Noise makes an update's gradient rougher: four times as many characters in each. */
const noisy: Recipe = {
  ...recipe,
  optimiser: { ...adam, rate: 4e-3 },
  schedule: cosine(2100),
  batchSize: 64,
  averaging: 0.995,
  text: { steps: 100, resetEvery: null },
  validation: { every: 150, sequences: 32 },
};

/** From where Adam had come on: as the words', and as two layers. */
const noisyContinued: Recipe = {
  ...noisy,
  optimiser: { ...muon, rate: 7e-3, weightDecay: 0.1 },
  schedule: cosine(3600),
  validation: { every: 100, sequences: 32 },
};

/** What the years since 2013 add: Muon, and weight decay beside a weaker noise. */
const modern: Recipe = {
  ...recipe,
  optimiser: { ...muon, rate: 7e-3, weightDecay: 0.1 },
  schedule: cosine(7500),
  averaging: 0.995,
  text: { steps: 100, resetEvery: null },
  validation: { every: 250, sequences: 32 },
};
const weaker: Regularisation = { kind: "weight noise", std: 0.03 };

/** The rate rises anew on the weights before it, with more sequences in an update and more noise; then a softer target:
 * half what the second stage's weights predict, three tenths what `char` does. */
const modernStages: Stage[] = [
  { from: "random", recipe: modern, regularisation: weaker },
  {
    from: "before",
    recipe: {
      ...modern,
      optimiser: { ...modern.optimiser, rate: 5e-3 },
      schedule: cosine(3800),
      batchSize: 64,
      validation: { every: 200, sequences: 32 },
    },
    regularisation: { kind: "weight noise", std: 0.045 },
  },
  {
    from: "before",
    recipe: {
      ...modern,
      optimiser: { ...modern.optimiser, rate: 2e-3 },
      schedule: cosine(1500),
      batchSize: 64,
      validation: { every: 100, sequences: 32 },
    },
    regularisation: weaker,
    teachers: [
      { weights: "before", share: 0.5 },
      { weights: { experiment: "char" }, share: 0.3 },
    ],
  },
];

export const pennTreebank: Experiment[] = [
  {
    name: "char",
    table: 1,
    row: "characters, no regularisation",
    network: network(characters),
    data: { set: "penn-treebank", level: "char" },
    stages: [characterStage],
    paper: [paperStage("char", "random", none)],
  },
  {
    name: "char-noise",
    table: 1,
    row: "characters, weight noise",
    network: network(characters),
    data: { set: "penn-treebank", level: "char" },
    stages: [
      { from: { experiment: "char" }, recipe: noisy, regularisation: noise },
      { from: "before", recipe: noisyContinued, regularisation: noise },
    ],
    paper: [paperStage("char-noise", { experiment: "char" }, noise)],
  },
  {
    name: "char-adaptive",
    table: 1,
    row: "characters, adaptive weight noise",
    network: network(characters),
    data: { set: "penn-treebank", level: "char" },
    stages: [{
      from: { experiment: "char-noise" },
      recipe: { ...noisy, optimiser: { ...adam, rate: 3e-3 }, schedule: cosine(900) },
      regularisation: adaptive,
    }],
    paper: [paperStage("char-adaptive", { experiment: "char-noise" }, paperAdaptive)],
  },
  {
    name: "char-modern",
    table: 1,
    row: "characters, two layers, weight noise and weight decay (beyond the paper)",
    // The most cells that need no more weights than one layer of 1000.
    network: { ...network(characters), layers: 2, cells: 574 },
    data: { set: "penn-treebank", level: "char" },
    stages: modernStages,
    paper: [],
  },
  {
    name: "word",
    table: 1,
    row: "words, no regularisation",
    network: network(words),
    data: { set: "penn-treebank", level: "word" },
    stages: [wordStage],
    paper: [paperStage("word", "random", none)],
  },
  {
    name: "word-noise",
    table: 1,
    row: "words, weight noise",
    network: network(words),
    data: { set: "penn-treebank", level: "word" },
    stages: [wordNoiseStage],
    paper: [paperStage("word-noise", { experiment: "word" }, noise)],
  },
];
