/**
 * How weights and their record change together, although they are several files. New weights and their log wait under
 * names of their own, `char~next.safetensors`, which no run can have; the moment `run.json` is replaced by one that
 * names their checksum they count, and what is left is to move them into place. Whoever reads the record of a
 * publication that was killed in between finishes it.
 */
import { dirname, join } from "node:path";
import { exists, readText } from "../files.ts";
import { legibilityFile } from "./legibility.ts";
import { primingFile } from "./priming.ts";
import { memoryFile } from "./memory.ts";
import type { RunRecord } from "./run_json.ts";
import { samplesPath } from "./samples.ts";
import { readTensors } from "../weights/safetensors.ts";
import { partPath, weightsPath } from "../weights/weights.ts";

const waiting = (path: string) => path.replace(/\.\w+$/, "~next$&");
const inRun = (run: string, name: string, results: string) => join(results, "runs", run, name);

export const waitingWeights = (run: string, results: string) => waiting(weightsPath(run, results));
export const waitingLog = (run: string, results: string) => waiting(inRun(run, "log.csv", results));

/** Moves the weights and the log that `record` was published with into place, if they still wait. */
export async function finishPublication(
  record: Pick<RunRecord, "run" | "weights" | "dynamicEvaluation">,
  results: string,
): Promise<void> {
  const { run, weights } = record;
  const next = waitingWeights(run, results), path = weightsPath(run, results);
  if (!weights || !await exists(next)) return;
  const { checksum, metadata } = await readTensors(next);
  // Those of a publication that was killed before its record was written.
  if (checksum !== weights.checksum) return;
  const parts = JSON.parse(metadata.parts ?? "[]").length;
  for (let k = 1; k <= parts; k++) await move(partPath(next, k), partPath(path, k));
  // Weights before may have had more.
  const part = (name: string) => Number(/^\.part(\d+)\.safetensors$/.exec(name.slice(run.length))?.[1] ?? 0);
  await removeAll(dirname(path), (name) => name.startsWith(run) && part(name) > parts + 1);
  await move(waitingLog(run, results), inRun(run, "log.csv", results));
  // What was measured with the weights before is not of these.
  if (!record.dynamicEvaluation) await remove(inRun(run, "dynamic.csv", results));
  const measured = [legibilityFile, primingFile, memoryFile].map((name) => inRun(run, name, results));
  for (const path of [...measured, samplesPath(run, results)]) {
    if (await exists(path) && !(await readText(path)).includes(checksum.slice(0, 12))) await remove(path);
  }
  // Last, since it says that there is something to finish.
  await move(next, path);
}

/** Removes what a publication that did not come to its record left waiting. */
export async function discardPublication(run: string, results: string): Promise<void> {
  await removeAll(dirname(weightsPath(run, results)), (name) => name.startsWith(`${run}~next.`));
  await removeAll(dirname(waitingLog(run, results)), (name) => name.startsWith("log~next."));
}

async function removeAll(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  if (!await exists(folder)) return;
  for await (const { name } of Deno.readDir(folder)) if (isMeant(name)) await remove(join(folder, name));
}

async function move(from: string, to: string): Promise<void> {
  await unlessMissing(Deno.rename(from, to));
}
async function remove(path: string): Promise<void> {
  await unlessMissing(Deno.remove(path));
}

/** Another reader may have come first. */
async function unlessMissing(work: Promise<void>): Promise<void> {
  await work.catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
