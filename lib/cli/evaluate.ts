/** `deno task evaluate <experiment>` */
import { type EngineName, openEngine } from "../engine/mod.ts";
import { experimentNames } from "../experiments.ts";
import { addResults, evaluate, openWeights, readWeights, type Results } from "../training/mod.ts";
import { evaluateFailures } from "./failures.ts";
import { runCommand, shared, UsageError, userPath } from "./options.ts";

const command = {
  name: "evaluate",
  description: "Scores the weights in results/weights as the paper's tables do.",
  positionals: [{ name: "experiment", description: "which weights", choices: experimentNames }],
  options: {
    dynamic: { type: "boolean", description: "text: learn from each sequence after it is scored" },
    failures: { type: "boolean", description: "synthesis: how often samples of 200 random texts fail" },
    limit: { type: "number", description: "only so many lines, symbols, or texts", minimum: 1 },
    part: {
      type: "string",
      description: "text: which part; default test, of Wikipedia validation",
      choices: ["training", "validation", "test"],
    },
    rate: { type: "number", description: "dynamic: learning rate; default 1e-4", minimum: 0 },
    momentum: { type: "number", description: "dynamic: momentum; default 0.99", minimum: 0, maximum: 1 },
    streams: { type: "number", description: "sequences side by side", minimum: 1 },
    weights: { type: "string", description: "another file of weights" },
    record: { type: "boolean", description: "add the values to results/runs/<experiment>/run.json" },
    json: shared.json,
    engine: shared.engine,
    threads: shared.threads,
    blas: shared.blas,
  },
} as const;

await runCommand(command, async ({ options, positionals: [name] }) => {
  const file = options.weights ? await readWeights(userPath(options.weights)) : await openWeights(name);
  if (file.experiment !== name) {
    throw new UsageError(`These are weights of '${file.experiment}', not of '${name}'.`);
  }
  if (options.record && options.limit && options.part !== "training") {
    throw new UsageError("A record needs the whole set: leave out --limit.");
  }
  const engine = await openEngine(options.engine as EngineName, {
    threads: options.threads,
    blas: options.blas,
    report: (message) => options.json || console.log(message),
  });
  try {
    const { rate = 1e-4, momentum = 0.99, limit, part, streams } = options;
    const isLive = !options.json && Deno.stdout.isTerminal();
    const onProgress = (done: number, all: number) => {
      if (isLive) Deno.stdout.writeSync(new TextEncoder().encode(`\r${done} of ${all} `));
    };
    if (options.failures) return await evaluateFailures(engine, file, { ...options, onProgress });
    const evaluation = await evaluate(engine, file, {
      limit,
      part: part as "training" | "validation" | "test" | undefined,
      streams,
      dynamic: options.dynamic && { optimiser: { rule: "sgd", rate, momentum } },
      onProgress,
    });
    if (isLive) console.log();
    const note = `dynamic evaluation: sgd, rate ${rate}, momentum ${momentum}, ${streams ?? 1} at a time`;
    if (options.record) await addResults(name, evaluation.results, options.dynamic ? [note] : []);
    if (options.json) console.log(JSON.stringify(evaluation, null, 2));
    else {
      console.log(
        `${name}: ${evaluation.data}, ${evaluation.count} scored in ${evaluation.seconds.toFixed(1)} s`,
      );
      console.log(table(evaluation.results));
    }
  } finally {
    await engine.close();
  }
});

function table(results: Results): string {
  const width = Math.max(...Object.keys(results).map((name) => name.length));
  return Object.entries(results).map(([name, value]) => `  ${name.padEnd(width)}  ${value.toFixed(4)}`).join(
    "\n",
  );
}
