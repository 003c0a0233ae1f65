/**
 * A training on disk: `<folder>/latest.json` names the two tensor files of one moment (weights; optimiser, averages
 * and carried state) and says where the training stands. It is replaced last, so that it always names whole files.
 */
import { join } from "node:path";
import { exists, writeFile } from "../files.ts";
import type { Experiment, Recipe } from "../experiments.ts";
import type { Sample } from "./measure.ts";
import { readTensors, writeTensors } from "./safetensors.ts";
import type { TeacherRecord } from "./teachers.ts";
import type { HostTensors, Position, Training } from "./training.ts";

/** A row of `log.csv`. */
export interface LogRow {
  update: number;
  /** Points learned from, in passes over the training set. */
  epoch: number;
  seconds: number;
  /** Of the updates since the row before, in the experiment's unit. */
  trainingLoss: number;
  /** Of the averaged weights, on the validation sample. */
  validationLoss: number;
  rate: number;
  /** Adaptive noise: the prior's share of the description length, KL(Q‖P)/N in nats per sequence; with the training
   * loss, which is under noise, it makes the whole. */
  divergence?: number;
  /** Adaptive noise: the mean σ of each matrix and vector, by name. */
  deviations?: Record<string, number>;
}

/** What a checkpoint says besides its tensors. */
export interface CheckpointInfo {
  experiment: Experiment;
  recipe: Recipe;
  seed: number;
  dataChecksum: string;
  position: Position;
  best: { update: number; loss: number } | null;
  rows: LogRow[];
  /** The updates since the last row, if there were any. */
  sinceRow?: Sample;
  /** Engines used, in order. */
  engines: string[];
  /** Code revisions that trained, in order (`revision`); "unknown" stands for what older checkpoints did not keep. */
  revisions?: string[];
  /** The weights that the training began with, if not random ones. */
  startedFrom?: StartedFrom;
  /** The networks whose predictions are part of the target. */
  teachers?: TeacherRecord[];
}

/** Weights that an earlier training left, with what went into them. */
export interface StartedFrom {
  experiment: string;
  /** SHA-256 of their file. */
  weightsChecksum: string;
  updates: number;
  epochs: number;
  seconds: number;
  revisions?: string[];
  /** What those had started from in turn. */
  startedFrom?: StartedFrom;
}

interface Latest extends CheckpointInfo {
  weights: string;
  memory: string;
}

const latestPath = (folder: string) => join(folder, "latest.json");
/** The best averaged weights so far, in the form that ships. */
export const bestPath = (folder: string) => join(folder, "best.safetensors");

/** Throws, leaving the checkpoint before as it is, if a weight is not finite or the files cannot be written. */
export async function saveCheckpoint(
  folder: string,
  training: Training,
  info: CheckpointInfo,
): Promise<void> {
  const { update } = training.position;
  try {
    await writeCheckpoint(folder, training, info);
  } catch (error) {
    await removeLeftovers(folder).catch(() => {});
    throw new Error(
      `The checkpoint of update ${update} is not saved. ${(error as Error).message}\n` +
        "The one before is kept, if there was one: remove the cause, then go on from it with --resume.",
      { cause: error },
    );
  }
  await removeLeftovers(folder);
}

async function writeCheckpoint(folder: string, training: Training, info: CheckpointInfo): Promise<void> {
  const { weights, memory } = await training.save();
  const { update } = training.position;
  const names = { weights: `weights-${update}.safetensors`, memory: `optimiser-${update}.safetensors` };
  const metadata = { experiment: info.experiment.name, network: JSON.stringify(info.experiment.network) };
  await writeTensors(join(folder, names.weights), { tensors: weights, metadata });
  await writeTensors(join(folder, names.memory), { tensors: memory, metadata });
  const latest: Latest = { ...info, ...names };
  await writeFile(latestPath(folder), JSON.stringify(latest, null, 1));
}

/** Removes tensor files that `latest.json` does not name, and the parts of files that a killed training left. */
async function removeLeftovers(folder: string): Promise<void> {
  const latest = await hasCheckpoint(folder) ? await readLatest(folder) : undefined;
  for await (const { name } of Deno.readDir(folder)) {
    const ofCheckpoint = /^(weights|optimiser)-\d+\.safetensors$/.test(name);
    const isNamed = name === latest?.weights || name === latest?.memory;
    if (name.endsWith(".part") || (ofCheckpoint && !isNamed)) await Deno.remove(join(folder, name));
  }
}

export async function hasCheckpoint(folder: string): Promise<boolean> {
  return await exists(latestPath(folder));
}

async function readLatest(folder: string): Promise<Latest> {
  if (!await hasCheckpoint(folder)) {
    throw new Error(`There is no checkpoint in ${folder}: train without --resume first.`);
  }
  // JSON has no word for a loss that is not finite.
  const revive = (key: string, value: unknown) => value === null && key.endsWith("Loss") ? NaN : value;
  return JSON.parse(await Deno.readTextFile(latestPath(folder)), revive);
}

/** What the checkpoint says, without its tensors. Throws if there is none. */
export async function readInfo(folder: string): Promise<CheckpointInfo> {
  const { weights: _weights, memory: _memory, ...info } = await readLatest(folder);
  return info;
}

/** Throws if there is none or it is damaged. */
export async function readCheckpoint(
  folder: string,
): Promise<CheckpointInfo & { tensors: { weights: HostTensors; memory: HostTensors } }> {
  const { weights, memory, ...info } = await readLatest(folder);
  const [weightsFile, memoryFile] = await Promise.all([
    readTensors(join(folder, weights)),
    readTensors(join(folder, memory)),
  ]);
  return { ...info, tensors: { weights: weightsFile.tensors, memory: memoryFile.tensors } };
}
