/** `deno task evaluate <experiment>` */
import { type Engine, openEngine } from "../engine/mod.ts";
import { experimentNames, findExperiment } from "../experiments/mod.ts";
import {
  type DynamicOptions,
  evaluate,
  paperDynamics,
  type Results,
  searchDynamic,
} from "../evaluation/mod.ts";
import { rowsTable } from "../report/rows.ts";
import {
  addResults,
  type DynamicSettings,
  gainRows,
  openFile,
  openWeights,
  readRecord,
  writeGain,
} from "../runs/mod.ts";
import { openText } from "../training/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { evaluateLegibility } from "./legibility.ts";
import { evaluatePriming } from "./priming.ts";
import { outliveTerminal, print } from "./output.ts";
import { type Arguments, machine, runCommand, shared, UsageError, userPath } from "./options.ts";
import { StatusLine } from "./status_line.ts";

const command = {
  name: "evaluate",
  description: "Scores the weights in results/weights as the paper's tables do.",
  positionals: [{ name: "experiment", description: "which weights", choices: experimentNames }],
  options: {
    dynamic: { type: "boolean", description: "text: learn from each sequence after it is scored" },
    legibility: {
      type: "boolean",
      description: "synthesis: what a network that learned to read misreads of 200 random texts",
    },
    primed: {
      type: "string",
      description:
        "synthesis: what it misreads where each text goes on from a real line of this set, and how much of the " +
        "line's style is taken over (Section 5.5)",
      choices: ["training", "validation"],
    },
    limit: { type: "integer", description: "only so many lines, symbols, or texts", minimum: 1 },
    part: {
      type: "string",
      description: "text: which part; default test, of Wikipedia validation",
      choices: ["training", "validation", "test"],
    },
    rule: {
      type: "string",
      description: "dynamic: how to learn; default the recorded, else the paper's sgd",
      choices: ["sgd", "adam"],
    },
    rate: {
      type: "numbers",
      description:
        "dynamic: learning rate, or several such as 1e-5,3e-5 to choose from on the validation set",
      minimum: 0,
    },
    momentum: {
      type: "numbers",
      description: "dynamic: momentum (of adam: beta 1), or several",
      minimum: 0,
    },
    decay: { type: "numbers", description: "dynamic: decay to the trained weights, or several", minimum: 0 },
    "fixed-share": {
      type: "numbers",
      description: "dynamic: part of every prediction that the trained weights make, or several",
      minimum: 0,
      maximum: 1,
    },
    steps: { type: "integers", description: "dynamic: symbols of a sequence, or several", minimum: 1 },
    trial: { type: "integer", description: "validation symbols for each choice; default 20000", minimum: 1 },
    streams: { type: "integer", description: "sequences side by side", minimum: 1 },
    run: { type: "string", description: "name of the run's folder; default: the experiment" },
    weights: { type: "string", description: "another file of weights" },
    data: shared.data,
    record: { type: "boolean", description: "add the values to results/runs/<run>/run.json" },
    json: shared.json,
    ...machine,
  },
} as const;
type Options = Arguments<typeof command>["options"];

await runCommand(command, async ({ options, positionals: [name] }) => {
  const { run = name } = options;
  using _terminal = options.record ? outliveTerminal() : undefined;
  const file = options.weights ? await openFile(userPath(options.weights)) : await openWeights(run);
  const { experiment } = file.provenance;
  if (experiment !== name) {
    throw new UsageError(`These are weights of '${experiment}', not of '${name}'.`);
  }
  const ofWriting = options.legibility || options.primed;
  if (options.data && (options.record || ofWriting)) {
    throw new UsageError("Records, legibility and priming are of the paper's data: leave out --data.");
  }
  if (options.primed && options.legibility) {
    throw new UsageError("Give --legibility or --primed, not both: each has a table of its own.");
  }
  if (options.record && options.limit && !options.primed && options.part !== "training") {
    throw new UsageError("A record needs the whole set: leave out --limit.");
  }
  if (options.record && options.dynamic && options.part && !isUsualPart(name, options.part)) {
    throw new UsageError(
      "A record's dynamic evaluation is of the part that the table is about: leave out --part.",
    );
  }
  if (options.record && !ofWriting) await checkRecord(run, file);
  const status = new StatusLine();
  const onProgress = (done: number, all: number) => options.json || status.set(() => `${done} of ${all}`);
  const say = (message: string) => options.json || status.print(message);
  const engine = await openEngine(options.engine, { threads: options.threads, report: say });
  try {
    if (options.legibility) {
      return status.print(await evaluateLegibility(engine, file, { ...options, onProgress }));
    }
    if (options.primed) {
      const { primed } = options;
      return status.print(await evaluatePriming(engine, file, { ...options, primed, onProgress }));
    }
    const dynamic = options.dynamic ? await dynamicSettings(engine, file, run, options, say) : undefined;
    const scored = { own: ownData(options), limit: options.limit, part: options.part, onProgress };
    const { streams } = options;
    const { nats, ...evaluation } = await evaluate(engine, file, { ...scored, streams, dynamic });
    const { results, data, count, seconds } = evaluation;
    if (options.record) {
      const isUsual = "dynamic" in results;
      await addResults(run, file.checksum, results, isUsual ? { dynamicEvaluation: dynamic } : {});
      if (isUsual && dynamic?.streams === 1) {
        const still = await evaluate(engine, file, scored);
        await writeGain(run, gainRows(still.nats!, nats!));
      }
    }
    if (options.json) print(JSON.stringify({ ...evaluation, dynamicEvaluation: dynamic }, null, 2));
    say(`${run}: ${data}, ${count} scored in ${seconds.toFixed(1)} s`);
    say(table(results));
  } finally {
    status.close();
    await engine.close();
  }
});

/** The path of the data of one's own, if there are any. */
function ownData({ data }: Options): string | undefined {
  return data && userPath(data);
}

/** What was asked for, what does best on the validation set, or what the run's dynamic results were measured with. */
async function dynamicSettings(
  engine: Engine,
  file: WeightsFile,
  run: string,
  options: Options,
  say: (message: string) => void,
): Promise<DynamicSettings> {
  const record = await readRecord(run);
  const recorded = record?.weights?.checksum === file.checksum ? record.dynamicEvaluation : undefined;
  const base = recorded && (options.rule ?? recorded.rule) === recorded.rule
    ? recorded
    : { ...paperDynamics, ...(options.rule === "adam" && { rule: "adam" as const, momentum: 0 }) };
  const { streams = recorded?.streams ?? 1, trial: limit = 20_000 } = options;
  const { rule, rate, momentum, decay, fixedShare, steps } = base;
  let settings: DynamicOptions[] = [{
    rule,
    rate,
    momentum,
    decay,
    ...(fixedShare && { fixedShare }),
    steps,
  }];
  for (const name of ["rate", "momentum", "decay", "fixedShare", "steps"] as const) {
    const values = options[name === "fixedShare" ? "fixed-share" : name];
    if (values) settings = settings.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  let chosen: DynamicSettings = { ...settings[0], streams };
  if (settings.length > 1) {
    const { best: { bitsPerCharacter: _, ...best }, search } = await searchDynamic(engine, file, {
      settings,
      limit,
      streams,
      own: ownData(options),
      earlier: recorded?.search,
      onTrial: ({ bitsPerCharacter, ...trial }) =>
        say(`  ${inWords(trial)}: ${bitsPerCharacter?.toFixed(4) ?? "broke down"}`),
    });
    say(`Bits per character of the ${search.data}; static ${search.staticBitsPerCharacter.toFixed(4)}`);
    chosen = { ...best, streams, search };
  } else if (recorded?.search && inWords(chosen) === inWords(recorded)) chosen.search = recorded.search;
  say(`Dynamic evaluation: ${inWords(chosen)}, ${streams} at a time`);
  return chosen;
}

function inWords({ rule, rate, momentum, decay, fixedShare = 0, steps }: DynamicOptions): string {
  const fixed = fixedShare > 0 ? `, fixed share ${fixedShare}` : "";
  return `${rule}, rate ${rate}, momentum ${momentum}, decay ${decay}${fixed}, sequences of ${steps}`;
}

/** A record is of a run's own weights on the data that they were trained for. Looked at before minutes of work. */
async function checkRecord(run: string, file: WeightsFile): Promise<void> {
  const record = await readRecord(run);
  if (!record) throw new UsageError(`There is no record of the run '${run}': publish it first.`);
  if (record.weights?.checksum !== file.checksum) {
    throw new UsageError(
      `The record of the run '${run}' is of other weights than these: leave out --record.`,
    );
  }
  const { network } = file.provenance, experiment = findExperiment(file.provenance.experiment);
  if (experiment.data.set === "iam-ondb") return;
  const text = await openText({ ...experiment, network });
  const { data } = record.provenance;
  if (text.checksum === data.checksum) return;
  throw new UsageError(
    `The run '${run}' was trained on ${data.name}, but ${text.source} is what is at hand. ` +
      "GRAVES_DATA should name the folder that has the former.",
  );
}

/** The part that the paper's table is about: Wikipedia has no test set. */
function isUsualPart(name: string, part: string): boolean {
  return part === (findExperiment(name).data.set === "wikipedia" ? "validation" : "test");
}

/** A line for each measure, a column for each way of measuring. */
function table(results: Results): string {
  const columns = Object.entries(results) as [string, Record<string, number | number[]>][];
  const show = (value: number | number[]) => [value].flat().map((one) => one.toFixed(4)).join(", ");
  return rowsTable(
    Object.keys(columns[0][1]).map((measure) => ({
      measure,
      ...Object.fromEntries(columns.map(([name, values]) => [name, show(values[measure])])),
    })),
  ).text;
}
