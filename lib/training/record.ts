/** What is kept of a run beside its weights: `results/runs/<run>/run.json` and `log.csv`. */
import { join } from "node:path";
import type { Recipe } from "../experiments.ts";
import { exists, isRunName, readText, resultsDirectory, runName, writeFile } from "../files.ts";
import type { NetworkConfig } from "../network/config.ts";
import type { DynamicOptions, DynamicSearch, Results } from "../evaluation/mod.ts";
import { readJson } from "../schema.ts";
import type { LogRow, StartedFrom } from "./checkpoint.ts";
import { parseLogCsv } from "./log.ts";
import { finishPublication } from "./publication.ts";
import type { Dtype } from "./safetensors.ts";
import { recordSchema } from "./schemas.ts";
import type { TeacherRecord } from "./teachers.ts";

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

export const runFolder = (run: string, results: string) => join(results, "runs", runName(run));
const recordPath = (run: string, results: string) => join(runFolder(run, results), "run.json");
const logPath = (run: string, results: string) => join(runFolder(run, results), "log.csv");

/** All records, by name. */
export async function listRecords(results: string = resultsDirectory): Promise<RunRecord[]> {
  const folder = join(results, "runs");
  if (!await exists(folder)) return [];
  const records: RunRecord[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const record = isDirectory && isRunName(name) ? await readRecord(name, results) : undefined;
    if (record) records.push(record);
  }
  return records.sort((a, b) => a.run < b.run ? -1 : 1);
}

/** A run's record, or nothing where there is none. Throws, naming what is wrong, if it is damaged. */
export async function readRecord(
  run: string,
  results: string = resultsDirectory,
): Promise<RunRecord | undefined> {
  const path = recordPath(run, results);
  if (!await exists(path)) return undefined;
  const record = await readJson(path, recordSchema);
  if (record.run !== run) throw new Error(`${path}: run: expected "${run}", found "${record.run}".`);
  await finishPublication(record, results);
  return record;
}

export async function writeRecord(record: RunRecord, results: string = resultsDirectory): Promise<void> {
  await writeFile(recordPath(record.run, results), JSON.stringify(record, null, 2) + "\n");
}

/** A run's training and validation loss over time. Throws, naming what is wrong, if the log is damaged. */
export async function readLog(run: string, results: string = resultsDirectory): Promise<LogRow[]> {
  await readRecord(run, results);
  const path = logPath(run, results);
  return await exists(path) ? parseLogCsv(await readText(path), path) : [];
}

/** The logs of several runs, under names of one's own; a run that has none is left out. */
export async function readLogs(
  runs: Record<string, string>,
  results: string = resultsDirectory,
): Promise<{ name: string; rows: LogRow[] }[]> {
  const logs = Object.entries(runs).map(async ([name, run]) => ({ name, rows: await readLog(run, results) }));
  return (await Promise.all(logs)).filter(({ rows }) => rows.length > 0);
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

/** Adds values that were measured with the weights of that checksum to a run's record, such as those of dynamic
 * evaluation and how they were measured. Throws if there is no record, or if it is of other weights by now. */
export async function addResults(
  run: string,
  weightsChecksum: string,
  results: Results,
  how: Pick<RunRecord, "dynamicEvaluation"> = {},
  folder: string = resultsDirectory,
): Promise<RunRecord> {
  const record = await readRecord(run, folder);
  if (!record) throw new Error(`There is no record of the run '${run}': publish it first.`);
  if (record.weightsChecksum !== weightsChecksum) {
    throw new Error(`The record of the run '${run}' is of other weights than these: evaluate those.`);
  }
  const changed = { ...record, ...how, results: { ...record.results, ...results } };
  await writeRecord(changed, folder);
  return changed;
}
