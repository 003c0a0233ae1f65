/** `train` and `evaluate` as they are run. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { readInfo } from "../../lib/training/mod.ts";
import { type Run, run, withRun } from "./commands.ts";
import { planned } from "./tiny.ts";

/** Trains as told; the command succeeds. */
async function trained({ name, run }: Run, ...args: string[]): Promise<string> {
  const { code, out, errors } = await run("train", "--run", name, ...args);
  assertEquals(code, 0, errors);
  return out;
}

Deno.test("train, resume, publish and evaluate on the excerpt", () =>
  withRun(async (tested) => {
    const common = ["synthesis", "--engine", "float64"];
    const first = await trained(tested, ...common, ...planned({ updates: 2, every: 1 }), "--record");
    assertStringIncludes(first, "Finished after update 2");
    assertStringIncludes(
      first,
      "Data: the excerpt of IAM-OnDB, 4 lines (2,823 points, 113 characters) to train on and 64 lines",
    );
    const log = await tested.log();
    assertEquals(log.split("\n").slice(1, -1).map((row) => row.split(",")[0]), ["1", "2"]);
    const second = await trained(tested, ...common, ...planned({ updates: 3 }), "--resume", "--publish");
    assertStringIncludes(second, "Going on from update 2");
    const { provenance, results: recorded } = await tested.record();
    const [stage] = provenance.stages;
    assertEquals([provenance.experiment, provenance.data.name], ["synthesis", "excerpt"]);
    assertEquals([stage.plan, stage.updates, stage.earlier?.[0].untilUpdate], ["trial", 3, 2]);
    assertMatch(
      await tested.log(),
      /^update,epoch,seconds,training loss,validation loss,rate\n1,/,
    );
    const scored = await run(
      "evaluate",
      ...["synthesis", "--weights", tested.weights, "--engine", "float64", "--json"],
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
  withRun(async (tested) => {
    const common = ["char-modern", "--engine", "cpu", "--threads", "1"];
    const plan = join(tested.results, "plan.json");
    await Deno.writeTextFile(plan, twoStages());
    const out = await trained(tested, ...common, "--plan", plan, "--record");
    assertStringIncludes(out, "Stage 2 of 2");
    assertStringIncludes(out, "Finished after update 1 of stage 2");
    const { provenance: { stages }, logFromStage } = await tested.record();
    const [first, second] = stages;
    const best = (await readInfo(join(tested.folder, "1"))).best!.checksum;
    assertEquals([first.from, second.from], ["random", { experiment: "char-modern", checksum: best }]);
    assertEquals(second.teachers?.map(({ checksum, share }) => [checksum === best, share]), [
      [true, 0.5],
      [false, 0.3],
    ]);
    assertEquals([first.dropout, second.dropout, logFromStage], [undefined, 0.3, 1]);
    const log = await tested.log();
    assertEquals(log.split("\n").slice(1, -1).map((row) => row.split(",")[0]), ["1", "2"]);

    const firstStage = await Deno.readTextFile(join(tested.folder, "1", "latest.json"));
    const again = await trained(tested, ...common, "--resume");
    assertStringIncludes(again, "Finished after update 1 of stage 2");
    assertStringIncludes(again, "Nothing is left to do here: its plan ends with update 1 or epoch");
    assert(!again.includes("Going on"), again);
    await trained(tested, ...common, "--resume", "--plan", twoStages({ schedule: { updates: 2 } }));
    const { position, provenance } = await readInfo(join(tested.folder, "2"));
    assertEquals([position.update, provenance.stages.length], [2, 2]);
    assertEquals(
      await Deno.readTextFile(join(tested.folder, "1", "latest.json")),
      firstStage,
      "not run again",
    );
  }));

Deno.test("a later stage begins where its start is at hand, and is refused where it is not", () =>
  withRun(async (tested) => {
    const common = ["--engine", "cpu", "--threads", "2"];
    const refused = async (message: string, ...args: string[]) => {
      const { code, errors } = await tested.run("train", ...args, ...common, "--run", tested.name);
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
    const out = await trained(tested, "synthesis", ...common, "--plan", plan, "--record");
    assertStringIncludes(out, "Starting from weights of 'synthesis' (3f71abfd77ea");
    const { provenance: { stages }, logFromStage } = await tested.record();
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
  withRun(async (tested) => {
    const plan = '{"network": {"cells": 4}, "stages": [{"recipe": {"schedule": {"updates": 2}}}]}';
    const engine = ["--engine", "float64"];
    await trained(tested, "char", ...engine, "--recipe", "paper", "--plan", plan, "--record");
    const [{ recipe, updates }] = (await tested.record()).provenance.stages;
    assertEquals([recipe.optimiser, recipe.batchSize, recipe.text, updates], [
      { rule: "sgd", rate: 1e-4, momentum: 0.99 },
      1,
      "sentences",
      2,
    ]);
  }));

Deno.test("settings stay when a training goes on, but for what a plan changes", () =>
  withRun(async (tested) => {
    const common = ["char-modern", "--engine", "float64", "--record"];
    const after = async (...args: string[]) => {
      await trained(tested, ...common, ...args);
      const { regularisation, dropout } = (await tested.record()).provenance.stages[0];
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

Deno.test("dynamic evaluation: settings are chosen, recorded with what else was tried, and used again", () =>
  withRun(async (tested) => {
    const common = ["char", "--engine", "float64"];
    const evaluated = async (...args: string[]) => {
      const { code, out, errors } = await tested.run(
        "evaluate",
        ...common,
        "--run",
        tested.name,
        "--dynamic",
        ...args,
      );
      assertEquals(code, 0, errors);
      return out;
    };
    await trained(tested, ...common, ...planned({ updates: 1, batch: 4 }, { cells: 4 }), "--publish");
    const adam = ["--rule", "adam", "--decay", "0.01", "--trial", "300", "--record"];
    const out = await evaluated(...adam, "--rate", "0,0.003", "--steps", "50");
    assertStringIncludes(out, "  adam, rate 0.003, momentum 0, decay 0.01, sequences of 50: ");
    const { search, ...chosen } = (await tested.record()).dynamicEvaluation!;
    assertEquals(chosen, { rule: "adam", rate: 0.003, momentum: 0, decay: 0.01, steps: 50, streams: 1 });
    assertEquals(search!.tried.map(({ rate }) => rate), [0, 0.003]);
    const { results } = await tested.record();
    assert(results.dynamic!.bitsPerCharacter < results.static!.bitsPerCharacter);
    assertStringIncludes(
      await evaluated("--limit", "100"),
      "Dynamic evaluation: adam, rate 0.003, momentum 0,",
    );
    assertStringIncludes(
      await evaluated("--limit", "100", "--rule", "sgd"),
      "sgd, rate 0.0001, momentum 0.99,",
    );
    const wrong = await tested.run("evaluate", ...common, "--run", tested.name, "--dynamic", "--steps", "0");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.errors, "--steps must be a whole number of at least 1");
  }));

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
    const { code, out, errors } = await run("train", "char", `--${option}`, value);
    assertEquals([code, out], [2, ""], errors);
    assertStringIncludes(errors, message);
  }
});

Deno.test("errors are told without a stack, with exit code 1 or 2", async () => {
  const unknown = await run("train", "synthesiser");
  assertEquals([unknown.code, unknown.out], [2, ""]);
  assertStringIncludes(unknown.errors, "synthesis-adaptive");
  const absent = await run(
    "evaluate",
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
