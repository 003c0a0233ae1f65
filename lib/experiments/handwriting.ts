/** Tables 3 and 4: handwriting, predicted and written (Sections 4.2 and 5.2). */
import { type Alphabet, alphabets } from "../data/alphabet.ts";
import type { NetworkConfig } from "../network/config.ts";
import * as paper from "../paper.ts";
import { constant, cosine, muon, none } from "./common.ts";
import type { Experiment, Recipe, Regularisation, Stage } from "./types.ts";

const { networks, mixtureComponents, clip, rmsprop, adaptiveWeightNoise } = paper.handwritingPrediction;
const [threeLayers, oneLayer] = networks;
const { layers, cells, windowComponents } = paper.handwritingSynthesis;

const predictionNetwork = (sizes: { layers: number; cells: number }): NetworkConfig => ({
  domain: { kind: "pen", components: mixtureComponents },
  ...sizes,
  clip,
});
const synthesisNetwork = ({ symbols }: Alphabet): NetworkConfig => ({
  ...predictionNetwork({ layers, cells }),
  window: { alphabet: symbols.length, components: windowComponents },
});

/** One line an update with the paper's rmsprop (Eqs. 38–45), whose ℷ is the rate. */
const { gimel: rate, ...memory } = rmsprop;
const paperRecipe: Recipe = {
  optimiser: { rule: "rmsprop", rate, ...memory },
  schedule: constant,
  batchSize: 1,
  epochs: 100,
  averaging: null,
  curriculum: [],
  validation: { every: 500, sequences: 128 },
};
const paperStage = (from: Stage["from"], regularisation: Regularisation = none): Stage[] => [
  { from, recipe: paperRecipe, regularisation },
];

/** Gets there in fewer operations than one line at a time; the two are compared in results/runs. */
const first: Stage = {
  from: "random",
  recipe: {
    optimiser: muon,
    schedule: cosine(2100),
    batchSize: 16,
    maximumPoints: 24_000,
    epochs: 30,
    averaging: 0.995,
    curriculum: [{ updates: 500, points: 256 }, { updates: 500, points: 512 }],
    validation: { every: 150, sequences: 128 },
  },
  regularisation: none,
};

/** From trained weights on: no curriculum, since the network already knows whole lines. */
const continued = (rate: number, updates: number): Recipe => ({
  ...first.recipe,
  optimiser: { ...muon, rate },
  schedule: cosine(updates),
  curriculum: [],
});
const second = (updates: number): Stage => ({
  from: "before",
  recipe: continued(1e-2, updates),
  regularisation: none,
});

/** From a weaker noise than the paper's, which these weights were never under, on: of that they would forget too much. */
const adaptive = (from: Stage["from"], rate: number, updates: number): Stage => ({
  from,
  recipe: { ...continued(rate, updates), validation: { every: 100, sequences: 128 } },
  regularisation: { kind: "adaptive weight noise", std: 0.02, varianceRate: 12 },
});
const paperAdaptive: Regularisation = {
  kind: "adaptive weight noise",
  std: adaptiveWeightNoise,
  varianceRate: 1,
};

/** Learns to read, for the measure of legibility: not of the paper. */
const reader: Experiment = {
  name: "reader",
  row: "reads handwriting, to measure how legible it is",
  network: {
    domain: { kind: "reading", characters: alphabets.extended.symbols.length },
    layers: 3,
    cells: 128,
    clip: { lstm: 1, outputs: null },
  },
  data: { set: "iam-ondb", alphabet: alphabets.extended },
  stages: [{ ...first, recipe: continued(5e-3, 3000) }],
  paper: [],
};

export const handwriting: Experiment[] = [
  reader,
  {
    name: "prediction-1x900",
    table: 3,
    row: "1 layer, no regularisation",
    network: predictionNetwork(oneLayer),
    data: { set: "iam-ondb" },
    stages: [first, second(1800)],
    paper: paperStage("random"),
  },
  {
    name: "prediction-3x400",
    table: 3,
    row: "3 layers, no regularisation",
    network: predictionNetwork(threeLayers),
    data: { set: "iam-ondb" },
    stages: [first, second(1800)],
    paper: paperStage("random"),
  },
  {
    name: "prediction-3x400-adaptive",
    table: 3,
    row: "3 layers, adaptive weight noise",
    network: predictionNetwork(threeLayers),
    data: { set: "iam-ondb" },
    stages: [adaptive({ experiment: "prediction-3x400" }, 4e-3, 1950)],
    paper: paperStage({ experiment: "prediction-3x400" }, paperAdaptive),
  },
  {
    name: "synthesis",
    table: 4,
    row: "no regularisation",
    network: synthesisNetwork(alphabets.extended),
    data: { set: "iam-ondb", alphabet: alphabets.extended },
    stages: [first, second(2800)],
    paper: paperStage("random"),
  },
  {
    name: "synthesis-adaptive",
    table: 4,
    row: "adaptive weight noise",
    network: synthesisNetwork(alphabets.extended),
    data: { set: "iam-ondb", alphabet: alphabets.extended },
    stages: [
      adaptive({ experiment: "synthesis" }, 5e-3, 1700),
      adaptive("before", 2.5e-3, 2700),
      adaptive("before", 2.2e-3, 3400),
    ],
    paper: paperStage({ experiment: "synthesis" }, paperAdaptive),
  },
];
