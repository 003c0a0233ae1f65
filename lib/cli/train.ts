/** `deno task train <experiment>` */
import { openEngine } from "../engine/mod.ts";
import { type Experiment, experimentNames, findExperiment, type Recipe } from "../experiments.ts";
import {
  checkpointFolder,
  onOwnData,
  openTrainingData,
  type Progress,
  publish,
  readInfo,
  readWeights,
  recordTrial,
  refuseReplacement,
  type Teacher,
  train,
} from "../training/mod.ts";
import { isHangupIgnored, print } from "./output.ts";
import { runCommand, shared, UsageError, userPath } from "./options.ts";

const command = {
  name: "train",
  description: "Trains one experiment of Tables 1-4. Ctrl-C stops it with a checkpoint; --resume goes on.",
  positionals: [{ name: "experiment", description: "what to train", choices: experimentNames }],
  options: {
    minutes: { type: "number", description: "stop after so many minutes", minimum: 0 },
    epochs: { type: "integer", description: "passes over the training set", minimum: 1 },
    updates: { type: "integer", description: "length of the training and of its schedule", minimum: 1 },
    resume: { type: "boolean", description: "go on from the checkpoint" },
    data: shared.data,
    from: { type: "string", description: "begin with the weights in this file, on whole lines at once" },
    recipe: { type: "string", description: "how to train", choices: ["shipped", "paper"] },
    rate: { type: "number", description: "another learning rate", minimum: 0 },
    averaging: { type: "number", description: "decay of the weights' average", minimum: 0, maximum: 0.99999 },
    batch: { type: "integer", description: "sequences in an update", minimum: 1 },
    alphabet: { type: "string", description: "of synthesis", choices: ["extended", "paper"] },
    layers: { type: "integer", description: "another number of layers", minimum: 1 },
    cells: { type: "integer", description: "another number of cells in a layer", minimum: 1 },
    noise: { type: "number", description: "another standard deviation of the weight noise", minimum: 0 },
    dropout: { type: "number", description: "share of a layer's outputs to drop", minimum: 0, maximum: 0.99 },
    teachers: {
      type: "string",
      description:
        "text: trained weights and their share of the target, as a.safetensors:0.5,b.safetensors:0.3",
    },
    publish: {
      type: "boolean",
      description: "at the end evaluate the best weights and write them to results/",
    },
    record: { type: "boolean", description: "at the end write log and settings to results/runs, no weights" },
    replace: {
      type: "boolean",
      description: "publish or record although what the run has is better, or of another network or data",
    },
    "validate-every": { type: "integer", description: "updates between two validations", minimum: 1 },
    run: { type: "string", description: "name of the run's folder; default: the experiment" },
    "checkpoint-minutes": { type: "number", description: "between two checkpoints; default: 3", minimum: 0 },
    engine: shared.engine,
    threads: shared.threads,
    blas: shared.blas,
    seed: shared.seed,
  },
} as const;

/** Milliseconds between two lines of progress. */
const every = Deno.stdout.isTerminal() ? 2000 : 20_000;
let shownAt = -Infinity;

await runCommand(command, async ({ options, positionals: [name] }) => {
  const { alphabet, layers, cells, noise, dropout: dropping } = options;
  const variation = findExperiment(name, { alphabet, layers, cells, noise, dropout: dropping });
  const say = lineWriter();
  const engine = await openEngine(options.engine, {
    threads: options.threads,
    blas: options.blas,
    report: say,
  });
  say(`${variation.name}: Table ${variation.table}, ${variation.row}. ${engine.description}`);
  const stop = new AbortController();
  // The closing of a terminal may be told more than once.
  const onStop = () => {
    if (stop.signal.aborted) return;
    say("Stopping after this update, with a checkpoint; Ctrl-C once more stops without one.");
    stop.abort();
  };
  const onInterrupt = () => stop.signal.aborted ? Deno.exit(130) : onStop();
  const onHangup = isHangupIgnored() ? () => {} : onStop;
  const listeners: [Deno.Signal, () => void][] = [["SIGINT", onInterrupt]];
  if (Deno.build.os !== "windows") listeners.push(["SIGTERM", onStop], ["SIGHUP", onHangup]);
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  try {
    const directory = checkpointFolder(options.run ?? variation.name);
    // A training that goes on keeps its noise and recipe, but for what is asked for now.
    const saved = options.resume ? await readInfo(directory) : undefined;
    const { regularisation, dropout } = saved?.experiment ?? variation;
    const experiment = await withOwnData(
      {
        ...variation,
        ...(options.noise === undefined && { regularisation }),
        ...(options.dropout === undefined && { dropout }),
      },
      saved?.experiment,
      options,
    );
    const base = saved && !options.recipe ? saved.recipe : experiment.recipes[options.recipe ?? "shipped"];
    const data = await openTrainingData(experiment, say);
    const { publish: toPublish, record: toRecord, run = experiment.name, replace } = options;
    if (toPublish || toRecord) {
      // What can be known before the training is not to be learned after it.
      const isTrial = !toPublish;
      await refuseReplacement({ run, experiment, dataChecksum: data.checksum, replace, isTrial });
    }
    const { stopped, folder, info } = await train({
      experiment,
      engine,
      data,
      recipe: varied(base, options),
      seed: options.seed,
      minutes: options.minutes,
      updates: options.updates,
      resume: options.resume,
      from: options.from && userPath(options.from),
      teachers: await teachersOf(options.teachers),
      folder: directory,
      checkpointMinutes: options["checkpoint-minutes"],
      signal: stop.signal,
      onProgress: (progress) => {
        const line = describe(progress);
        if (line) say(line);
      },
    });
    say(
      `${
        stopped === "finished" ? "Finished" : "Stopped"
      } after update ${info.position.update}; see ${folder}.`,
    );
    if (stop.signal.aborted) {
      if (toPublish || toRecord) {
        say(
          "Nothing is published or recorded of a stopped training: go on with --resume, or add --minutes 0.",
        );
      }
    } else if (toPublish) {
      say("Evaluating the best weights…");
      const record = await publish({ folder, engine, run, replace, signal: stop.signal });
      say(`results/runs/${record.run}: ${JSON.stringify(record.results)}`);
    } else if (toRecord) say(`results/runs/${(await recordTrial({ folder, run, replace })).run}`);
  } finally {
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
    await engine.close();
  }
});

/** With the data of `--data`, or of the training that goes on. A text then has the symbols of the weights in `--from`. */
async function withOwnData(
  experiment: Experiment,
  saved: Experiment | undefined,
  { data, from, publish, record }: { data?: string; from?: string; publish?: boolean; record?: boolean },
): Promise<Experiment> {
  const before = saved?.data.own;
  const path = data === undefined ? before?.path : userPath(data);
  if (path === undefined) return experiment;
  if (publish || record) {
    throw new UsageError(
      "--publish and --record are for the paper's data. The best weights of a training on your own are in its folder, as " +
        "best.safetensors: `deno task write --weights` and `deno task evaluate --weights` take them.",
    );
  }
  const symbols = experiment.data.set === "iam-ondb"
    ? undefined
    : from
    ? (await readWeights(userPath(from))).alphabet?.symbols
    : before?.symbols;
  return await onOwnData(experiment, { path, ...(symbols && { symbols }) });
}

/** `file:share`, several with commas between. */
async function teachersOf(text = ""): Promise<Teacher[]> {
  const teachers: Teacher[] = [];
  for (const one of text.split(",").filter((one) => one)) {
    const [, path, share] = /^(.+):([\d.e-]+)$/.exec(one) ?? [];
    if (!path || !Number.isFinite(Number(share))) {
      throw new UsageError(`--teachers: expected FILE:SHARE, such as char.safetensors:0.5, found '${one}'.`);
    }
    teachers.push({ file: await readWeights(userPath(path)), share: Number(share) });
  }
  return teachers;
}

function varied(
  recipe: Recipe,
  options: {
    epochs?: number;
    updates?: number;
    rate?: number;
    averaging?: number;
    batch?: number;
    "validate-every"?: number;
    from?: string;
  },
): Recipe {
  return {
    ...recipe,
    epochs: options.epochs ?? recipe.epochs,
    batchSize: options.batch ?? recipe.batchSize,
    averaging: options.averaging ?? recipe.averaging,
    validation: { ...recipe.validation, every: options["validate-every"] ?? recipe.validation.every },
    curriculum: options.from ? [] : recipe.curriculum,
    schedule: { ...recipe.schedule, updates: options.updates ?? recipe.schedule.updates },
    optimiser: { ...recipe.optimiser, rate: options.rate ?? recipe.optimiser.rate },
  };
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
        `${duration(secondsLeft)} left`;
    }
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
