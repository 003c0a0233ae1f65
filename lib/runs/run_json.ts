/** `run.json`: what it says, and what must stand there. What else stands there is kept as it is. */
import type { DynamicOptions, DynamicSearch, Results } from "../evaluation/mod.ts";
import {
  between,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  pair,
  positive,
  type Schema,
  sha256,
  text,
} from "../schema.ts";
import type { Dtype, Provenance } from "../weights/mod.ts";
import { provenanceSchema } from "../weights/provenance.ts";

export interface RunRecord {
  /** The folder's name; the experiment's unless it was a trial. */
  run: string;
  /** None of what is in no table. */
  table?: number;
  row: string;
  /** How many weights the network has. */
  parameters: number;
  provenance: Provenance;
  /** The first of the provenance's stages that `log.csv` has, counted from 1. */
  logFromStage: number;
  /** None of a trial of which only the log is kept. */
  weights?: WeightsEntry;
  /** The code that evaluated and published: git commit, with `+` where files had changed; `null` where there is none. */
  revision: string | null;
  /** ISO 8601. */
  date: string;
  /** Measured with the weights. */
  results: Results;
  evaluatedOn?: string;
  /** How the `dynamic` results were measured, and how that was chosen. */
  dynamicEvaluation?: DynamicSettings;
  notes: string[];
}

export interface WeightsEntry {
  /** Relative to the project. */
  file: string;
  /** SHA-256. */
  checksum: string;
  type: Dtype;
}

export interface DynamicSettings extends DynamicOptions {
  /** Sequences side by side; 1 is the paper's. */
  streams: number;
  search?: DynamicSearch;
}

const share = between(0, 1);
const dynamic = {
  rule: oneOf(["sgd", "adam"]),
  rate: between(0),
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

const textResults = optional(object({ bitsPerCharacter: number, perplexity: number, error: number }));
const handwritingResults = optional(object({
  logLoss: number,
  sumSquaredError: number,
  offsetMean: pair(number),
  offsetStd: pair(positive),
  meanLength: positive,
}));
const results: Schema<Results> = object({
  reading: optional(object({ characterErrorRate: between(0), lost: share })),
  static: textResults,
  dynamic: textResults,
  training: textResults,
  validation: textResults,
  recorded: handwritingResults,
  cleaned: handwritingResults,
});

export const recordSchema: Schema<RunRecord> = object({
  run: text,
  table: optional(integer(1, 4)),
  row: text,
  parameters: integer(1),
  provenance: provenanceSchema,
  logFromStage: integer(1),
  weights: optional(object({ file: text, checksum: sha256, type: oneOf(["F64", "F32", "F16"]) })),
  revision: nullable(text),
  date: text,
  results,
  evaluatedOn: optional(text),
  dynamicEvaluation: optional(dynamicSchema),
  notes: list(text),
});
