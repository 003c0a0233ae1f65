/** What a run leaves in the results: the record of a trial, or weights with theirs. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Engine } from "../engine/mod.ts";
import { evaluate, type EvaluateOptions, type Results } from "../evaluation/mod.ts";
import { findExperiment } from "../experiments/mod.ts";
import { exists, resultsDirectory, writeFile } from "../files.ts";
import { countWeights } from "../network/parameters.ts";
import { bestPath, type CheckpointInfo, readInfo } from "../training/checkpoint.ts";
import { logCsv, type LogRow } from "../training/log.ts";
import { revision } from "../training/revision.ts";
import {
  type Dtype,
  type Provenance,
  readWeights,
  totalOf,
  type WeightsFile,
  weightsPath,
  writeWeights,
} from "../weights/mod.ts";
import { discardPublication, finishPublication, waitingLog, waitingWeights } from "./publication.ts";
import { readLog, readRecord, runFolder, writeRecord } from "./record.ts";
import type { RunRecord } from "./run_json.ts";

/** Half precision: the results are of the weights as they are written, and history keeps every byte. */
const dtype: Dtype = "F16";
/** Bytes of a file: hosts of repositories take none of 100 MB. */
const largestFile = 90e6;

export interface RecordOptions {
  /** The checkpoints of the run's stages, one after the other. The last one's best weights are the run's. */
  folders: string[];
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
 * Evaluates the best weights of the run in `folders` as they will be shipped, then puts them into the results with
 * their record and log: all three or, on an error or a kill, none. Throws, with the results as they were, if nothing was
 * trained there, if the signal fires, or, without `replace`, if these are of another network or other data than the
 * weights that the run has, or worse.
 */
export async function publish(options: PublishOptions): Promise<RunRecord> {
  const {
    engine,
    signal,
    folders,
    run: name,
    results = resultsDirectory,
    notes = [],
    replace,
    ...evaluateOptions
  } = options;
  const { infos, best: { checksum: _, ...best } } = await readRun(folders);
  const { provenance } = best;
  const run = name ?? provenance.experiment;
  await refuseReplacement({ run, provenance, replace, results });
  // Read before anything waits: who reads a record finishes its publication.
  const before = await readRecord(run, results);
  const { record, rows } = await describe(infos, provenance, { run, results });
  const next = waitingWeights(run, results);
  let isRecorded = false;
  try {
    await discardPublication(run, results);
    await writeWeights(next, best, { dtype, largestFile });
    const shipped = await readWeights(next);
    const evaluation = await evaluate(engine, shipped, evaluateOptions);
    if (findExperiment(provenance.experiment).data.set === "wikipedia") {
      // Table 2 has the training loss too: of as many bytes as were held out.
      const training = { ...evaluateOptions, part: "training", limit: evaluation.count } as const;
      Object.assign(evaluation.results, (await evaluate(engine, shipped, training)).results);
    }
    // Of the same weights nothing that was measured is lost.
    const same = before?.weights?.checksum === shipped.checksum ? before : undefined;
    const published: RunRecord = {
      ...record,
      weights: { file: `results/weights/${run}.safetensors`, checksum: shipped.checksum, type: dtype },
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
 * Records the run in `folders` and its log, without weights: a trial. Throws if nothing was trained there, if the
 * run has weights in the results, whose record this would replace, or, without `replace`, if it has a record of another
 * network, of other data or of a longer training.
 */
export async function recordTrial(options: RecordOptions): Promise<RunRecord> {
  const { folders, results = resultsDirectory, notes = [], replace } = options;
  const { infos, best: { provenance } } = await readRun(folders);
  const run = options.run ?? provenance.experiment;
  await refuseReplacement({ run, provenance, replace, results, isTrial: true });
  const before = await readRecord(run, results);
  const { record: described, rows } = await describe(infos, provenance, { run, results });
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
  provenance: Pick<Provenance, "experiment" | "network" | "data">;
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
  const { run, provenance, replace, results = resultsDirectory, isTrial } = replacement;
  const before = await readRecord(run, results);
  const hasWeights = await exists(weightsPath(run, results));
  if (isTrial && (hasWeights || before?.weights)) {
    throw new Error(
      `The run '${run}' has weights in ${results}: record the trial under another name (--run).`,
    );
  }
  if (replace) return;
  if (hasWeights && !before?.weights) throw new Error(refusal(run, "nobody recorded how good those are"));
  if (!before) return;
  const { experiment, network, data } = before.provenance;
  if (experiment !== provenance.experiment) {
    throw new Error(refusal(run, `those are of '${experiment}', these of '${provenance.experiment}'`));
  }
  // As it would be read back.
  const own = JSON.parse(JSON.stringify(provenance.network));
  if (!isDeepStrictEqual(own, network)) {
    const [theirs, ours] = [network, own].map((network) => JSON.stringify(network));
    throw new Error(refusal(run, `those are of another network (${theirs}; here ${ours})`));
  }
  if (data.checksum !== provenance.data.checksum) {
    const [theirs, ours] = [data, provenance.data].map(({ checksum }) => `${checksum.slice(0, 12)}…`);
    throw new Error(
      refusal(run, `those were trained on ${data.name} (checksum ${theirs}), these on other data (${ours})`),
    );
  }
}

/** In what `next` is worse than `before`, of the same network and data; nothing where it is not. */
function worsening(before: RunRecord, next: RunRecord): string | undefined {
  if (!before.weights) {
    const all = ({ provenance }: RunRecord) => totalOf(provenance.stages).updates;
    if (next.weights || all(next) >= all(before)) return undefined;
    return `that training had ${all(before)} updates, this one ${all(next)}`;
  }
  if (before.evaluatedOn !== next.evaluatedOn) {
    return `those were evaluated on ${before.evaluatedOn}, these on ${next.evaluatedOn}`;
  }
  const { value: old } = headline(before.results), { measure, value } = headline(next.results);
  return value <= old ? undefined : `${measure} is ${value}, worse than ${old}`;
}

/** The measure that the experiment's table is about; less is better. */
function headline({ recorded, reading, static: fixed }: Results): { measure: string; value: number } {
  if (reading) return { measure: "the character error rate", value: reading.characterErrorRate };
  return recorded
    ? { measure: "the log-loss in nats per line", value: recorded.logLoss }
    : { measure: "bits per character", value: fixed?.bitsPerCharacter ?? NaN };
}

const refusal = (run: string, why: string) =>
  `What the run '${run}' has in the results is kept: ${why}. Give this one a name of its own (--run), or replace that ` +
  "all the same (--replace).";

/** Throws if the last stage has no best weights, or not those that its checkpoint names. */
async function readRun(folders: string[]): Promise<{ infos: CheckpointInfo[]; best: WeightsFile }> {
  const infos = await Promise.all(folders.map(readInfo));
  const path = bestPath(folders.at(-1)!), { best } = infos.at(-1)!;
  if (!await exists(path)) {
    throw new Error(`There are no validated weights in ${folders.at(-1)} yet: train longer.`);
  }
  const file = await readWeights(path);
  // Where a training was killed after a validation its best weights may be later than its checkpoint.
  const isNamed = best && file.provenance.stages.at(-1)?.updates === best.update;
  if (!isNamed || file.checksum === best.checksum) return { infos, best: file };
  throw new Error(
    `${path}: expected the SHA-256 ${best.checksum.slice(0, 12)}…, which latest.json names, found ` +
      `${file.checksum.slice(0, 12)}…: the weights are damaged.`,
  );
}

/** The run's log, and its record but for what is measured and noted. */
async function describe(
  infos: CheckpointInfo[],
  provenance: Provenance,
  { run, results }: { run: string; results: string },
): Promise<{ record: Omit<RunRecord, "results" | "notes">; rows: LogRow[] }> {
  const { table, row } = findExperiment(provenance.experiment);
  const { rows, logFromStage } = await wholeLog(infos, provenance, run, results);
  const record = {
    run,
    table,
    row,
    parameters: countWeights(provenance.network),
    provenance,
    logFromStage,
    revision: await revision(),
    date: new Date().toISOString(),
  };
  return { record, rows };
}

/** The logs of the run's stages, each counting on from those before; in front the log of weights that the run shipped
 * before and began with. */
async function wholeLog(
  infos: CheckpointInfo[],
  { stages }: Provenance,
  run: string,
  results: string,
): Promise<{ rows: LogRow[]; logFromStage: number }> {
  const own = stages.length - infos.length, earlier = stages.slice(0, own);
  const before = await readRecord(run, results);
  const isKnown = before && before.logFromStage <= own &&
    isDeepStrictEqual(before.provenance.stages.slice(0, own), earlier);
  const logFromStage = isKnown ? before.logFromStage : own + 1;
  const past = (stage: number) => totalOf(stages.slice(logFromStage - 1, stage));
  const shipped = isKnown ? await readLog(run, results) : [];
  const rows = shipped.filter(({ update }) => update <= past(own).updates);
  for (const [k, info] of infos.entries()) {
    const { updates, epochs, seconds } = past(own + k);
    const last = k < infos.length - 1 ? stages[own + k].updates : Infinity;
    for (const row of info.rows.filter(({ update }) => update <= last)) {
      rows.push({
        ...row,
        update: updates + row.update,
        epoch: epochs + row.epoch,
        seconds: seconds + row.seconds,
      });
    }
  }
  return { rows, logFromStage };
}
