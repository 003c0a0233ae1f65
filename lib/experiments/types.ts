/** What an experiment is: a row of the paper's tables as data. Its network, what it learns from, and the trainings that
 * lead to its weights. */
import type { Alphabet } from "../data/alphabet.ts";
import type { NetworkConfig } from "../network/config.ts";

export interface Experiment {
  name: string;
  /** None of what is in no table. */
  table?: 1 | 2 | 3 | 4;
  /** The table's row in words. */
  row: string;
  network: NetworkConfig;
  data: ExperimentData;
  /** The trainings, one after the other, that this edition's weights come from, or will. */
  stages: Stage[];
  /** The paper's own; none of what is beyond the paper. */
  paper: Stage[];
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

/** One training, from the weights that it begins with to the best that it finds. */
export interface Stage extends StageSettings {
  from: "random" | StageWeights;
  /** Trained networks whose predictions are part of the target (text only; Hinton et al. 2015). What their shares leave
   * belongs to the symbol that came. */
  teachers?: { weights: StageWeights; share: number }[];
}

/** Weights that are there when a stage begins: those that the stage before it found, the shipped ones of an experiment,
 * or, in a trial's plan, those in a file. */
export type StageWeights = "before" | { experiment: string } | { file: string };

/** How a stage learns. */
export interface StageSettings {
  recipe: Recipe;
  regularisation: Regularisation;
  /** Share of a layer's outputs that layers above do not see, drawn anew for each point (Zaremba et al. 2014). */
  dropout?: number;
}

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
  /** "cosine" falls from the rate to `final` times it over `updates`. */
  decay: "constant" | "cosine";
  /** Length of the training; `null`: until its epochs are done. */
  updates: number | null;
  final: number;
}

/** How a network is trained. */
export interface Recipe {
  optimiser: OptimiserRule;
  schedule: Schedule;
  /** Sequences in an update. Their gradient's mean is what the optimiser sees. */
  batchSize: number;
  /** The most points in an update, padding included: long lines come in smaller batches. */
  maximumPoints?: number;
  /** The most passes over the training set. */
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
