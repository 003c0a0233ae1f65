/** `run.json`: what it says, and what must stand there. What else stands there is kept as it is. */
import type { DynamicOptions, DynamicSearch, Results } from "../evaluation/mod.ts";
import * as is from "../schema.ts";
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

const share = is.between(0, 1);
const dynamic = {
  rule: is.oneOf(["sgd", "adam"]),
  rate: is.between(0),
  momentum: share,
  decay: share,
  fixedShare: is.optional(share),
  steps: is.integer(1),
};
const dynamicSchema: is.Schema<DynamicSettings> = is.object({
  ...dynamic,
  streams: is.integer(1),
  search: is.optional(is.object({
    data: is.text,
    staticBitsPerCharacter: is.number,
    tried: is.list(is.object({ ...dynamic, bitsPerCharacter: is.nullable(is.number) })),
  })),
});

const textResults = is.optional(
  is.object({ bitsPerCharacter: is.number, perplexity: is.number, error: is.number }),
);
const handwritingResults = is.optional(is.object({
  logLoss: is.number,
  sumSquaredError: is.number,
  offsetMean: is.pair(is.number),
  offsetStd: is.pair(is.positive),
  meanLength: is.positive,
}));
const results: is.Schema<Results> = is.object({
  reading: is.optional(is.object({ characterErrorRate: is.between(0), lost: share })),
  static: textResults,
  dynamic: textResults,
  training: textResults,
  validation: textResults,
  recorded: handwritingResults,
  cleaned: handwritingResults,
});

export const recordSchema: is.Schema<RunRecord> = is.object({
  run: is.text,
  table: is.optional(is.integer(1, 4)),
  row: is.text,
  parameters: is.integer(1),
  provenance: provenanceSchema,
  logFromStage: is.integer(1),
  weights: is.optional(
    is.object({ file: is.text, checksum: is.sha256, type: is.oneOf(["F64", "F32", "F16"]) }),
  ),
  revision: is.nullable(is.text),
  date: is.text,
  results,
  evaluatedOn: is.optional(is.text),
  dynamicEvaluation: is.optional(dynamicSchema),
  notes: is.list(is.text),
});
