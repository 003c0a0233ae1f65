/** What is kept of a run beside its weights: `results/runs/<run>/run.json` and `log.csv`. */
import { join } from "node:path";
import type { Results } from "../evaluation/mod.ts";
import { exists, isRunName, readText, resultsDirectory, runName, writeFile } from "../files.ts";
import { readJson } from "../schema.ts";
import { type LogRow, parseLogCsv } from "../training/log.ts";
import { finishPublication } from "./publication.ts";
import { recordSchema, type RunRecord } from "./run_json.ts";

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
  if (record.weights?.checksum !== weightsChecksum) {
    throw new Error(`The record of the run '${run}' is of other weights than these: evaluate those.`);
  }
  const changed = { ...record, ...how, results: { ...record.results, ...results } };
  await writeRecord(changed, folder);
  return changed;
}
