/** What a training leaves in the results: the record of a trial, or weights with theirs. */
import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Engine } from "../engine/mod.ts";
import { evaluate, type EvaluateOptions, type Results } from "../evaluation/mod.ts";
import type { Experiment } from "../experiments.ts";
import { exists, resultsDirectory, writeFile } from "../files.ts";
import { countWeights } from "../network/parameters.ts";
import { bestPath, type CheckpointInfo, type LogRow, readInfo } from "./checkpoint.ts";
import { logCsv } from "./log.ts";
import { discardPublication, finishPublication, waitingLog, waitingWeights } from "./publication.ts";
import { readLog, readRecord, runFolder, type RunRecord, totalOf, writeRecord } from "./record.ts";
import { revision } from "./revision.ts";
import type { Dtype } from "./safetensors.ts";
import { readTrainedMetadata } from "./schemas.ts";
import { readWeights, type WeightsFile, weightsPath, writeWeights } from "./weights.ts";

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
  /** Replace what the run has in the results although it is better, or of another network or other data. */
  replace?: boolean;
}
export interface PublishOptions extends RecordOptions, EvaluateOptions {
  engine: Engine;
  /** When it fires nothing is published. */
  signal?: AbortSignal;
}

/**
 * Evaluates the best weights of the training in `folder` as they will be shipped, then puts them into the results with
 * their record and log: all three or, on an error or a kill, none. Throws, with the results as they were, if nothing was
 * trained there, if the signal fires, or, without `replace`, if these are of another network or other data than the
 * weights that the run has, or worse.
 */
export async function publish(options: PublishOptions): Promise<RunRecord> {
  const {
    engine,
    signal,
    folder,
    run: name,
    results = resultsDirectory,
    notes = [],
    replace,
    ...evaluateOptions
  } = options;
  const info = await readInfo(folder);
  const { experiment } = info;
  const run = name ?? experiment.name;
  const { weights, metadata } = await readBest(folder, info);
  await refuseReplacement({ run, experiment, dataChecksum: info.dataChecksum, replace, results });
  // Read before anything waits: who reads a record finishes its publication.
  const before = await readRecord(run, results);
  const { record, rows } = await describe(info, metadata, { run, results });
  const weightsType: Dtype = countWeights(experiment.network) * 4 > largestSingle ? "F16" : "F32";
  const next = waitingWeights(run, results);
  let isRecorded = false;
  try {
    await discardPublication(run, results);
    await writeWeights(next, weights, metadata, weightsType, largestFile);
    const shipped = await readWeights(next);
    const evaluation = await evaluate(engine, shipped, evaluateOptions);
    if (experiment.data.set === "wikipedia") {
      // Table 2 has the training loss too: of as many bytes as were held out.
      const training = { ...evaluateOptions, part: "training", limit: evaluation.count } as const;
      Object.assign(evaluation.results, (await evaluate(engine, shipped, training)).results);
    }
    // Of the same weights nothing that was measured is lost.
    const same = before?.weightsChecksum === shipped.checksum ? before : undefined;
    const published: RunRecord = {
      ...record,
      weightsFile: `results/weights/${run}.safetensors`,
      weightsChecksum: shipped.checksum,
      weightsType,
      results: { ...same?.results, ...evaluation.results },
      evaluatedOn: `${evaluation.data}: ${evaluation.count}`,
      notes,
      ...(same?.dynamicEvaluation && { dynamicEvaluation: same.dynamicEvaluation }),
    };
    const worse = before && worsening(before, published);
    if (worse && !replace) throw new Error(refusal(run, worse));
    await writeFile(waitingLog(run, results), logCsv(rows));
    if (signal?.aborted) throw new Error("Stopped: nothing was published.");
    await writeRecord(published, results);
    isRecorded = true;
    await finishPublication(published, results);
    return published;
  } finally {
    if (!isRecorded) await discardPublication(run, results);
  }
}

/**
 * Records the training in `folder` and its log, without weights: a trial. Throws if nothing was trained there, if the
 * run has weights in the results, whose record this would replace, or, without `replace`, if it has a record of another
 * network, of other data or of a longer training.
 */
export async function recordTrial(options: RecordOptions): Promise<RunRecord> {
  const { folder, results = resultsDirectory, notes = [], replace } = options;
  const info = await readInfo(folder);
  const { metadata } = await readBest(folder, info);
  const { experiment, dataChecksum } = info;
  const run = options.run ?? experiment.name;
  await refuseReplacement({ run, experiment, dataChecksum, replace, results, isTrial: true });
  const before = await readRecord(run, results);
  const { record: described, rows } = await describe(info, metadata, { run, results });
  const record: RunRecord = { ...described, results: {}, notes };
  const shorter = before && worsening(before, record);
  if (shorter && !replace) throw new Error(refusal(run, shorter));
  await writeFile(join(runFolder(run, results), "log.csv"), logCsv(rows));
  await writeRecord(record, results);
  return record;
}

/** What is to be replaced, and by what. */
export interface Replacement {
  run: string;
  experiment: Experiment;
  /** Of the training data. */
  dataChecksum: string;
  replace?: boolean;
  results?: string;
  /** Only a record is to be written, no weights. */
  isTrial?: boolean;
}

/**
 * Throws if a training cannot take the place of what the run has in the results, as far as that can be known before it
 * has begun: that is of another experiment, network or data, or its weights have no record to compare with.
 */
export async function refuseReplacement(replacement: Replacement): Promise<void> {
  const { run, experiment, dataChecksum, replace, results = resultsDirectory, isTrial } = replacement;
  const before = await readRecord(run, results);
  const hasWeights = await exists(weightsPath(run, results));
  if (isTrial && (hasWeights || before?.weightsFile)) {
    throw new Error(
      `The run '${run}' has weights in ${results}: record the trial under another name (--run).`,
    );
  }
  if (replace) return;
  if (hasWeights && !before?.weightsFile) throw new Error(refusal(run, "nobody recorded how good those are"));
  if (!before) return;
  if (before.experiment !== experiment.name) {
    throw new Error(refusal(run, `those are of '${before.experiment}', these of '${experiment.name}'`));
  }
  // As it would be read back.
  const network = JSON.parse(JSON.stringify(experiment.network));
  if (!isDeepStrictEqual(network, before.network)) {
    throw new Error(
      refusal(
        run,
        `those are of another network (${JSON.stringify(before.network)}; here ${JSON.stringify(network)})`,
      ),
    );
  }
  if (before.dataChecksum !== dataChecksum) {
    throw new Error(
      refusal(
        run,
        `those were trained on ${before.data} (checksum ${
          before.dataChecksum.slice(0, 12)
        }…), these on other data ` +
          `(${dataChecksum.slice(0, 12)}…)`,
      ),
    );
  }
}

/** In what `next` is worse than `before`, of the same network and data; nothing where it is not. */
function worsening(before: RunRecord, next: RunRecord): string | undefined {
  if (!before.weightsFile) {
    const all = ({ totalUpdates, startedFrom }: RunRecord) =>
      totalUpdates + (startedFrom ? totalOf(startedFrom).updates : 0);
    if (next.weightsFile || all(next) >= all(before)) return undefined;
    return `that training had ${all(before)} updates, this one ${all(next)}`;
  }
  if (before.evaluatedOn !== next.evaluatedOn) {
    return `those were evaluated on ${before.evaluatedOn}, these on ${next.evaluatedOn}`;
  }
  const { value: old } = headline(before.results), { measure, value } = headline(next.results);
  return value <= old ? undefined : `${measure} is ${value}, worse than ${old}`;
}

/** The measure that the experiment's table is about; less is better. */
function headline({ recorded, static: fixed }: Results): { measure: string; value: number } {
  return recorded
    ? { measure: "the log-loss in nats per line", value: recorded.logLoss }
    : { measure: "bits per character", value: fixed?.bitsPerCharacter ?? NaN };
}

const refusal = (run: string, why: string) =>
  `What the run '${run}' has in the results is kept: ${why}. Give this one a name of its own (--run), or replace that ` +
  "all the same (--replace).";

/** Throws if there are none, or not those that the checkpoint names. */
async function readBest(folder: string, { best }: CheckpointInfo): Promise<WeightsFile> {
  const path = bestPath(folder);
  if (!await exists(path)) throw new Error(`There are no validated weights in ${folder} yet: train longer.`);
  const file = await readWeights(path);
  // Where a training was killed after a validation its best weights may be later than its checkpoint.
  const isNamed = best?.checksum && Number(file.metadata.updates) === best.update;
  if (!isNamed || file.checksum === best.checksum) return file;
  throw new Error(
    `${path}: expected the SHA-256 ${best.checksum!.slice(0, 12)}…, which latest.json names, found ` +
      `${file.checksum.slice(0, 12)}…: the weights are damaged.`,
  );
}

/** The run's log, and its record but for what is measured and noted. */
async function describe(
  info: CheckpointInfo,
  metadata: Record<string, string>,
  { run, results }: { run: string; results: string },
): Promise<{ record: Omit<RunRecord, "results" | "notes">; rows: LogRow[] }> {
  const { experiment, recipe } = info;
  const trained = readTrainedMetadata(metadata, `The weights of '${experiment.name}'`);
  const { offsetMean, offsetStd, cleaning } = trained;
  const { rows, logIsWhole } = await wholeLog(info, run, results);
  const record = {
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
    data: trained.data,
    dataChecksum: trained.dataChecksum,
    ...(offsetStd && { offsetMean, offsetStd, cleaning }),
    engine: info.engines.join("; "),
    device: device(),
    epochs: trained.epochs,
    updates: trained.updates,
    seconds: trained.seconds,
    totalUpdates: info.position.update,
    totalSeconds: Math.round(info.position.seconds),
    ...(info.startedFrom && { startedFrom: info.startedFrom }),
    ...(info.teachers && { teachers: info.teachers }),
    ...(logIsWhole !== undefined && { logIsWhole }),
    ...(info.revisions && { revisions: info.revisions }),
    revision: await revision(),
    date: new Date().toISOString(),
  };
  return { record, rows };
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

/** This machine in a line. */
export function device(): string {
  const all = cpus();
  const models = [...new Set(all.map(({ model }) => model.trim()))].join(", ");
  return `${all.length} cores of ${models || "an unnamed processor"} (${Deno.build.os} ${Deno.build.arch})`;
}
