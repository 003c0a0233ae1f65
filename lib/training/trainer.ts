/** Trains an experiment: batches, validation, checkpoints, and word of how it goes. */
import { join } from "node:path";
import type { Engine } from "../engine/mod.ts";
import type { Experiment, Recipe } from "../experiments.ts";
import { checkpointDirectory, exists, runName, writeFile } from "../files.ts";
import type { Batch } from "../network/network.ts";
import { initialWeights, type Weights } from "../network/parameters.ts";
import {
  bestPath,
  type CheckpointInfo,
  hasCheckpoint,
  type LogRow,
  readCheckpoint,
  readInfo,
  saveCheckpoint,
  type StartedFrom,
} from "./checkpoint.ts";
import { openTrainingData, type TrainingData } from "./data.ts";
import { lockFolder } from "./lock.ts";
import { logCsv } from "./log.ts";
import { learningRate } from "./optimiser.ts";
import { flopsPerPoint, meanLoss, Recent } from "./measure.ts";
import { revision } from "./revision.ts";
import { readTrainedMetadata } from "./schemas.ts";
import { checkTeachers, recordOf, type Teacher } from "./teachers.ts";
import { type Position, Training } from "./training.ts";
import { readWeights, weightsPath, writeWeights } from "./weights.ts";

/** How a training goes. */
export type Progress =
  | {
    kind: "update";
    update: number;
    epoch: number;
    /** Mean of the last updates, in the data's unit. */
    loss: number;
    rate: number;
    pointsPerSecond: number;
    gigaflopsPerSecond: number;
    /** Estimate, from the limits given and the speed so far. */
    secondsLeft: number;
  }
  | { kind: "validation"; row: LogRow; best: boolean }
  | { kind: "checkpoint"; update: number; folder: string }
  | { kind: "note"; message: string };

export interface TrainOptions {
  experiment: Experiment;
  engine: Engine;
  /** Default: the experiment's own (`openTrainingData`). */
  data?: TrainingData;
  recipe?: Recipe;
  seed?: number;
  /** Stop after so many minutes of this run. */
  minutes?: number;
  /** Stop after so many updates in all. */
  updates?: number;
  /** Go on from the checkpoint in `folder`. */
  resume?: boolean;
  /** A weights file to start from, instead of the experiment's own start. */
  from?: string;
  /** Trained networks whose predictions are part of the target (text only). One that goes on needs them again. */
  teachers?: Teacher[];
  /** Where checkpoints go; default: `.checkpoints/<experiment>`. */
  folder?: string;
  checkpointMinutes?: number;
  onProgress?: (progress: Progress) => void;
  /** When it fires the update under way is finished and a checkpoint written. */
  signal?: AbortSignal;
}

export interface TrainResult {
  info: CheckpointInfo;
  folder: string;
  data: TrainingData;
  stopped: "finished" | "time" | "signal";
}

/** `.checkpoints/<run>`. Throws if that is no name of a run. */
export const checkpointFolder = (run: string) => join(checkpointDirectory, runName(run));

/**
 * Trains until the recipe's epochs or updates are done, the minutes are over or the signal fires, and
 * leaves a checkpoint and the best weights in `folder`.
 * Throws `NonFiniteLossError` if a loss is not finite; the checkpoint before stays. Throws if a checkpoint lies in
 * `folder` but `resume` is not set, or the other way round, or if it is of another network or data; if another
 * training has the folder; if the teachers predict other symbols, or are not those of the checkpoint; if a checkpoint
 * cannot be written, where the one before stays.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { experiment, onProgress = () => {}, folder = checkpointFolder(experiment.name) } = options;
  if (options.resume) await readInfo(folder);
  using _lock = await lockFolder(folder);
  const note = (message: string) => onProgress({ kind: "note", message });
  const data = options.data ?? await openTrainingData(experiment, note);
  data.summary.forEach(note);
  const { training, info } = await start(options, data, folder);
  const { recipe, seed } = info;
  const { position } = training;
  const begun = performance.now(), secondsBefore = position.seconds;
  const elapsed = () => (performance.now() - begun) / 1000;
  const { minutes = Infinity, checkpointMinutes = 3 } = options;
  // After the cosine there is nothing left to learn with.
  const { schedule, epochs: lastEpoch } = recipe;
  const lastUpdate = options.updates ?? (schedule.decay === "cosine" ? schedule.updates : Infinity);
  const flops = flopsPerPoint(experiment);
  let savedAt = elapsed(), shownAt = -Infinity;
  const recent = new Recent(20), sinceRow = new Recent();
  if (info.sinceRow) sinceRow.add(info.sinceRow);

  const save = async () => {
    position.seconds = secondsBefore + elapsed();
    info.sinceRow = info.rows.at(-1)?.update === position.update ? undefined : sinceRow.sum();
    await saveCheckpoint(folder, training, { ...info, position });
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
      const metadata = metadataOf(info, position, data);
      const checksum = await writeWeights(
        bestPath(folder),
        await training.network.weights(training.shipped),
        metadata,
      );
      info.best = { update: position.update, loss: validationLoss, checksum };
    }
    await writeFile(join(folder, "log.csv"), logCsv(info.rows));
    onProgress({ kind: "validation", row, best });
  };

  try {
    let stopped: TrainResult["stopped"] = "finished";
    for (const batch of batchesFrom(training, data, recipe, seed, lastEpoch)) {
      if (position.update >= lastUpdate) break;
      if (options.signal?.aborted) {
        stopped = "signal";
        break;
      }
      if (elapsed() > 60 * minutes) {
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
        onProgress({
          kind: "update",
          update: position.update,
          epoch: position.epoch + 1,
          loss: recent.loss(data.unit),
          rate: learningRate(recipe, position.update),
          pointsPerSecond: speed.points,
          gigaflopsPerSecond: speed.padded * flops / 1e9,
          secondsLeft: Math.min(
            60 * minutes - elapsed(),
            (lastUpdate - position.update) / speed.updates,
            (lastEpoch * data.points - position.points) / speed.points,
          ),
        });
      }
      if (position.update % recipe.validation.every === 0) await validate();
      if (elapsed() - savedAt > 60 * checkpointMinutes) await save();
    }
    if (stopped !== "signal" && info.rows.at(-1)?.update !== position.update) await validate();
    await save();
    return { info: { ...info, position: { ...position } }, folder, data, stopped };
  } finally {
    training.free();
  }
}

/** A new training, or the one in the checkpoint. */
async function start(options: TrainOptions, data: TrainingData, folder: string) {
  const {
    experiment,
    engine,
    seed = 1,
    recipe = experiment.recipes.shipped,
    onProgress = () => {},
    teachers = [],
  } = options;
  checkTeachers(teachers, data.metadata.alphabet);
  const taught = teachers.map(recordOf);
  if (!options.resume) {
    if (await hasCheckpoint(folder)) {
      throw new Error(
        `A training lies in ${folder}: go on with --resume, or move that folder away to begin anew.`,
      );
    }
    const { weights, startedFrom } = await startingWeights(experiment, seed, onProgress, options.from);
    const sequences = data.sequences(recipe);
    const training = new Training({ engine, experiment, recipe, weights, seed, sequences, teachers });
    const info: CheckpointInfo = {
      experiment,
      recipe,
      seed,
      dataChecksum: data.checksum,
      position: training.position,
      best: null,
      rows: [],
      engines: [engine.description],
      revisions: [await currentRevision()],
      ...(startedFrom && { startedFrom }),
      ...(taught.length > 0 && { teachers: taught }),
    };
    return { training, info };
  }
  const { tensors, ...saved } = await readCheckpoint(folder);
  if (JSON.stringify(saved.experiment.network) !== JSON.stringify(experiment.network)) {
    throw new Error(`The checkpoint in ${folder} is of another network (${saved.experiment.name}).`);
  }
  if (saved.dataChecksum !== data.checksum) {
    throw new Error(
      `The checkpoint in ${folder} was trained on other data (checksum ${saved.dataChecksum}).`,
    );
  }
  if (JSON.stringify(saved.teachers ?? []) !== JSON.stringify(taught)) {
    const names = (saved.teachers ?? []).map(({ experiment, weightsChecksum, share }) =>
      `${share} of '${experiment}' (${weightsChecksum.slice(0, 12)})`
    );
    throw new Error(
      `The checkpoint in ${folder} was taught by ${
        names.join(", ") || "nobody"
      }: go on with the same teachers.`,
    );
  }
  const info: CheckpointInfo = {
    ...saved,
    experiment: {
      ...saved.experiment,
      regularisation: experiment.regularisation,
      dropout: experiment.dropout,
    },
    recipe: options.recipe ?? saved.recipe,
    seed: options.seed ?? saved.seed,
  };
  if (saved.engines.at(-1) !== engine.description) info.engines.push(engine.description);
  const revisions = saved.revisions ?? ["unknown"], current = await currentRevision();
  info.revisions = revisions.at(-1) === current ? revisions : [...revisions, current];
  const training = new Training({
    engine,
    experiment,
    recipe: info.recipe,
    weights: initialWeights(experiment.network, info.seed),
    seed: info.seed,
    sequences: data.sequences(info.recipe),
    teachers,
  });
  training.restore(tensors.weights, tensors.memory, saved.position);
  onProgress({ kind: "note", message: `Going on from update ${saved.position.update}.` });
  return { training, info };
}

const currentRevision = async () => await revision() ?? "no git";

/** Random, or the final weights of another training: those in `from`, else of the experiment that this one names. */
async function startingWeights(
  { network, startsFrom }: Experiment,
  seed: number,
  onProgress: (progress: Progress) => void,
  from?: string,
): Promise<{ weights: Weights; startedFrom?: StartedFrom }> {
  if (!from && !startsFrom) return { weights: initialWeights(network, seed) };
  const places = from ? [from] : [weightsPath(startsFrom!), bestPath(checkpointFolder(startsFrom!))];
  for (const path of places) {
    if (!await exists(path)) continue;
    onProgress({ kind: "note", message: `Starting from the weights in ${path}` });
    const { weights, experiment, checksum, metadata } = await readWeights(path);
    const { updates, epochs, seconds, revisions, startedFrom } = readTrainedMetadata(metadata, path);
    const from: StartedFrom = {
      experiment,
      weightsChecksum: checksum,
      updates,
      epochs,
      seconds,
      ...(revisions && { revisions }),
      ...(startedFrom && { startedFrom }),
    };
    return { weights, startedFrom: from };
  }
  throw new Error(
    from
      ? `There are no weights in ${from} to start from.`
      : `This experiment starts from the weights of '${startsFrom}': train that first.`,
  );
}

/** The curriculum's length of line for the update after `update`. */
function pointsAt({ curriculum }: Recipe, update: number): number {
  let end = 0;
  for (const phase of curriculum) if (update < (end += phase.updates)) return phase.points;
  return Infinity;
}

/** All batches from where the training stands. A pass ends early where the curriculum moves on. */
function* batchesFrom(
  training: Training,
  data: TrainingData,
  recipe: Recipe,
  seed: number,
  lastEpoch: number,
): Generator<Batch> {
  const { position } = training;
  while (position.epoch < lastEpoch) {
    const points = pointsAt(recipe, position.epochStart);
    let skip = position.update - position.epochStart;
    if (skip === 0) training.clearState();
    for (const batch of data.batches(position.epoch, seed, recipe, points)) {
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

function metadataOf(
  { experiment, recipe, seed, engines, revisions, startedFrom }: CheckpointInfo,
  position: Position,
  data: TrainingData,
): Record<string, string> {
  return {
    experiment: experiment.name,
    network: JSON.stringify(experiment.network),
    ...data.metadata,
    recipe: JSON.stringify(recipe),
    seed: String(seed),
    updates: String(position.update),
    epochs: (position.points / data.points).toFixed(2),
    seconds: position.seconds.toFixed(0),
    ...(startedFrom && { startedFrom: JSON.stringify(startedFrom) }),
    engines: engines.join("; "),
    ...(revisions && { revisions: revisions.join("; ") }),
  };
}
