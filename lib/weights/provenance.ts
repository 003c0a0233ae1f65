/** How weights came about: the one account of it, in the header of their file, in checkpoints and in `run.json`. */
import * as v from "valibot";
import type { Cleaning } from "../data/cleaning.ts";
import { networkSchema, stageSettings } from "../experiments/schemas.ts";
import type { StageSettings } from "../experiments/types.ts";
import type { NetworkConfig } from "../network/config.ts";
import * as is from "../schema.ts";

export interface Provenance {
  /** Its name in `lib/experiments`. */
  experiment: string;
  network: NetworkConfig;
  data: DataRecord;
  /** Every training that went into the weights, from random ones or from the first that is known on. */
  stages: StageRun[];
}

/** What was learned from. */
export interface DataRecord {
  name: string;
  /** SHA-256. */
  checksum: string;
  /** The name of the alphabet. */
  alphabet?: string;
  /** Handwriting: of the offsets in sensor units, which the network reads normalised; x, y. */
  statistics?: { mean: [number, number]; std: [number, number] };
  /** Handwriting: how the offsets were cleaned. */
  cleaning?: Cleaning;
}

/** A stage as it was run, up to the weights that it found. */
export interface StageRun extends StageSettings {
  /** The experiment that it was a stage of. */
  experiment: string;
  from: "random" | WeightsRecord;
  /** Whose settings these are: this edition's, the paper's, or those of a trial's plan. */
  plan: PlanName;
  /** Settings before the training went on with these. */
  earlier?: (StageSettings & { untilUpdate: number })[];
  teachers?: TeacherRecord[];
  seed: number;
  updates: number;
  /** Passes over the training set. */
  epochs: number;
  seconds: number;
  /** What computed, in order. */
  engines: string[];
  device: string;
  /** The code that trained, in order: git commits, with `+` where files had changed. */
  revisions: string[];
}

export type PlanName = "shipped" | "paper" | "trial";

/** Weights as they can be found again. */
export interface WeightsRecord {
  experiment: string;
  /** SHA-256 of their file. */
  checksum: string;
}

export interface TeacherRecord extends WeightsRecord {
  /** Of the target. */
  share: number;
}

export type Work = Pick<StageRun, "updates" | "epochs" | "seconds">;

/** All that several stages took. */
export function totalOf(stages: Work[]): Work {
  // From the last to the first, as the numbers in results/tables were summed up.
  return stages.reduceRight((sum, { updates, epochs, seconds }) => ({
    updates: sum.updates + updates,
    epochs: sum.epochs + epochs,
    seconds: sum.seconds + seconds,
  }), { updates: 0, epochs: 0, seconds: 0 });
}

/** The stages that were the experiment's own, not those of another that it started from. */
export const ownStages = ({ experiment, stages }: Provenance): StageRun[] =>
  stages.filter((stage) => stage.experiment === experiment);

/** It becomes part of paths. */
export const experimentName: is.Schema<string> = v.pipe(
  v.string("an experiment's name"),
  v.regex(/^[\w.-]+$/, "an experiment's name"),
);
const weightsRecord = { experiment: experimentName, checksum: is.sha256 };
const stageRunSchema: is.Schema<StageRun> = is.object({
  experiment: experimentName,
  from: v.union(
    [v.literal("random"), is.object(weightsRecord)],
    '"random", or weights by experiment and checksum',
  ),
  plan: is.oneOf(["shipped", "paper", "trial"]),
  ...stageSettings,
  earlier: is.optional(is.list(is.object({ untilUpdate: is.integer(0), ...stageSettings }))),
  teachers: is.optional(is.list(is.object({ ...weightsRecord, share: is.between(0, 1) }))),
  seed: is.integer(Number.MIN_SAFE_INTEGER),
  updates: is.integer(0),
  epochs: is.between(0),
  seconds: is.between(0),
  engines: is.list(is.text),
  device: is.text,
  revisions: is.list(is.text),
});

export const cleaningSchema: is.Schema<Cleaning> = is.object({
  interpolate: is.truth,
  largestStep: is.nullable(is.positive),
});

export const provenanceSchema: is.Schema<Provenance> = is.object({
  experiment: experimentName,
  network: networkSchema,
  data: is.object({
    name: is.text,
    checksum: is.text,
    alphabet: is.optional(is.text),
    statistics: is.optional(is.object({ mean: is.pair(is.number), std: is.pair(is.positive) })),
    cleaning: is.optional(cleaningSchema),
  }),
  stages: is.list(stageRunSchema),
});
