/** `deno task train <experiment>` */
import { formatDuration } from "../duration.ts";
import { openEngine } from "../engine/mod.ts";
import { type Experiment, experimentNames, findExperiment, type Stage } from "../experiments/mod.ts";
import { applyPlan } from "../experiments/plan.ts";
import { readText } from "../files.ts";
import { alone, openMpi } from "../mpi.ts";
import {
  checkpointFolder,
  publish,
  readRunPlan,
  recordTrial,
  refuseReplacement,
  type RunPlan,
  runStages,
  startingWeights,
} from "../runs/mod.ts";
import { onOwnData, openTrainingData, type Progress } from "../training/mod.ts";
import { type Arguments, machine, precision, runCommand, shared, UsageError, userPath } from "./options.ts";
import { isHangupIgnored, print } from "./output.ts";

const command = {
  name: "train",
  description:
    "Trains an experiment of Tables 1-4, all of its stages. Ctrl-C stops it with a checkpoint; --resume " +
    "goes on, wherever it stopped.",
  positionals: [{ name: "experiment", description: "what to train", choices: experimentNames }],
  options: {
    resume: { type: "boolean", description: "go on from the checkpoint" },
    minutes: { type: "number", description: "stop after so many minutes", minimum: 0 },
    run: { type: "string", description: "name of the run's folder; default: the experiment" },
    recipe: {
      type: "string",
      heading: "How to train",
      description: "this edition's stages (default), or the paper's",
      choices: ["shipped", "paper"],
    },
    stage: { type: "integer", description: "begin with this stage, from the weights before it", minimum: 1 },
    plan: {
      type: "string",
      description: "a trial: a file with other settings, or these as JSON (README, Commands)",
    },
    data: shared.data,
    seed: shared.seed,
    publish: {
      type: "boolean",
      heading: "What is left in results/ at the end",
      description: "evaluate the best weights and write them there, with their record",
    },
    record: { type: "boolean", description: "log and settings only, no weights" },
    replace: {
      type: "boolean",
      description: "publish or record although what the run has is better, or of another network or data",
    },
    engine: { ...machine.engine, heading: "The machine" },
    threads: machine.threads,
    precision,
    "checkpoint-minutes": { type: "number", description: "between two checkpoints; default: 3", minimum: 0 },
    mpi: {
      type: "boolean",
      description: "share every update among the processes that mpirun or srun has started (README, Engines)",
    },
  },
} as const;
type Options = Arguments<typeof command>["options"];

/** Milliseconds between two lines of progress. */
const every = Deno.stdout.isTerminal() ? 2000 : 20_000;
let shownAt = -Infinity;

await runCommand(command, async ({ options, positionals: [name] }) => {
  const { publish: toPublish, record: toRecord, run = name, replace } = options;
  const folder = checkpointFolder(run);
  const planned = await planOf(name, folder, options);
  const { table, row } = findExperiment(name);
  const group = options.mpi ? openMpi() : alone;
  const say = group.index === 0 ? lineWriter() : () => {};
  const { threads } = options;
  let engine = await openEngine(options.engine, { threads, precision: options.precision, report: say });
  const computing = [engine.description, ...group.description ? [group.description] : []].join("; ");
  say(`${name}: ${table ? `Table ${table}, ` : ""}${row}. ${computing}`);
  const stop = new AbortController();
  // The closing of a terminal may be told more than once.
  const onStop = (signal: number) => {
    if (stop.signal.aborted) return;
    say("Stopping after this update, with a checkpoint; Ctrl-C once more stops without one.");
    // As shells tell it: whoever started this learns that it is not finished.
    Deno.exitCode = 128 + signal;
    stop.abort();
  };
  const onInterrupt = () => stop.signal.aborted ? Deno.exit(130) : onStop(2);
  const onHangup = isHangupIgnored() ? () => {} : () => onStop(1);
  const listeners: [Deno.Signal, () => void][] = [["SIGINT", onInterrupt]];
  if (Deno.build.os !== "windows") {
    listeners.push(["SIGTERM", () => onStop(15)], ["SIGHUP", onHangup]);
  }
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  try {
    const data = await openTrainingData(planned.experiment, say);
    if (toPublish || toRecord) {
      // What can be known before the training is not to be learned after it.
      const provenance = { ...planned.experiment, experiment: name, data: data.record };
      await refuseReplacement({ run, provenance, replace, isTrial: !toPublish });
    }
    const { stopped, stage, info, folders } = await runStages({
      ...planned,
      engine,
      data,
      folder,
      resume: options.resume,
      minutes: options.minutes,
      checkpointMinutes: options["checkpoint-minutes"],
      signal: stop.signal,
      group,
      onProgress: (progress) => {
        const line = describe(progress);
        if (line) say(line);
      },
    });
    const where = planned.stages.length > 1 ? ` of stage ${stage}` : "";
    const how = stopped === "finished" ? "Finished" : "Stopped";
    say(`${how} after update ${info.position.update}${where}; see ${folder}.`);
    // It may have been another process that was told to stop.
    if (stopped === "signal") Deno.exitCode ||= 143;
    if (stop.signal.aborted || stopped === "signal") {
      if (toPublish || toRecord) {
        say(
          "Nothing is published or recorded of a stopped training: go on with --resume, or add --minutes 0.",
        );
      }
    } else if (group.index > 0) {
      // The first of them all does what is left.
    } else if (toPublish) {
      say("Evaluating the best weights…");
      // What is published holds for float32.
      if (options.precision === "bfloat16") {
        await engine.close();
        engine = await openEngine("cpu", { threads });
      }
      const record = await publish({ folders, engine, run, replace, signal: stop.signal });
      say(`results/runs/${record.run}: ${JSON.stringify(record.results)}`);
    } else if (toRecord) say(`results/runs/${(await recordTrial({ folders, run, replace })).run}`);
    group.close();
  } catch (error) {
    if (group.count === 1) throw error;
    // The others would wait for this process for ever.
    console.error(`Process ${group.index} of ${group.count} failed. ${(error as Error).message}`);
    group.abort();
  } finally {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    await engine.close();
  }
});

/** What is to be run: what a training that goes on was begun with, else the experiment's own; with the plan's changes. */
async function planOf(name: string, folder: string, options: Options): Promise<RunPlan> {
  const { recipe = "shipped", resume } = options;
  const before = resume ? await readRunPlan(folder) : undefined;
  if (before && before.experiment.name !== name) {
    throw new UsageError(`The training in ${folder} is of '${before.experiment.name}', not of '${name}'.`);
  }
  if (before && options.recipe) {
    throw new UsageError(
      "A training that goes on keeps its recipe: leave out --recipe, or change it by --plan.",
    );
  }
  const own = findExperiment(name);
  const begun: Omit<RunPlan, "firstStage" | "seed"> = before ?? {
    experiment: own,
    plan: recipe,
    stages: recipe === "paper" ? own.paper : own.stages,
  };
  if (begun.stages.length === 0) {
    throw new UsageError(`'${name}' is beyond the paper, which has no recipe for it: leave out --recipe.`);
  }
  const experiment: Experiment = { ...own, ...begun.experiment };
  const changed = options.plan === undefined
    ? begun
    : { ...begun, plan: "trial" as const, ...await withPlan(experiment, begun.stages, options.plan) };
  const plan: RunPlan = {
    ...changed,
    firstStage: options.stage ?? before?.firstStage ?? 1,
    seed: options.seed ?? before?.seed ?? 1,
  };
  if (options.data !== undefined) {
    plan.experiment = await onData(userPath(options.data), plan, before, folder);
  }
  if (plan.experiment.data.own && (options.publish || options.record)) {
    throw new UsageError(
      "--publish and --record are for the paper's data. The best weights of a training on your own are in its folder, as " +
        "best.safetensors: `deno task write --weights` and `deno task evaluate --weights` take them.",
    );
  }
  return plan;
}

/** The experiment on data of one's own. A text has the symbols of the weights that the run begins with. */
async function onData(path: string, plan: RunPlan, before: RunPlan | undefined, folder: string) {
  const { experiment } = plan;
  const known = experiment.data.set === "iam-ondb"
    ? undefined
    : before
    ? before.experiment.data.own?.symbols
    : (await startingWeights(plan, folder))?.alphabet?.symbols;
  return await onOwnData(experiment, { path, ...(known && { symbols: known }) });
}

/** `plan` is JSON or a file of it. */
async function withPlan(experiment: Experiment, stages: Stage[], plan: string) {
  const isJson = plan.trimStart().startsWith("{");
  const path = userPath(plan), where = isJson ? "--plan" : path;
  let value: unknown;
  try {
    value = JSON.parse(isJson ? plan : await readText(path));
  } catch (error) {
    throw new UsageError(`${where}: expected JSON: ${(error as Error).message}`);
  }
  try {
    return { stages, ...applyPlan(experiment, stages, value, where, userPath) };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Lines with the time of day, for logs as much as for people. */
function lineWriter(): (line: string) => void {
  return (line) => print(`${new Date().toISOString().slice(11, 19)}  ${line}`);
}

/** One line, or nothing where the last one is still fresh. */
function describe(progress: Progress): string | undefined {
  switch (progress.kind) {
    case "note":
      return progress.message;
    case "checkpoint":
      return `checkpoint at update ${progress.update}`;
    case "validation": {
      const { update, trainingLoss, validationLoss, divergence, deviations } = progress.row;
      const noise = Object.entries(deviations ?? {}).map(([name, value]) =>
        `${name} ${value.toPrecision(2)}`
      );
      return `update ${update}: training ${trainingLoss.toFixed(3)}, validation ${
        validationLoss.toFixed(3)
      }` +
        (progress.best ? " (best so far)" : "") +
        (divergence === undefined ? "" : `, KL ${divergence.toFixed(1)}; σ ${noise.join(", ")}`);
    }
    case "update": {
      if (performance.now() - shownAt < every) return undefined;
      shownAt = performance.now();
      const { update, epoch, loss, rate, pointsPerSecond, gigaflopsPerSecond, secondsLeft } = progress;
      return `epoch ${epoch} update ${update}  loss ${loss.toFixed(3)}  rate ${rate.toExponential(1)}  ` +
        `${pointsPerSecond.toFixed(0)} points/s  ${gigaflopsPerSecond.toFixed(1)} GFLOP/s  ` +
        `${formatDuration(secondsLeft)} left`;
    }
  }
}
