/**
 * A training on disk: `<folder>/latest.json` names the two tensor files of one moment (weights; optimiser, averages
 * and carried state) and says where the training stands. It is replaced last, so that it always names whole files.
 */
import { join } from "node:path";
import * as v from "valibot";
import { exists, writeFile } from "../files.ts";
import * as is from "../schema.ts";
import { readJson } from "../schema.ts";
import { provenanceSchema } from "../weights/provenance.ts";
import type { Provenance } from "../weights/mod.ts";
import { readTensors, writeTensors } from "../weights/safetensors.ts";
import { type LogRow, rowSchema } from "./log.ts";
import type { Sample } from "./measure.ts";
import type { HostTensors, Position, Training } from "./training.ts";

/** What a checkpoint says besides its tensors. */
export interface CheckpointInfo {
  /** Of the weights as they stand; the last stage is the one under way. */
  provenance: Provenance;
  position: Position;
  /** The checksum is the SHA-256 of `best.safetensors`. */
  best: { update: number; loss: number; checksum: string } | null;
  rows: LogRow[];
  /** The updates since the last row, if there were any. */
  sinceRow?: Sample;
}

/** `latest.json`. */
export interface Latest extends CheckpointInfo {
  weights: string;
  memory: string;
  /** SHA-256 of the two. */
  checksums: { weights: string; memory: string };
}

const named = (pattern: RegExp, expected: string): is.Schema<string> =>
  v.pipe(v.string(expected), v.regex(pattern, expected));

const latestSchema: is.Schema<Latest> = is.object({
  provenance: v.pipe(
    provenanceSchema,
    v.check(({ stages }) => stages.length > 0, "the stage under way"),
  ),
  position: is.object({
    update: is.integer(0),
    epoch: is.integer(0),
    epochStart: is.integer(0),
    seconds: is.between(0),
    points: is.between(0),
  }),
  best: is.nullable(is.object({ update: is.integer(0), loss: is.number, checksum: is.sha256 })),
  rows: is.list(rowSchema),
  sinceRow: is.optional(is.object({
    total: is.number,
    points: is.between(0),
    sequences: is.between(0),
    padded: is.between(0),
    seconds: is.between(0),
  })),
  weights: named(/^weights-\d+\.safetensors$/, "a name such as weights-100.safetensors"),
  memory: named(/^optimiser-\d+\.safetensors$/, "a name such as optimiser-100.safetensors"),
  checksums: is.object({ weights: is.sha256, memory: is.sha256 }),
});

const latestPath = (folder: string) => join(folder, "latest.json");
/** Who holds or last held the folder (`lockFolder`). */
export const lockPath = (folder: string) => join(folder, "lock");
/** The best averaged weights so far, in the form that ships. */
export const bestPath = (folder: string) => join(folder, "best.safetensors");

/** Throws, leaving the checkpoint before as it is, if a weight is not finite or the files cannot be written. */
export async function saveCheckpoint(
  folder: string,
  training: Training,
  info: CheckpointInfo,
): Promise<void> {
  const { position: { update }, group } = training;
  const tidy = () => group.index === 0 ? removeLeftovers(folder) : Promise.resolve();
  try {
    await writeCheckpoint(folder, training, info);
  } catch (error) {
    await tidy().catch(() => {});
    throw new Error(
      `The checkpoint of update ${update} is not saved. ${(error as Error).message}\n` +
        "The one before is kept, if there was one: remove the cause, then go on from it with --resume.",
      { cause: error },
    );
  }
  await tidy();
}

/** All processes have a part in what is written, by the first of them. */
async function writeCheckpoint(folder: string, training: Training, info: CheckpointInfo): Promise<void> {
  const { weights, memory } = await training.save();
  if (training.group.index > 0) return;
  const { update } = training.position;
  const names = { weights: `weights-${update}.safetensors`, memory: `optimiser-${update}.safetensors` };
  const checksums = {
    weights: await writeTensors(join(folder, names.weights), { tensors: weights, metadata: {} }),
    memory: await writeTensors(join(folder, names.memory), { tensors: memory, metadata: {} }),
  };
  const latest: Latest = { ...info, ...names, checksums };
  await writeFile(latestPath(folder), JSON.stringify(latest, null, 1));
}

const tensorFile = /^(weights|optimiser)-\d+\.safetensors$/;
/** A file that was being written when its training was killed (`writeFile`). */
const partOfOwn =
  /^(latest\.json|log\.csv|best\.safetensors|(weights|optimiser)-\d+\.safetensors)\.[0-9a-f]{8}\.part$/;

/** Removes tensor files that `latest.json` does not name, and the parts of files that a killed training left. */
async function removeLeftovers(folder: string): Promise<void> {
  const latest = await hasCheckpoint(folder) ? await readLatest(folder) : undefined;
  for await (const { name } of Deno.readDir(folder)) {
    const isNamed = name === latest?.weights || name === latest?.memory;
    if (partOfOwn.test(name) || (tensorFile.test(name) && !isNamed)) await Deno.remove(join(folder, name));
  }
}

/**
 * Throws where `folder` has no training but files that one would take for its own and remove or replace: they are
 * somebody else's.
 */
export async function refuseOthersFiles(folder: string): Promise<void> {
  if (await exists(lockPath(folder)) || await hasCheckpoint(folder)) return;
  const ownNames = /^(log\.csv|best\.safetensors)$/;
  for await (const { name } of Deno.readDir(folder)) {
    if (!ownNames.test(name) && !tensorFile.test(name) && !partOfOwn.test(name)) continue;
    throw new Error(
      `${
        join(folder, name)
      } is of no training that this project knows, and a training there would replace it. ` +
        "Give the run a name of its own with --run, or move the file away.",
    );
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
  return await damaged(folder, readJson(latestPath(folder), latestSchema, revive));
}

/** What `reading` gives; its error with what to do. */
async function damaged<T>(folder: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new Error(
      `${
        (error as Error).message
      }\nThe checkpoint is damaged: put a copy of ${folder} in its place, or move that ` +
        "folder away and train anew.",
      { cause: error },
    );
  }
}

/** What the checkpoint says, without its tensors. Throws, naming what is wrong, if there is none or it is damaged. */
export async function readInfo(folder: string): Promise<CheckpointInfo> {
  const { weights: _weights, memory: _memory, checksums: _checksums, ...info } = await readLatest(folder);
  return info;
}

/** Throws, naming the file and what is wrong, if there is no checkpoint or it is damaged. */
export async function readCheckpoint(
  folder: string,
): Promise<CheckpointInfo & { tensors: { weights: HostTensors; memory: HostTensors } }> {
  const { weights, memory, checksums, ...info } = await readLatest(folder);
  const read = async (name: string, expected: string) => {
    const path = join(folder, name);
    const { tensors, checksum } = await readTensors(path);
    if (checksum === expected) return tensors;
    throw new Error(
      `${path}: expected the SHA-256 ${expected.slice(0, 12)}…, which latest.json names, found ${
        checksum.slice(0, 12)
      }….`,
    );
  };
  const tensors = await damaged(
    folder,
    Promise.all([read(weights, checksums.weights), read(memory, checksums.memory)]),
  );
  return { ...info, tensors: { weights: tensors[0], memory: tensors[1] } };
}
