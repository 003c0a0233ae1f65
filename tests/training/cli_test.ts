import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { checkDeno, testedDeno } from "../../lib/cli/deno_version.ts";
import { parseOptions, usage, UsageError } from "../../lib/cli/options.ts";
import { checkpointDirectory, resultsDirectory, root } from "../../lib/files.ts";
import type { RunRecord } from "../../lib/runs/mod.ts";
import { readInfo } from "../../lib/training/mod.ts";
import { planned } from "./tiny.ts";

const command = {
  name: "example",
  description: "An example.",
  positionals: [{ name: "what", description: "which one", choices: ["a", "b"] }],
  options: {
    count: { type: "number", description: "how many", minimum: 1, maximum: 9 },
    blas: { type: "boolean", description: "whether" },
    kind: { type: "string", description: "of what kind", choices: ["x", "y"] },
    bias: { type: "number", description: "how neat", minimum: 0 },
    layers: { type: "integer", description: "how deep", minimum: 1 },
    rates: { type: "numbers", description: "how fast", minimum: 0, maximum: 1 },
    steps: { type: "integers", description: "how long", minimum: 1 },
  },
} as const;

Deno.test("options are read by type; a boolean can be turned off", () => {
  const { options, positionals } = parseOptions(command, ["a", "--count=3", "--no-blas", "--kind", "x"]);
  assertEquals([options.count, options.blas, options.kind, positionals], [3, false, "x", ["a"]]);
  assertEquals(parseOptions(command, ["b"]).options, {});
  const numbers = ["--bias=1e-3", "--layers", "+3", "--rates", "0,.5,1", "--steps=20"];
  assertEquals(parseOptions(command, ["b", ...numbers]).options, {
    bias: 0.001,
    layers: 3,
    rates: [0, 0.5, 1],
    steps: [20],
  });
  // The compiler knows the choices: a value is one of them, with no cast.
  const kind: "x" | "y" | undefined = options.kind, what: "a" | "b" = positionals[0];
  assertEquals([kind, what], ["x", "a"]);
});

Deno.test("a wrong command line is answered with what would be right", () => {
  const refuse = (args: string[], message: string) =>
    assertThrows(() => parseOptions(command, args), UsageError, message);
  refuse([], "Choose one of a, b");
  refuse(["c"], "Choose one of a, b");
  refuse(["a", "b"], "Did not expect 'b'");
  refuse(["a", "--colour"], "Unknown option --colour. The options are --count");
  refuse(["a", "--no-count"], "'--no-count'. The options are --count");
  refuse(["a", "--count", "many"], "at least 1 and at most 9, found 'many'");
  refuse(["a", "--count", "10"], "found '10'");
  refuse(["a", "--count"], "needs a value");
  refuse(["a", "--kind", "z"], "x, y");
  refuse(["a", "--layer=2"], "Unknown option --layer (did you mean '--layers'?). The options are --count");
  for (const name of ["constructor", "valueOf", "__proto__", "toString"]) {
    refuse(["a", `--${name}=x`], `Unknown option --${name}`);
    refuse(["a", `--no-${name}`], `Unknown option --no-${name}`);
  }
  refuse(["a", "--layers", "1.5"], "--layers must be a whole number of at least 1, found '1.5'");
  refuse(["a", "--layers", "1e16"], "found '1e16'");
  refuse(["a", "--bias", " "], "--bias needs a value: how neat");
  for (const bias of ["0x10", "1_000", "Infinity", "NaN", "1,5", "0b1"]) {
    refuse(["a", `--bias=${bias}`], `--bias must be a number of at least 0, found '${bias}'`);
  }
  refuse(
    ["a", "--rates", "0.1,,0.2"],
    "of at least 0 and at most 1, or several with commas between, found '0.1,,0.2'",
  );
  refuse(["a", "--rates", "0.1, "], "found '0.1, '");
  refuse(["a", "--rates", "2"], "found '2'");
  refuse(["a", "--steps", "1,2.5"], "--steps must be a whole number of at least 1, or several");
  assertStringIncludes(usage(command), "deno task example <what> [options]");
});

Deno.test("a Deno on which the engine stands still is refused, with what to do", async () => {
  for (const old of ["2.5.6", "2.7.5", "1.46.3"]) {
    assertThrows(() => checkDeno(old), Error, `This is Deno ${old}`);
  }
  for (const good of ["2.7.14", "2.8.2", testedDeno, "2.10.0", "3.0.0"]) checkDeno(good);
  checkDeno();
  assertStringIncludes(await Deno.readTextFile(join(root, "README.md")), `npx -y deno@${testedDeno} task`);
});

Deno.test("help: headings over options, long descriptions in several lines, examples", () => {
  const help = usage({
    name: "example",
    description: "Shows.",
    options: {
      pen: { type: "number", description: `thick ${"and thicker ".repeat(20)}end`, heading: "The pen" },
      ink: { type: "string", description: "which", choices: ["blue", "black"] },
    },
    examples: ["--pen 2"],
  });
  assertStringIncludes(help, "Shows.\n\nThe pen:\n  --pen N  thick and thicker");
  assertEquals(help.split("\n").filter((line) => line.length > 110), []);
  assertMatch(help, /\n {11}\S.*thicker end\n {2}--ink … {2}which \(blue, black\)\n/);
  assertMatch(help, /\n\nExamples:\n {2}deno task example --pen 2$/);
});

const run = (script: string, ...args: string[]) => runWith({}, script, ...args);

async function runWith(
  env: Record<string, string>,
  script: string,
  ...args: string[]
): Promise<{ code: number; out: string; errors: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib", "cli", script), ...args],
    env: { GRAVES_DATA: "data/excerpts", NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}

/** Runs `work` with the name of a run of which nothing is left afterwards. */
async function withRun(work: (name: string) => Promise<void>): Promise<void> {
  const name = `test-${crypto.randomUUID().slice(0, 8)}`;
  const weights = join(resultsDirectory, "weights", `${name}.safetensors`);
  try {
    await work(name);
  } finally {
    for (const path of [weights, join(resultsDirectory, "runs", name), join(checkpointDirectory, name)]) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}

const recordOf = async (name: string): Promise<RunRecord> =>
  JSON.parse(await Deno.readTextFile(join(resultsDirectory, "runs", name, "run.json")));

/** Trains as told; the command succeeds. */
async function trained(...args: string[]): Promise<string> {
  const { code, out, errors } = await run("train.ts", ...args);
  assertEquals(code, 0, errors);
  return out;
}

Deno.test("train, resume, publish and evaluate on the excerpt", () =>
  withRun(async (name) => {
    const common = ["synthesis", "--engine", "float64", "--run", name];
    const first = await trained(...common, ...planned({ updates: 2, every: 1 }), "--record");
    assertStringIncludes(first, "Finished after update 2");
    assertStringIncludes(
      first,
      "Data: the excerpt of IAM-OnDB, 4 lines (2,823 points, 113 characters) to train on and 64 lines",
    );
    const log = await Deno.readTextFile(join(resultsDirectory, "runs", name, "log.csv"));
    assertEquals(log.split("\n").slice(1, -1).map((row) => row.split(",")[0]), ["1", "2"]);
    const second = await trained(...common, ...planned({ updates: 3 }), "--resume", "--publish");
    assertStringIncludes(second, "Going on from update 2");
    const { provenance, results: recorded } = await recordOf(name);
    const [stage] = provenance.stages;
    assertEquals([provenance.experiment, provenance.data.name], ["synthesis", "excerpt"]);
    assertEquals([stage.plan, stage.updates, stage.earlier?.[0].untilUpdate], ["trial", 3, 2]);
    assertMatch(
      await Deno.readTextFile(join(resultsDirectory, "runs", name, "log.csv")),
      /^update,epoch,seconds,training loss,validation loss,rate\n1,/,
    );
    const weights = join(resultsDirectory, "weights", `${name}.safetensors`);
    const scored = await run(
      "evaluate.ts",
      ...["synthesis", "--weights", weights, "--engine", "float64", "--json"],
    );
    assertEquals(scored.code, 0, scored.errors);
    const { results, count } = JSON.parse(scored.out);
    assertEquals(count, 64);
    assertEquals(results, recorded);
    assert(Number.isFinite(results.recorded.logLoss) && Number.isFinite(results.cleaned.logLoss));
  }));

/** Two stages of an update each on a network of four cells; the second is taught by the first and by `char`. */
const twoStages = (second: Record<string, unknown> = {}) =>
  JSON.stringify({
    network: { cells: 4 },
    stages: [1, 2].map((stage) => ({
      stage,
      recipe: { schedule: { updates: 1 }, batchSize: 2, ...(stage === 2 && second) },
      ...(stage === 2 && {
        dropout: 0.3,
        teachers: [{ weights: "before", share: 0.5 }, { weights: { experiment: "char" }, share: 0.3 }],
      }),
    })),
  });

Deno.test("train runs all stages, each from the weights before it, goes on where it stopped, and records them", () =>
  withRun(async (name) => {
    const common = ["char-modern", "--engine", "cpu", "--threads", "1", "--run", name];
    const plan = join(await Deno.makeTempDir(), "plan.json");
    await Deno.writeTextFile(plan, twoStages());
    const out = await trained(...common, "--plan", plan, "--record");
    assertStringIncludes(out, "Stage 2 of 2");
    assertStringIncludes(out, "Finished after update 1 of stage 2");
    const { provenance: { stages }, logFromStage } = await recordOf(name);
    const [first, second] = stages;
    const folder = join(checkpointDirectory, name);
    const best = (await readInfo(join(folder, "1"))).best!.checksum;
    assertEquals([first.from, second.from], ["random", { experiment: "char-modern", checksum: best }]);
    assertEquals(second.teachers?.map(({ checksum, share }) => [checksum === best, share]), [
      [true, 0.5],
      [false, 0.3],
    ]);
    assertEquals([first.dropout, second.dropout, logFromStage], [undefined, 0.3, 1]);
    const log = await Deno.readTextFile(join(resultsDirectory, "runs", name, "log.csv"));
    assertEquals(log.split("\n").slice(1, -1).map((row) => row.split(",")[0]), ["1", "2"]);

    const firstStage = await Deno.readTextFile(join(folder, "1", "latest.json"));
    const again = await trained(...common, "--resume");
    assertStringIncludes(again, "Finished after update 1 of stage 2");
    assert(!again.includes("Going on"), again);
    await trained(...common, "--resume", "--plan", twoStages({ schedule: { updates: 2 } }));
    const { position, provenance } = await readInfo(join(folder, "2"));
    assertEquals([position.update, provenance.stages.length], [2, 2]);
    assertEquals(await Deno.readTextFile(join(folder, "1", "latest.json")), firstStage, "not run again");
  }));

Deno.test("a later stage begins where its start is at hand, and is refused where it is not", () =>
  withRun(async (name) => {
    const common = ["--engine", "cpu", "--threads", "2", "--run", name];
    const refused = async (message: string, ...args: string[]) => {
      const { code, errors } = await run("train.ts", ...args, ...common);
      assert(code > 0);
      assertStringIncludes(errors, message);
    };
    await refused(
      "Stage 2 needs the weights of stage 1: the shipped ones of 'synthesis' are of stage 2",
      ...["synthesis", "--stage", "2"],
    );
    await refused("There is no stage 3: expected one of 2", "synthesis", "--stage", "3");
    await refused("is beyond the paper", "char-modern", "--recipe", "paper");
    await refused("recipe.raet", "char", "--plan", '{"stages": [{"recipe": {"raet": 1}}]}');
    await refused("expected JSON", "char", "--plan", "{stages}");
    await refused("There is no file", "char", "--plan", "nowhere.json");
    await refused("no checkpoint", "char", "--resume");
    // After all of an experiment's stages comes a trial on its shipped weights.
    const recipe = {
      schedule: { updates: 1 },
      batchSize: 1,
      maximumPoints: 400,
      validation: { sequences: 1 },
    };
    const plan = JSON.stringify({ stages: [{ recipe }] });
    const out = await trained("synthesis", ...common, "--plan", plan, "--record");
    assertStringIncludes(out, "Starting from weights of 'synthesis' (3f71abfd77ea");
    const { provenance: { stages }, logFromStage } = await recordOf(name);
    assertEquals(stages.map(({ plan, updates }) => [plan, updates]), [
      ["shipped", 2100],
      ["shipped", 2800],
      ["trial", 1],
    ]);
    assertEquals(logFromStage, 3);
    await refused("keeps its recipe", "synthesis", "--resume", "--recipe", "paper");
    await refused("has the seed 1, which it keeps; found 2", "synthesis", "--resume", "--seed", "2");
    await refused("A training lies in", "synthesis");
    await refused("is of 'synthesis', not of 'char'", "char", "--resume");
  }));

Deno.test("--recipe paper trains by the paper's own, one sequence an update", () =>
  withRun(async (name) => {
    const plan = '{"network": {"cells": 4}, "stages": [{"recipe": {"schedule": {"updates": 2}}}]}';
    const engine = ["--engine", "float64", "--run", name];
    await trained("char", ...engine, "--recipe", "paper", "--plan", plan, "--record");
    const [{ recipe, updates }] = (await recordOf(name)).provenance.stages;
    assertEquals([recipe.optimiser, recipe.batchSize, recipe.text, updates], [
      { rule: "sgd", rate: 1e-4, momentum: 0.99 },
      1,
      "sentences",
      2,
    ]);
  }));

Deno.test("settings stay when a training goes on, but for what a plan changes", () =>
  withRun(async (name) => {
    const common = ["char-modern", "--engine", "float64", "--run", name, "--record"];
    const after = async (...args: string[]) => {
      await trained(...common, ...args);
      const { regularisation, dropout } = (await recordOf(name)).provenance.stages[0];
      return [regularisation.kind === "weight noise" && regularisation.std, dropout];
    };
    const begun = planned({ updates: 1, dropout: 0.3, regularisation: { std: 0.2 } });
    assertEquals(await after(...begun), [0.2, 0.3]);
    assertEquals(await after(...planned({ updates: 2 }), "--resume"), [0.2, 0.3]);
    assertEquals(await after(...planned({ updates: 3, regularisation: { std: 0.1 } }), "--resume"), [
      0.1,
      0.3,
    ]);
    assertEquals(await after(...planned({ updates: 4, dropout: 0.4 }), "--resume"), [0.1, 0.4]);
  }));

Deno.test("dynamic evaluation: settings are chosen, recorded with what else was tried, and used again", async () => {
  const name = `test-${crypto.randomUUID().slice(0, 8)}`;
  const common = ["char", "--engine", "float64", "--run", name];
  const record = async () =>
    JSON.parse(await Deno.readTextFile(join(resultsDirectory, "runs", name, "run.json")));
  const evaluated = async (...args: string[]) => {
    const { code, out, errors } = await run("evaluate.ts", ...common, "--dynamic", ...args);
    assertEquals(code, 0, errors);
    return out;
  };
  try {
    await trained(...common, ...planned({ updates: 1, batch: 4 }, { cells: 4 }), "--publish");
    const adam = ["--rule", "adam", "--decay", "0.01", "--trial", "300", "--record"];
    const out = await evaluated(...adam, "--rate", "0,0.003", "--steps", "50");
    assertStringIncludes(out, "  adam, rate 0.003, momentum 0, decay 0.01, sequences of 50: ");
    const { search, ...chosen } = (await record()).dynamicEvaluation;
    assertEquals(chosen, { rule: "adam", rate: 0.003, momentum: 0, decay: 0.01, steps: 50, streams: 1 });
    assertEquals(search.tried.map(({ rate }: { rate: number }) => rate), [0, 0.003]);
    const { results } = await record();
    assert(results.dynamic.bitsPerCharacter < results.static.bitsPerCharacter);
    assertStringIncludes(
      await evaluated("--limit", "100"),
      "Dynamic evaluation: adam, rate 0.003, momentum 0,",
    );
    assertStringIncludes(
      await evaluated("--limit", "100", "--rule", "sgd"),
      "sgd, rate 0.0001, momentum 0.99,",
    );
    const wrong = await run("evaluate.ts", ...common, "--dynamic", "--steps", "0");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.errors, "--steps must be a whole number of at least 1");
  } finally {
    const remove = (path: string) => Deno.remove(path, { recursive: true }).catch(() => {});
    const weights = join(resultsDirectory, "weights", `${name}.safetensors`);
    await Promise.all(
      [weights, join(resultsDirectory, "runs", name), join(checkpointDirectory, name)].map(remove),
    );
  }
});

Deno.test("a seed or a size with a fraction trains nothing", async () => {
  for (
    const [option, value, message] of [
      ["seed", "1.5", "--seed must be a whole number"],
      ["seed", "4294967296", "--seed must be a whole number"],
      ["stage", "1.5", "--stage must be a whole number"],
      ["plan", '{"network": {"layers": 1.5}}', "layers: expected an integer of 1 to 1000, found 1.5"],
      ["plan", '{"network": {"cells": 2.5}}', "cells: expected an integer"],
    ]
  ) {
    const { code, out, errors } = await run("train.ts", "char", `--${option}`, value);
    assertEquals([code, out], [2, ""], errors);
    assertStringIncludes(errors, message);
  }
});

Deno.test("errors are told without a stack, with exit code 1 or 2", async () => {
  const unknown = await run("train.ts", "synthesiser");
  assertEquals([unknown.code, unknown.out], [2, ""]);
  assertStringIncludes(unknown.errors, "synthesis-adaptive");
  const absent = await run(
    "evaluate.ts",
    "synthesis",
    "--weights",
    "/nowhere.safetensors",
    "--engine",
    "float64",
  );
  assertEquals(absent.code, 1);
  assertStringIncludes(absent.errors, "nowhere.safetensors");
  assert(!absent.errors.includes("    at "));
});

Deno.test("train and evaluate on a text of one's own, and go on with it", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "ode.txt"), run_ = `test-${crypto.randomUUID().slice(0, 8)}`;
  const env = { GRAVES_CHECKPOINTS: folder };
  try {
    await Deno.writeTextFile(path, "Ἄνδρα μοι ἔννεπε, Μοῦσα\n".repeat(100));
    const engine = ["char", "--engine", "float64"], common = [...engine, "--run", run_];
    const plan = (updates: number, more = {}) => planned({ updates, every: 1, ...more }, { cells: 4 });
    const first = await runWith(env, "train.ts", ...common, "--data", path, ...plan(2));
    assertEquals(first.code, 0, first.errors);
    assertStringIncludes(
      first.out,
      "Data: ode.txt (a text of one's own, divided 90 : 5 : 5), 2,160 characters to train on, 120 to validate on and 120 " +
        "to test on; 17 different ones.",
    );
    const second = await runWith(env, "train.ts", ...common, ...plan(3), "--resume");
    assertEquals(second.code, 0, second.errors);
    assertStringIncludes(second.out, "Data: ode.txt");
    const weights = join(folder, run_, "1", "best.safetensors");
    const scored = await runWith(
      env,
      "evaluate.ts",
      "char",
      "--weights",
      weights,
      "--data",
      path,
      "--engine",
      "float64",
    );
    assertEquals(scored.code, 0, scored.errors);
    assertStringIncludes(scored.out, "ode.txt, test set, 120 scored");
    await Deno.writeTextFile(path, "Ἄνδρα μοι ἔννεπε\n".repeat(100));
    const others = [...engine, "--run", `${run_}-2`, "--data", path];
    const from = await runWith(env, "train.ts", ...others, ...plan(1, { from: { file: weights } }));
    assertEquals(from.code, 0, from.errors);
    const published = await runWith(env, "train.ts", ...common, "--resume", "--publish");
    assertEquals(published.code, 2);
    assertStringIncludes(published.errors, "best.safetensors");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("train and evaluate on handwriting of one's own; a path with nothing usable is an error", async () => {
  const folder = await Deno.makeTempDir();
  const env = { GRAVES_CHECKPOINTS: join(folder, "checkpoints") };
  try {
    const hand = join(folder, "hand");
    await Deno.mkdir(hand);
    const common = ["--engine", "float64", "--data", hand];
    const train = ["synthesis", "--run", "hand", ...planned({ updates: 1 })];
    const nothing = await runWith(env, "train.ts", ...train, ...common);
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.errors, `${hand} holds no handwriting`);
    const strokes = [Array.from({ length: 60 }, (_, k) => [k - 9 * Math.sin(k / 3), 9 * Math.cos(k / 3)])];
    for (const name of ["a", "b", "c"]) {
      await Deno.writeTextFile(join(hand, `${name}.json`), JSON.stringify({ text: `ø${name}`, strokes }));
    }
    const trained = await runWith(env, "train.ts", ...train, ...common);
    assertEquals(trained.code, 0, trained.errors);
    assertStringIncludes(trained.out, "Data: handwriting of one's own, 2 lines (");
    assertStringIncludes(
      trained.out,
      "Not in the alphabet 'extended', and so all one 'non-letter' to the network: ø (3).",
    );
    const weights = join(env.GRAVES_CHECKPOINTS, "hand", "1", "best.safetensors");
    const scored = await runWith(env, "evaluate.ts", "synthesis", "--weights", weights, ...common);
    assertEquals(scored.code, 0, scored.errors);
    assertStringIncludes(scored.out, "own, validation set, 1 scored");
    const recorded = await runWith(
      env,
      "evaluate.ts",
      "synthesis",
      "--weights",
      weights,
      ...common,
      "--record",
    );
    assertEquals(recorded.code, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
