/** What must stand in the files of a training: `latest.json`, `run.json` and the metadata of weights. What else stands
 * there is kept as it is. */
import * as v from "valibot";
import type { Experiment, OptimiserRule, Recipe, Regularisation } from "../experiments.ts";
import { alphabetSize, type NetworkConfig } from "../network/config.ts";
import type { Results } from "../evaluation/mod.ts";
import {
  between,
  checked,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  parseJson,
  positive,
  type Schema,
  text,
  truth,
} from "../schema.ts";
import type { Latest, LogRow, StartedFrom } from "./checkpoint.ts";
import type { DynamicSettings, RunRecord } from "./record.ts";
import type { TeacherRecord } from "./teachers.ts";

/** A network that is larger than this fits into no memory. */
const largestSize = 1e7;
const size = integer(1, largestSize);
const share = between(0, 1);
const pair = <T>(of: Schema<T>): Schema<[T, T]> => v.strictTuple([of, of], "a list of two numbers");
const kinds = (choices: string[]) => `one of ${choices.join(", ")}`;

const named = (pattern: RegExp, expected: string): Schema<string> =>
  v.pipe(v.string(expected), v.regex(pattern, expected));
const sha256 = named(/^[0-9a-f]{64}$/, "a SHA-256");
/** It becomes part of paths. */
const experimentName = named(/^[\w.-]+$/, "an experiment's name");

export const networkSchema: Schema<NetworkConfig> = object({
  domain: v.variant("kind", [
    object({ kind: v.literal("pen"), components: size }),
    object({ kind: v.literal("symbols"), classes: size }),
    object({ kind: v.literal("reading"), characters: size }),
  ], kinds(["pen", "symbols", "reading"])),
  layers: integer(1, 1000),
  cells: size,
  window: optional(object({ alphabet: size, components: size })),
  clip: object({ lstm: nullable(positive), outputs: nullable(positive) }),
});

const regularisation: Schema<Regularisation> = v.variant("kind", [
  object({ kind: v.literal("none") }),
  object({ kind: v.literal("weight noise"), std: between(0) }),
  object({ kind: v.literal("adaptive weight noise"), std: between(0), varianceRate: positive }),
], kinds(["none", "weight noise", "adaptive weight noise"]));

const rate = between(0);
const adam = {
  rate,
  beta1: share,
  beta2: share,
  epsilon: between(0),
  weightDecay: optional(between(0)),
};
const optimiser: Schema<OptimiserRule> = v.variant("rule", [
  object({ rule: v.literal("sgd"), rate, momentum: share }),
  object({ rule: v.literal("rmsprop"), rate, aleph: share, beth: share, daleth: between(0) }),
  object({ rule: v.literal("adam"), ...adam }),
  object({ rule: v.literal("muon"), momentum: share, iterations: integer(0, 100), ...adam }),
], kinds(["sgd", "rmsprop", "adam", "muon"]));

const recipeSchema: Schema<Recipe> = object({
  name: oneOf(["shipped", "paper"]),
  optimiser,
  schedule: object({
    warmUp: between(0),
    decay: oneOf(["constant", "cosine", "inverse square root"]),
    updates: between(0),
    final: between(0),
  }),
  batchSize: integer(1),
  maximumPoints: optional(integer(1)),
  epochs: between(0),
  averaging: nullable(share),
  curriculum: list(object({ updates: integer(0), points: integer(1) })),
  text: optional(v.union([
    v.literal("sentences"),
    object({ steps: integer(1), resetEvery: nullable(integer(1)) }),
  ], "sentences, or steps and resetEvery")),
  validation: object({ every: integer(1), sequences: integer(1) }),
});

const own = optional(object({ path: text, symbols: optional(list(text)) }));

const experimentSchema: Schema<Experiment> = object({
  name: experimentName,
  table: v.picklist([1, 2, 3, 4] as const, "a table's number of 1 to 4"),
  row: text,
  network: networkSchema,
  data: v.variant("set", [
    object({ set: v.literal("penn-treebank"), level: oneOf(["char", "word"]), own }),
    object({ set: v.literal("wikipedia"), own }),
    object({
      set: v.literal("iam-ondb"),
      alphabet: optional(object({ name: text, symbols: list(text) })),
      own,
    }),
  ], kinds(["penn-treebank", "wikipedia", "iam-ondb"])),
  regularisation,
  dropout: optional(share),
  startsFrom: optional(text),
  recipes: object({ shipped: recipeSchema, paper: recipeSchema }),
});

const startedFromSchema: Schema<StartedFrom> = object({
  experiment: text,
  weightsChecksum: sha256,
  updates: integer(0),
  epochs: between(0),
  seconds: between(0),
  revisions: optional(list(text)),
  startedFrom: optional(v.lazy(() => startedFromSchema)),
});

const teacherSchema: Schema<TeacherRecord> = object({ experiment: text, weightsChecksum: text, share });

/** A validation loss may be no number; `readLatest` reads it back from JSON's null. */
const anyLoss: Schema<number> = v.custom<number>((value) => typeof value === "number", "a number");
const rowSchema: Schema<LogRow> = object({
  update: integer(0),
  epoch: between(0),
  seconds: between(0),
  trainingLoss: anyLoss,
  validationLoss: anyLoss,
  rate,
  divergence: optional(number),
  deviations: optional(v.record(v.string(), number, "an object of numbers")),
});

/** `latest.json`. */
export const latestSchema: Schema<Latest> = object({
  experiment: experimentSchema,
  recipe: recipeSchema,
  seed: integer(Number.MIN_SAFE_INTEGER),
  dataChecksum: text,
  position: object({
    update: integer(0),
    epoch: integer(0),
    epochStart: integer(0),
    seconds: between(0),
    points: between(0),
  }),
  best: nullable(object({ update: integer(0), loss: number, checksum: optional(sha256) })),
  rows: list(rowSchema),
  sinceRow: optional(object({
    total: number,
    points: between(0),
    sequences: between(0),
    padded: between(0),
    seconds: between(0),
  })),
  engines: list(text),
  revisions: optional(list(text)),
  startedFrom: optional(startedFromSchema),
  teachers: optional(list(teacherSchema)),
  weights: named(/^weights-\d+\.safetensors$/, "a name such as weights-100.safetensors"),
  memory: named(/^optimiser-\d+\.safetensors$/, "a name such as optimiser-100.safetensors"),
  checksums: optional(object({ weights: sha256, memory: sha256 })),
});

const dynamic = {
  rule: oneOf(["sgd", "adam"]),
  rate,
  momentum: share,
  decay: share,
  fixedShare: optional(share),
  steps: integer(1),
};
const dynamicSchema: Schema<DynamicSettings> = object({
  ...dynamic,
  streams: integer(1),
  search: optional(object({
    data: text,
    staticBitsPerCharacter: number,
    tried: list(object({ ...dynamic, bitsPerCharacter: nullable(number) })),
  })),
});

const cleaning = object({ interpolate: truth, largestStep: nullable(positive) });

const textResults = optional(object({ bitsPerCharacter: number, perplexity: number, error: number }));
const handwritingResults = optional(object({
  logLoss: number,
  sumSquaredError: number,
  offsetMean: pair(number),
  offsetStd: pair(positive),
  meanLength: positive,
}));
const results: Schema<Results> = object({
  static: textResults,
  dynamic: textResults,
  training: textResults,
  validation: textResults,
  recorded: handwritingResults,
  cleaned: handwritingResults,
});

/** `run.json`. */
export const recordSchema: Schema<RunRecord> = object({
  run: text,
  experiment: text,
  table: integer(1, 4),
  row: text,
  network: networkSchema,
  weights: integer(1),
  regularisation: text,
  noiseStd: optional(between(0)),
  dropout: optional(share),
  recipe: text,
  recipeSettings: recipeSchema,
  seed: integer(Number.MIN_SAFE_INTEGER),
  data: text,
  dataChecksum: text,
  offsetMean: optional(pair(number)),
  offsetStd: optional(pair(positive)),
  cleaning: optional(cleaning),
  engine: text,
  device: text,
  epochs: between(0),
  updates: integer(0),
  seconds: between(0),
  totalUpdates: integer(0),
  totalSeconds: between(0),
  startedFrom: optional(startedFromSchema),
  teachers: optional(list(teacherSchema)),
  logIsWhole: optional(truth),
  revisions: optional(list(text)),
  revision: nullable(text),
  date: text,
  weightsFile: optional(text),
  weightsChecksum: optional(sha256),
  weightsType: optional(oneOf(["F64", "F32", "F16"])),
  results,
  evaluatedOn: optional(text),
  dynamicEvaluation: optional(dynamicSchema),
  notes: list(text),
});

/** What the metadata of weights say, read from their texts. */
export interface WeightsMetadata {
  experiment: string;
  network: NetworkConfig;
  /** The symbols by index. */
  alphabet?: string[];
  alphabetName?: string;
  offsetMean?: [number, number];
  offsetStd?: [number, number];
  /** SHA-256 of the files that hold the other tensors. */
  parts?: string[];
  /** How they were trained, where it is known. */
  data?: string;
  dataChecksum?: string;
  cleaning?: RunRecord["cleaning"];
  updates?: number;
  epochs?: number;
  seconds?: number;
  revisions?: string[];
  startedFrom?: StartedFrom;
}

const metadataSchema: Schema<WeightsMetadata> = object({
  experiment: experimentName,
  network: networkSchema,
  alphabet: optional(list(text)),
  alphabetName: optional(text),
  offsetMean: optional(pair(number)),
  offsetStd: optional(pair(positive)),
  parts: optional(list(sha256)),
  data: optional(text),
  dataChecksum: optional(text),
  cleaning: optional(cleaning),
  updates: optional(integer(0)),
  epochs: optional(between(0)),
  seconds: optional(between(0)),
  revisions: optional(list(text)),
  startedFrom: optional(startedFromSchema),
});

const inJson = ["network", "alphabet", "offsetMean", "offsetStd", "parts", "cleaning", "startedFrom"];
const inDigits = ["updates", "epochs", "seconds"];

/**
 * Reads the metadata of weights, all of them texts. Throws, naming `where` they stand and the one that is wrong, if what
 * the weights cannot be used without is missing, if one is not what it should be, or if two contradict each other.
 */
export function readMetadata(metadata: Record<string, string>, where: string): WeightsMetadata {
  const values: Record<string, unknown> = { ...metadata };
  for (const name of inJson) {
    if (name in metadata) values[name] = parseJson(metadata[name], v.unknown(), `${where}: ${name}`);
  }
  for (const name of inDigits) {
    if (/\d/.test(metadata[name])) values[name] = Number(metadata[name]);
  }
  if ("revisions" in metadata) values.revisions = metadata.revisions.split("; ");
  const read = checked(metadataSchema, values, where);
  const { network: { window }, alphabet, offsetMean, offsetStd } = read;
  if (!offsetMean !== !offsetStd) {
    throw new Error(`${where}: expected offsetMean and offsetStd together, found one of them.`);
  }
  const most = alphabetSize(read.network);
  if (alphabet && (alphabet.length > most || (window && alphabet.length < most))) {
    throw new Error(
      `${where}: alphabet: expected ${window ? "" : "at most "}${most} symbols, found ${alphabet.length}.`,
    );
  }
  return read;
}

/** Of weights that a training left: what they were trained on, and for how long. */
export type TrainedMetadata =
  & WeightsMetadata
  & Required<Pick<WeightsMetadata, "data" | "dataChecksum" | "updates" | "epochs" | "seconds">>;

const trainedSchema: Schema<TrainedMetadata> = v.intersect([
  metadataSchema,
  object({
    data: text,
    dataChecksum: text,
    updates: integer(0),
    epochs: between(0),
    seconds: between(0),
  }),
]);

/** As `readMetadata`; throws too where it is not said how the weights were trained. */
export function readTrainedMetadata(metadata: Record<string, string>, where: string): TrainedMetadata {
  return checked(trainedSchema, readMetadata(metadata, where), where);
}
