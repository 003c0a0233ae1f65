/**
 * A run: the stages of an experiment, one after the other, each a training that can go on. In `.checkpoints/<run>` lies
 * `plan.json`, what is run, and a folder `1`, `2`, … for the checkpoints of each stage. A stage begins with the best
 * weights of the one before; the last one's best are the run's.
 */
import { join } from "node:path";
import * as v from "valibot";
import type { Engine } from "../engine/mod.ts";
import {
  type Experiment,
  type ExperimentData,
  findExperiment,
  type Stage,
  type StageWeights,
} from "../experiments/mod.ts";
import { networkSchema, stageSchema } from "../experiments/schemas.ts";
import { checkpointDirectory, exists, resultsDirectory, runName, writeFile } from "../files.ts";
import { alone, type Group, some } from "../mpi.ts";
import * as is from "../schema.ts";
import { readJson } from "../schema.ts";
import { hasCheckpoint } from "../training/checkpoint.ts";
import { lockFolder } from "../training/lock.ts";
import {
  bestPath,
  type CheckpointInfo,
  isFinished,
  type Progress,
  readInfo,
  type Teacher,
  train,
  type TrainingData,
  type TrainResult,
} from "../training/mod.ts";
import { ownStages, type PlanName, type WeightsFile, weightsPath } from "../weights/mod.ts";
import { openFile, openWeights } from "./shipped.ts";

/** What is run: `plan.json`. */
export interface RunPlan {
  experiment: Pick<Experiment, "name" | "network" | "data">;
  plan: PlanName;
  stages: Stage[];
  /** The first stage to run, counted from 1. */
  firstStage: number;
  seed: number;
}

export interface RunOptions extends RunPlan {
  /** The run's checkpoints; default: `.checkpoints/<experiment>`. */
  folder?: string;
  engine: Engine;
  data: TrainingData;
  /** Go on with what lies in `folder`. */
  resume?: boolean;
  /** Stop after so many minutes in all. */
  minutes?: number;
  checkpointMinutes?: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
  /** The processes that train together; default: this one alone. The first of them writes, into a folder that all see. */
  group?: Group;
  /** Where shipped weights are found. */
  results?: string;
}

export interface RunResult {
  stopped: TrainResult["stopped"];
  /** The stage that the run has come to, and its checkpoint. */
  stage: number;
  info: CheckpointInfo;
  /** The checkpoints of the stages that led to its weights, in order. */
  folders: string[];
}

/** `.checkpoints/<run>`. Throws if that is no name of a run. */
export const checkpointFolder = (run: string) => join(checkpointDirectory, runName(run));

const planPath = (folder: string) => join(folder, "plan.json");
const stageFolder = (folder: string, stage: number) => join(folder, String(stage));

const own = is.optional(is.object({ path: is.text, symbols: is.optional(is.list(is.text)) }));
const alphabet = is.optional(is.object({ name: is.text, symbols: is.list(is.text) }));
const dataSchema: is.Schema<ExperimentData> = v.variant("set", [
  is.object({ set: v.literal("penn-treebank"), level: is.oneOf(["char", "word"]), own }),
  is.object({ set: v.literal("wikipedia"), own }),
  is.object({ set: v.literal("iam-ondb"), alphabet, own }),
], "one of penn-treebank, wikipedia, iam-ondb");
const planSchema: is.Schema<RunPlan> = is.object({
  experiment: is.object({ name: is.text, network: networkSchema, data: dataSchema }),
  plan: is.oneOf(["shipped", "paper", "trial"]),
  stages: is.list(stageSchema),
  firstStage: is.integer(1),
  seed: is.integer(Number.MIN_SAFE_INTEGER),
});

/** What the run in `folder` was begun with. Throws, with what to do, if there is none or it is damaged. */
export async function readRunPlan(folder: string): Promise<RunPlan> {
  if ((await begunStages(folder)).length === 0) {
    throw new Error(`There is no checkpoint in ${folder}: train without --resume first.`);
  }
  return await readJson(planPath(folder), planSchema);
}

/** The stage that the run in `folder` has come to, and its checkpoint; nothing where none is begun. */
export async function standing(folder: string): Promise<Pick<RunResult, "stage" | "info"> | undefined> {
  const stage = (await begunStages(folder)).at(-1);
  return stage === undefined ? undefined : { stage, info: await readInfo(stageFolder(folder, stage)) };
}

/** The stages of which `folder` has checkpoints, in order. */
async function begunStages(folder: string): Promise<number[]> {
  const begun: number[] = [];
  if (!await exists(folder)) return begun;
  for await (const { name } of Deno.readDir(folder)) {
    if (/^[1-9]\d*$/.test(name) && await hasCheckpoint(join(folder, name))) begun.push(Number(name));
  }
  return begun.sort((a, b) => a - b);
}

/**
 * Runs the stages from where the run stands, or from its first. A finished stage is not run again.
 * Throws if a run lies in `folder` but `resume` is not set, or the other way round; if the weights that a stage begins or
 * is taught with are not there; if another process has the run; and as `train` does.
 */
export async function runStages(options: RunOptions): Promise<RunResult> {
  const { experiment, stages, firstStage, minutes = Infinity, signal, data, onProgress, group = alone } =
    options;
  const { folder = checkpointFolder(experiment.name) } = options;
  const begun = await begin(folder, options);
  using _lock = group.index === 0 ? await lockFolder(folder) : null;
  for (const message of data.summary) onProgress?.({ kind: "note", message });
  const end = performance.now() + 60_000 * minutes;
  for (let stage = Math.max(firstStage, begun.at(-1) ?? 1);; stage++) {
    let stopped = await runStage(stage, begun, folder, end, options);
    if (!begun.includes(stage)) begun.push(stage);
    const isLast = stage === stages.length;
    // A stage that nothing would be done in is not begun.
    const isStopped = await some(group, signal?.aborted ?? false);
    const isLate = await some(group, performance.now() >= end);
    if (stopped === "finished" && !isLast && isStopped) stopped = "signal";
    if (stopped === "finished" && !isLast && isLate) stopped = "time";
    if (stopped === "finished" && !isLast) continue;
    const folders = leadingTo(stage, stages, begun).map((stage) => stageFolder(folder, stage));
    return { stopped, stage, info: await readInfo(stageFolder(folder, stage)), folders };
  }
}

/** Trains a stage, or goes on with it, until it is finished or the clock (`performance.now`) has come to `end`. */
async function runStage(
  stage: number,
  begun: number[],
  folder: string,
  end: number,
  options: RunOptions,
): Promise<TrainResult["stopped"]> {
  const {
    experiment,
    plan,
    stages,
    firstStage,
    seed,
    engine,
    data,
    checkpointMinutes,
    signal,
    onProgress,
    group,
  } = options;
  const { from, teachers = [], ...settings } = stages[stage - 1];
  const note = (message: string) => onProgress?.({ kind: "note", message });
  const resume = begun.includes(stage), own = stageFolder(folder, stage);
  if (stages.length > 1) note(`Stage ${stage} of ${stages.length}`);
  if (resume) {
    const { position } = await readInfo(own), { schedule: { updates }, epochs } = settings.recipe;
    if (isFinished(position, settings.recipe)) {
      const end = [...updates === null ? [] : [`update ${updates}`], `epoch ${epochs}`].join(" or ");
      note(
        `Nothing is left to do here: its plan ends with ${end}, and it has come to update ${position.update}.`,
      );
      return "finished";
    }
  }
  const find = (weights: StageWeights) => weightsOf(weights, stage, begun, folder, options);
  const start = resume || from === "random" ? undefined : await find(from);
  if (start) {
    note(`Starting from weights of '${start.provenance.experiment}' (${start.checksum.slice(0, 12)}…)`);
  }
  const taught: Teacher[] = [];
  for (const { weights, share } of teachers) taught.push({ file: await find(weights), share });
  const { name, network, data: set } = experiment;
  const saved: RunPlan = { experiment: { name, network, data: set }, plan, stages, firstStage, seed };
  if (!group?.index) await writeFile(planPath(folder), JSON.stringify(saved, null, 1));
  const { stopped } = await train({
    experiment,
    engine,
    data,
    stage: settings,
    plan,
    start,
    teachers: taught,
    seed,
    minutes: (end - performance.now()) / 60_000,
    resume,
    folder: own,
    checkpointMinutes,
    onProgress,
    signal,
    group,
  });
  return stopped;
}

/** The weights that a new run in `folder` begins with; nothing if these are random. Throws if they are not there. */
export async function startingWeights(plan: RunPlan, folder: string): Promise<WeightsFile | undefined> {
  const from = plan.stages.at(plan.firstStage - 1)?.from ?? "random";
  return from === "random" ? undefined : await weightsOf(from, plan.firstStage, [], folder, plan);
}

/** The stages that `folder` has already. Throws if they are not as the options say. */
async function begin(
  folder: string,
  { stages, firstStage, seed, resume }: RunOptions,
): Promise<number[]> {
  const begun = await begunStages(folder), last = begun.at(-1);
  if (firstStage > stages.length) {
    throw new Error(`There is no stage ${firstStage}: expected one of ${stages.length}.`);
  }
  if (!resume) {
    if (last === undefined) return [];
    throw new Error(
      `A training lies in ${folder}: go on with --resume, or move that folder away to begin anew.`,
    );
  }
  const before = await readRunPlan(folder);
  if (before.seed !== seed) {
    throw new Error(`The training in ${folder} has the seed ${before.seed}, which it keeps; found ${seed}.`);
  }
  if (last! > stages.length) {
    throw new Error(`The training in ${folder} has come to stage ${last}, the plan has ${stages.length}.`);
  }
  return begun;
}

/** `stage` and those before it that its weights began with, as far as they are at hand. */
function leadingTo(stage: number, stages: Stage[], begun: number[]): number[] {
  const isFirst = stages[stage - 1].from !== "before" || !begun.includes(stage - 1);
  return [...isFirst ? [] : leadingTo(stage - 1, stages, begun), stage];
}

async function weightsOf(
  which: StageWeights,
  stage: number,
  begun: number[],
  folder: string,
  { experiment: { name }, plan, results = resultsDirectory }: RunPlan & { results?: string },
): Promise<WeightsFile> {
  if (which === "before") {
    if (begun.includes(stage - 1)) return await openFile(bestPath(stageFolder(folder, stage - 1)), results);
    // A trial's first stage comes after all of the experiment's own.
    const isTrial = plan === "trial" && stage === 1;
    const shipped = await exists(weightsPath(name, results)) ? await openWeights(name, results) : undefined;
    const stages = shipped ? ownStages(shipped.provenance).length : 0;
    if (shipped && (isTrial || stages === stage - 1)) return shipped;
    throw new Error(
      `Stage ${stage} needs the weights of ${isTrial ? `'${name}'` : `stage ${stage - 1}`}: ` +
        (shipped
          ? `the shipped ones of '${name}' are of stage ${stages}. Begin with an earlier stage (--stage).`
          : `there are none in ${folder}, and none of '${name}' are shipped.`),
    );
  }
  if ("file" in which) return await openFile(which.file, results);
  const { experiment } = which;
  findExperiment(experiment);
  if (await exists(weightsPath(experiment, results))) return await openWeights(experiment, results);
  const theirs = checkpointFolder(experiment), last = (await begunStages(theirs)).at(-1);
  const path = bestPath(stageFolder(theirs, last ?? 1));
  if (await exists(path)) return await openFile(path, results);
  throw new Error(`This stage needs the weights of '${experiment}': train that first.`);
}
