/** What is kept of a run: `results/weights/<run>.safetensors`, `results/runs/<run>/run.json` and `log.csv`. */
import { cpus } from "node:os";
import { join } from "node:path";
import type { Engine } from "../engine/mod.ts";
import type { Recipe } from "../experiments.ts";
import { exists, resultsDirectory, writeFile } from "../files.ts";
import type { NetworkConfig } from "../network/config.ts";
import { countWeights } from "../network/parameters.ts";
import { bestPath, type CheckpointInfo, type LogRow, readInfo, type StartedFrom } from "./checkpoint.ts";
import type { DynamicOptions } from "../evaluation/dynamic.ts";
import type { DynamicSearch } from "../evaluation/dynamic_search.ts";
import { evaluate, type EvaluateOptions, type Results } from "../evaluation/evaluate.ts";
import { logCsv, parseLogCsv } from "./log.ts";
import { revision } from "./revision.ts";
import type { TeacherRecord } from "./teachers.ts";
import type { Dtype } from "./safetensors.ts";
import { readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";

/** `run.json`. */
export interface RunRecord {
  /** The folder's name; the experiment's unless it was a trial. */
  run: string;
  experiment: string;
  table: number;
  row: string;
  network: NetworkConfig;
  weights: number;
  regularisation: string;
  /** Of weight noise, or of adaptive noise at the start; records before this field was kept lack it. */
  noiseStd?: number;
  /** Share of a layer's outputs dropped in training. */
  dropout?: number;
  /** `shipped` or `paper`; the numbers in `recipeSettings`. */
  recipe: string;
  recipeSettings: Recipe;
  seed: number;
  /** Training data and their checksum. */
  data: string;
  dataChecksum: string;
  /** Handwriting: of the offsets that were trained on, in sensor units, and how these were cleaned. */
  offsetMean?: [number, number];
  offsetStd?: [number, number];
  cleaning?: { interpolate: boolean; largestStep: number | null };
  /** What computed. */
  engine: string;
  device: string;
  /** Passes over the training set (a fraction), updates and seconds up to the weights that are shipped. */
  epochs: number;
  updates: number;
  seconds: number;
  /** Passes and seconds of the run as a whole. */
  totalUpdates: number;
  totalSeconds: number;
  /** The weights that the training began with, if not random ones; their updates and seconds come on top. */
  startedFrom?: StartedFrom;
  /** The networks whose predictions were part of the target. */
  teachers?: TeacherRecord[];
  /** With `startedFrom`: whether `log.csv` has the training of those too, and counts on from it. */
  logIsWhole?: boolean;
  /** The code that trained, in order, as far as the checkpoint knows. */
  revisions?: string[];
  /** The code that evaluated and published: git commit, with `+` where files had changed; `null` where there is none. */
  revision: string | null;
  /** ISO 8601. */
  date: string;
  /** Relative to the project; SHA-256; precision. None of a trial of which only the log is kept. */
  weightsFile?: string;
  weightsChecksum?: string;
  weightsType?: Dtype;
  /** Measured with the weights in `weightsFile`; the names are those of `lib/training/evaluate.ts`. */
  results: Results;
  evaluatedOn?: string;
  /** How the `dynamic…` results were measured, and how that was chosen. */
  dynamicEvaluation?: DynamicSettings;
  notes: string[];
}

export interface DynamicSettings extends DynamicOptions {
  /** Sequences side by side; 1 is the paper's. */
  streams: number;
  search?: DynamicSearch;
}

const runFolder = (run: string, results: string) => join(results, "runs", run);

/** All records, by name. */
export async function listRecords(results: string = resultsDirectory): Promise<RunRecord[]> {
  const folder = join(results, "runs");
  if (!await exists(folder)) return [];
  const records: RunRecord[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const record = await readRecord(name, results);
    if (record) records.push(record);
  }
  return records.sort((a, b) => a.run < b.run ? -1 : 1);
}

/** A run's record, or nothing where there is none. Throws if it is not JSON. */
export async function readRecord(
  run: string,
  results: string = resultsDirectory,
): Promise<RunRecord | undefined> {
  const path = join(runFolder(run, results), "run.json");
  if (!await exists(path)) return undefined;
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new Error(`${path} is not a run's record: ${(error as Error).message}`);
  }
}

export async function writeRecord(record: RunRecord, results: string = resultsDirectory): Promise<void> {
  const path = join(runFolder(record.run, results), "run.json");
  await writeFile(path, JSON.stringify(record, null, 2) + "\n");
}

/** A run's training and validation loss over time. */
export async function readLog(run: string, results: string = resultsDirectory): Promise<LogRow[]> {
  const path = join(runFolder(run, results), "log.csv");
  return await exists(path) ? parseLogCsv(await Deno.readTextFile(path)) : [];
}

/** The logs of several runs, under names of one's own; a run that has none is left out. */
export async function readLogs(
  runs: Record<string, string>,
  results: string = resultsDirectory,
): Promise<{ name: string; rows: LogRow[] }[]> {
  const logs = Object.entries(runs).map(async ([name, run]) => ({ name, rows: await readLog(run, results) }));
  return (await Promise.all(logs)).filter(({ rows }) => rows.length > 0);
}

/** Weights above this many bytes are written in half precision. */
const largestSingle = 40e6;
/** And in files of at most this many bytes: hosts of repositories take no file of 100 MB. */
const largestFile = 90e6;

export interface RecordOptions {
  /** The checkpoint's folder. */
  folder: string;
  run?: string;
  results?: string;
  notes?: string[];
}
export interface PublishOptions extends RecordOptions, EvaluateOptions {
  engine: Engine;
}

/**
 * Writes the best weights of the training in `folder` to the results, evaluates what was written, and records it.
 * Throws if nothing was trained there.
 */
export async function publish(options: PublishOptions): Promise<RunRecord> {
  const { folder, engine, results = resultsDirectory, notes, ...evaluateOptions } = options;
  const info = await readInfo(folder);
  const { experiment } = info;
  const run = options.run ?? experiment.name;
  const { weights, metadata } = await readBest(folder);
  const weightsType: Dtype = countWeights(experiment.network) * 4 > largestSingle ? "F16" : "F32";
  const path = weightsPath(run, results);
  await writeWeights(path, weights, metadata, weightsType, largestFile);
  const shipped = await readWeights(path);
  const evaluation = await evaluate(engine, shipped, evaluateOptions);
  if (experiment.data.set === "wikipedia") {
    // Table 2 has the training loss too: of as many bytes as were held out.
    const training = { part: "training", limit: evaluation.count } as const;
    Object.assign(evaluation.results, (await evaluate(engine, shipped, training)).results);
  }
  return await write(info, metadata, { run, results, notes }, {
    weightsFile: `results/weights/${run}.safetensors`,
    weightsChecksum: shipped.checksum,
    weightsType,
    results: evaluation.results,
    evaluatedOn: `${evaluation.data}: ${evaluation.count}`,
  });
}

/**
 * Records the training in `folder` and its log, without weights: a trial. Throws if nothing was trained there, or if
 * the run has weights in the results, whose record this would replace.
 */
export async function recordTrial(options: RecordOptions): Promise<RunRecord> {
  const { folder, results = resultsDirectory, notes } = options;
  const info = await readInfo(folder);
  const { metadata } = await readBest(folder);
  const run = options.run ?? info.experiment.name;
  if ((await readRecord(run, results))?.weightsFile) {
    throw new Error(
      `The run '${run}' has weights in ${results}: record the trial under another name (--run).`,
    );
  }
  return await write(info, metadata, { run, results, notes }, { results: {} });
}

async function readBest(folder: string): Promise<WeightsFile> {
  if (await exists(bestPath(folder))) return await readWeights(bestPath(folder));
  throw new Error(`There are no validated weights in ${folder} yet: train longer.`);
}

type Measured = Pick<
  RunRecord,
  "weightsFile" | "weightsChecksum" | "weightsType" | "results" | "evaluatedOn"
>;

/** Writes `log.csv` and `run.json`. */
async function write(
  info: CheckpointInfo,
  metadata: Record<string, string>,
  { run, results, notes = [] }: { run: string; results: string; notes?: string[] },
  measured: Measured,
): Promise<RunRecord> {
  const { experiment, recipe } = info;
  const { offsetMean, offsetStd, cleaning } = metadata;
  const { rows, logIsWhole } = await wholeLog(info, run, results);
  const record: RunRecord = {
    run,
    experiment: experiment.name,
    table: experiment.table,
    row: experiment.row,
    network: experiment.network,
    weights: countWeights(experiment.network),
    regularisation: experiment.regularisation.kind,
    ...(experiment.regularisation.kind !== "none" && { noiseStd: experiment.regularisation.std }),
    ...(experiment.dropout !== undefined && { dropout: experiment.dropout }),
    recipe: recipe.name,
    recipeSettings: recipe,
    seed: info.seed,
    data: metadata.data,
    dataChecksum: metadata.dataChecksum,
    ...(offsetStd && {
      offsetMean: JSON.parse(offsetMean),
      offsetStd: JSON.parse(offsetStd),
      cleaning: JSON.parse(cleaning),
    }),
    engine: info.engines.join("; "),
    device: device(),
    epochs: Number(metadata.epochs),
    updates: Number(metadata.updates),
    seconds: Number(metadata.seconds),
    totalUpdates: info.position.update,
    totalSeconds: Math.round(info.position.seconds),
    ...(info.startedFrom && { startedFrom: info.startedFrom }),
    ...(info.teachers && { teachers: info.teachers }),
    ...(logIsWhole !== undefined && { logIsWhole }),
    ...(info.revisions && { revisions: info.revisions }),
    revision: await revision(),
    date: new Date().toISOString(),
    ...measured,
    notes,
  };
  await writeFile(join(runFolder(run, results), "log.csv"), logCsv(rows));
  await writeRecord(record, results);
  return record;
}

/** The training's log; where it went on from weights that this run shipped before, with their log in front. */
async function wholeLog(
  { startedFrom, rows }: CheckpointInfo,
  run: string,
  results: string,
): Promise<{ rows: LogRow[]; logIsWhole?: boolean }> {
  if (!startedFrom) return { rows };
  const before = await readRecord(run, results);
  const known = [before?.weightsChecksum, before?.startedFrom?.weightsChecksum];
  if (!known.includes(startedFrom.weightsChecksum) || (before?.startedFrom && !before.logIsWhole)) {
    return { rows, logIsWhole: false };
  }
  const past = totalOf(startedFrom);
  const earlier = (await readLog(run, results)).filter(({ update }) => update <= past.updates);
  const later = rows.map((row) => ({
    ...row,
    update: past.updates + row.update,
    epoch: past.epochs + row.epoch,
    seconds: past.seconds + row.seconds,
  }));
  return { rows: [...earlier, ...later], logIsWhole: true };
}

type Work = Pick<StartedFrom, "updates" | "epochs" | "seconds">;

/** All that went into weights: their own training, and that of those which it started from. */
export function totalOf(
  { updates, epochs, seconds, startedFrom }: Work & { startedFrom?: StartedFrom },
): Work {
  const before: Work = startedFrom ? totalOf(startedFrom) : { updates: 0, epochs: 0, seconds: 0 };
  return {
    updates: before.updates + updates,
    epochs: before.epochs + epochs,
    seconds: before.seconds + seconds,
  };
}

/** Adds measured values to a run's record, such as those of dynamic evaluation and how they were measured. Throws if
 * there is no record. */
export async function addResults(
  run: string,
  results: Results,
  how: Pick<RunRecord, "dynamicEvaluation"> = {},
  folder: string = resultsDirectory,
): Promise<RunRecord> {
  const record = await readRecord(run, folder);
  if (!record) throw new Error(`There is no record of the run '${run}': publish it first.`);
  const changed = { ...record, ...how, results: { ...record.results, ...results } };
  await writeRecord(changed, folder);
  return changed;
}

/** This machine in a line. */
export function device(): string {
  const all = cpus();
  const models = [...new Set(all.map(({ model }) => model.trim()))].join(", ");
  return `${all.length} cores of ${models || "an unnamed processor"} (${Deno.build.os} ${Deno.build.arch})`;
}
