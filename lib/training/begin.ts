/** What a training is asked to do, and how it begins: anew, from weights, or from its checkpoint. */
import { isDeepStrictEqual } from "node:util";
import type { Engine } from "../engine/mod.ts";
import type { Experiment, StageSettings } from "../experiments/mod.ts";
import { alone, type Group } from "../mpi.ts";
import { initialWeights, type Weights } from "../network/parameters.ts";
import type { PlanName, Provenance, StageRun, WeightsFile } from "../weights/mod.ts";
import { type CheckpointInfo, hasCheckpoint, readCheckpoint } from "./checkpoint.ts";
import type { TrainingData } from "./data.ts";
import { device } from "./device.ts";
import type { LogRow } from "./log.ts";
import { revision } from "./revision.ts";
import { checkTeachers, recordOf, type Teacher } from "./teachers.ts";
import { Training } from "./training.ts";

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
  experiment: Pick<Experiment, "name" | "network" | "data">;
  engine: Engine;
  /** Default: the experiment's own (`openTrainingData`). */
  data?: TrainingData;
  /** How it learns. */
  stage: StageSettings;
  /** Whose settings these are. Default: this edition's. */
  plan?: PlanName;
  /** The weights to begin with. Default: random ones. */
  start?: WeightsFile;
  /** Trained networks whose predictions are part of the target (text only). One that goes on needs them again. */
  teachers?: Teacher[];
  seed?: number;
  /** Stop after so many minutes of this run. */
  minutes?: number;
  /** Stop after so many updates in all, before the schedule's end. */
  updates?: number;
  /** Go on from the checkpoint in `folder`. */
  resume?: boolean;
  /** Where checkpoints go. */
  folder: string;
  checkpointMinutes?: number;
  onProgress?: (progress: Progress) => void;
  /** When it fires the update under way is finished and a checkpoint written. */
  signal?: AbortSignal;
  /** The processes that train together; default: this one alone. The first of them writes, into a folder that all see. */
  group?: Group;
}

/** What a training finds when it has begun: the same in a new one and in one that goes on. */
interface Begun {
  training: Training;
  info: CheckpointInfo;
}

/** Throws if a checkpoint lies in the folder, or if the weights to begin with are another network's. */
export async function begin(options: TrainOptions, data: TrainingData): Promise<Begun> {
  const { experiment, stage, plan = "shipped", start, teachers = [], seed = 1, folder } = options;
  const { name, network } = experiment;
  checkTeachers(teachers, data.alphabet);
  if (await hasCheckpoint(folder)) {
    throw new Error(
      `A training lies in ${folder}: go on with --resume, or move that folder away to begin anew.`,
    );
  }
  if (start && !isDeepStrictEqual(inJson(start.provenance.network), inJson(network))) {
    throw new Error(
      `The weights of '${start.provenance.experiment}' are another network's than '${name}' has: begin the plan's ` +
        'stage "from": "random", or with weights of the same network.',
    );
  }
  const weights = start?.weights ?? initialWeights(network, seed);
  const training = newTraining(options, data, weights, seed);
  const run: StageRun = {
    experiment: name,
    from: start ? { experiment: start.provenance.experiment, checksum: start.checksum } : "random",
    plan,
    ...stage,
    ...(teachers.length > 0 && { teachers: teachers.map(recordOf) }),
    seed,
    updates: 0,
    epochs: 0,
    seconds: 0,
    engines: [describeEngine(options)],
    device: device(),
    revisions: [await currentRevision()],
  };
  const stages = [...start?.provenance.stages ?? [], run];
  const provenance: Provenance = { experiment: name, network, data: data.record, stages };
  return { training, info: { provenance, position: training.position, best: null, rows: [] } };
}

/** Throws if there is no checkpoint or it is of another network, of other data or of other teachers. */
export async function goOn(options: TrainOptions, data: TrainingData): Promise<Begun> {
  const { experiment, stage, plan = "shipped", teachers = [], folder, onProgress } = options;
  checkTeachers(teachers, data.alphabet);
  const { tensors, ...info } = await readCheckpoint(folder);
  const { provenance, position } = info, before = provenance.stages.at(-1)!;
  if (!isDeepStrictEqual(inJson(provenance.network), inJson(experiment.network))) {
    throw new Error(`The checkpoint in ${folder} is of another network (${provenance.experiment}).`);
  }
  if (provenance.data.checksum !== data.record.checksum) {
    throw new Error(
      `The checkpoint in ${folder} was trained on other data (checksum ${provenance.data.checksum}).`,
    );
  }
  if (!isDeepStrictEqual(before.teachers ?? [], teachers.map(recordOf))) {
    const names = (before.teachers ?? []).map(({ experiment, checksum, share }) =>
      `${share} of '${experiment}' (${checksum.slice(0, 12)})`
    );
    const all = names.join(", ") || "nobody";
    throw new Error(`The checkpoint in ${folder} was taught by ${all}: go on with the same teachers.`);
  }
  const { recipe, regularisation, dropout } = before;
  const settings: StageSettings = { recipe, regularisation, ...(dropout !== undefined && { dropout }) };
  const isChanged = position.update > 0 && !isDeepStrictEqual(settings, inJson(stage));
  const { dropout: _, ...others } = before;
  const run: StageRun = {
    ...others,
    plan,
    ...stage,
    ...(isChanged && { earlier: [...before.earlier ?? [], { untilUpdate: position.update, ...settings }] }),
    engines: withLast(before.engines, describeEngine(options)),
    device: device(),
    revisions: withLast(before.revisions, await currentRevision()),
  };
  const training = newTraining(options, data, initialWeights(experiment.network, run.seed), run.seed);
  training.restore(tensors.weights, tensors.memory, position);
  onProgress?.({ kind: "note", message: `Going on from update ${position.update}.` });
  const stages = [...provenance.stages.slice(0, -1), run];
  return { training, info: { ...info, provenance: { ...provenance, stages } } };
}

function newTraining(
  { engine, experiment, stage, teachers, group }: TrainOptions,
  data: TrainingData,
  weights: Weights,
  seed: number,
): Training {
  const sequences = data.sequences(stage.recipe);
  return new Training({
    engine,
    config: experiment.network,
    stage,
    weights,
    seed,
    sequences,
    teachers,
    group,
  });
}

/** What computes, with how many processes. */
const describeEngine = ({ engine, group = alone }: TrainOptions) =>
  [engine.description, ...group.description ? [group.description] : []].join("; ");

/** As it would be read back. */
const inJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const withLast = (all: string[], one: string) => all.at(-1) === one ? all : [...all, one];
const currentRevision = async () => await revision() ?? "no git";
