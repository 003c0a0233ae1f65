/** Trains one stage of an experiment: batches, validation, checkpoints, and word of how it goes. */
import { join } from "node:path";
import type { Recipe } from "../experiments/mod.ts";
import { writeFile } from "../files.ts";
import { alone, some } from "../mpi.ts";
import type { Batch } from "../network/network.ts";
import { type Provenance, writeWeights } from "../weights/mod.ts";
import { begin, goOn, type TrainOptions } from "./begin.ts";
import { bestPath, type CheckpointInfo, readInfo, saveCheckpoint } from "./checkpoint.ts";
import { openTrainingData, type TrainingData } from "./data.ts";
import { lockFolder } from "./lock.ts";
import { logCsv, type LogRow } from "./log.ts";
import { flopsPerPoint, meanLoss, Recent } from "./measure.ts";
import { learningRate } from "./optimiser.ts";
import type { Position, Training } from "./training.ts";

export interface TrainResult {
  info: CheckpointInfo;
  stopped: "finished" | "time" | "signal";
}

/** Whether there is nothing left to do by the recipe. */
export function isFinished({ update, epoch }: Position, { schedule, epochs }: Recipe): boolean {
  return update >= (schedule.updates ?? Infinity) || epoch >= epochs;
}

/**
 * Trains until the recipe's epochs or updates are done, the minutes are over or the signal fires, and
 * leaves a checkpoint and the best weights in `folder`.
 * Throws `NonFiniteLossError` if a loss is not finite; the checkpoint before stays. Throws if a checkpoint lies in
 * `folder` but `resume` is not set, or the other way round, or if it is of another network or data; if the weights to begin
 * with are another network's; if another training has the folder; if the teachers predict other symbols, or are not those
 * of the checkpoint; if a checkpoint cannot be written, where the one before stays.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { experiment: { network }, stage: { recipe }, onProgress = () => {}, folder, group = alone } =
    options;
  const isFirst = group.index === 0;
  if (options.resume) await readInfo(folder);
  using _lock = isFirst ? await lockFolder(folder) : null;
  const note = (message: string) => onProgress({ kind: "note", message });
  const data = options.data ?? await openTrainingData(options.experiment, note);
  const { training, info } = await (options.resume ? goOn : begin)(options, data);
  const { position } = training;
  const begun = performance.now(), secondsBefore = position.seconds;
  const elapsed = () => (performance.now() - begun) / 1000;
  const { minutes = Infinity, checkpointMinutes = 3 } = options;
  const { schedule, epochs: lastEpoch } = recipe;
  const lastUpdate = Math.min(options.updates ?? Infinity, schedule.updates ?? Infinity);
  const flops = flopsPerPoint(network);
  let savedAt = elapsed(), shownAt = -Infinity, isScheduleTold = false;
  const recent = new Recent(20), sinceRow = new Recent();
  if (info.sinceRow) sinceRow.add(info.sinceRow);
  /** How the weights came about, as they stand. */
  const standing = (): Provenance => {
    const stages = [...info.provenance.stages], run = stages.pop()!;
    const work = {
      updates: position.update,
      epochs: Number((position.points / data.points).toFixed(2)),
      seconds: Math.round(position.seconds),
    };
    return { ...info.provenance, stages: [...stages, { ...run, ...work }] };
  };

  const save = async () => {
    position.seconds = secondsBefore + elapsed();
    info.sinceRow = info.rows.at(-1)?.update === position.update ? undefined : sinceRow.sum();
    await saveCheckpoint(folder, training, { ...info, provenance: standing(), position });
    // The others go on when it is written.
    await some(group, false);
    savedAt = elapsed();
    onProgress({ kind: "checkpoint", update: position.update, folder });
  };
  const validate = async () => {
    const validationLoss = await meanLoss(training, data);
    position.seconds = secondsBefore + elapsed();
    const row: LogRow = {
      update: position.update,
      epoch: position.points / data.points,
      seconds: position.seconds,
      trainingLoss: sinceRow.loss(data.unit),
      validationLoss,
      rate: learningRate(recipe, position.update),
      ...await training.noiseLearned(),
    };
    sinceRow.clear();
    info.rows.push(row);
    const best = Number.isFinite(validationLoss) && !(validationLoss >= (info.best?.loss ?? Infinity));
    if (best) {
      const weights = await training.network.weights(training.shipped);
      const named = { weights, provenance: standing(), alphabet: data.alphabet };
      const checksum = isFirst ? await writeWeights(bestPath(folder), named) : "";
      info.best = { update: position.update, loss: validationLoss, checksum };
    }
    if (isFirst) await writeFile(join(folder, "log.csv"), logCsv(info.rows));
    onProgress({ kind: "validation", row, best });
  };

  const read = info.provenance.stages.slice(0, -1).reduce((sum, { epochs }) => sum + epochs, 0);
  try {
    let stopped: TrainResult["stopped"] = "finished";
    for (const batch of batchesFrom(training, data, read)) {
      if (position.update >= lastUpdate) break;
      if (await some(group, options.signal?.aborted ?? false)) {
        stopped = "signal";
        break;
      }
      if (await some(group, elapsed() > 60 * minutes)) {
        stopped = "time";
        break;
      }
      const updateBegun = performance.now();
      const { total, points } = await training.update(batch);
      const seconds = (performance.now() - updateBegun) / 1000;
      const sample = { total, points, sequences: batch.size, padded: batch.size * batch.steps, seconds };
      recent.add(sample);
      sinceRow.add(sample);
      if (elapsed() - shownAt > 1) {
        shownAt = elapsed();
        const speed = recent.speed();
        const untilEnd = (lastUpdate - position.update) / speed.updates;
        const untilTime = 60 * minutes - elapsed();
        if (!isScheduleTold && recent.isFull && schedule.decay === "cosine" && untilTime < untilEnd) {
          isScheduleTold = true;
          const updates = position.update + Math.floor(untilTime * speed.updates);
          note(cutOff(minutes, updates, lastUpdate));
        }
        onProgress({
          kind: "update",
          update: position.update,
          epoch: position.epoch + 1,
          loss: recent.loss(data.unit),
          rate: learningRate(recipe, position.update),
          pointsPerSecond: speed.points,
          gigaflopsPerSecond: speed.padded * flops / 1e9,
          secondsLeft: Math.min(
            untilTime,
            untilEnd,
            (lastEpoch * data.points - position.points) / speed.points,
          ),
        });
      }
      if (position.update % recipe.validation.every === 0) await validate();
      if (await some(group, elapsed() - savedAt > 60 * checkpointMinutes)) await save();
    }
    if (stopped !== "signal" && info.rows.at(-1)?.update !== position.update) await validate();
    await save();
    return { info: { ...info, provenance: standing(), position: { ...position } }, stopped };
  } finally {
    training.free();
  }
}

/** A rate that falls over more updates than there is time for is still high at the end. */
function cutOff(minutes: number, updates: number, scheduled: number): string {
  return `At this speed ${
    Number(minutes.toPrecision(2))
  } minutes are over after about ${updates} updates, while the rate ` +
    `falls over ${scheduled}: go on later with --resume, or --plan so many ("schedule": {"updates": ${updates}}).`;
}

/** The curriculum's length of line for the update after `update`. */
function pointsAt({ curriculum }: Recipe, update: number): number {
  let end = 0;
  for (const phase of curriculum) if (update < (end += phase.updates)) return phase.points;
  return Infinity;
}

/** All batches from where the training stands, after stages that `read` the training set so many times. A pass ends early where
 * the curriculum moves on. */
function* batchesFrom(training: Training, data: TrainingData, read: number): Generator<Batch> {
  const { position, recipe, seed } = training;
  while (position.epoch < recipe.epochs) {
    const points = pointsAt(recipe, position.epochStart);
    let skip = position.update - position.epochStart;
    if (skip === 0) training.clearState();
    for (const batch of data.batches(position.epoch, seed, recipe, points, read)) {
      if (skip-- > 0) continue;
      if (pointsAt(recipe, position.update) !== points) break;
      yield batch;
    }
    if (position.update === position.epochStart) {
      throw new Error("The training set gives no batches: it is empty, or shorter than one batch.");
    }
    position.epoch++;
    position.epochStart = position.update;
  }
}
