import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  experimentNames,
  experiments,
  findExperiment,
  type Stage,
  type StageWeights,
  wikipediaNetwork,
} from "../../lib/experiments/mod.ts";
import { applyPlan } from "../../lib/experiments/plan.ts";
import { countWeights } from "../../lib/network/parameters.ts";
import * as paper from "../../lib/paper.ts";
import { listRecords } from "../../lib/runs/mod.ts";
import { ownStages } from "../../lib/weights/mod.ts";

const millions = (name: string) => countWeights(findExperiment(name).network) / 1e6;

Deno.test("the networks have as many weights as the paper says", () => {
  assertEquals(millions("char").toFixed(2), "4.25");
  assertEquals(millions("word").toFixed(1), "54.0");
  assertEquals(millions("prediction-3x400").toFixed(2), "3.37");
  assertEquals(millions("prediction-1x900").toFixed(2), "3.37");
  const { experiment: { network } } = applyPlan(findExperiment("synthesis"), [], { alphabet: "paper" }, "");
  assertEquals((countWeights(network) / 1e6).toFixed(2), "3.65");
  assertEquals(network.window?.alphabet, paper.handwritingSynthesis.characters);
  assertEquals(millions("wikipedia").toFixed(1), "21.3");
  assertEquals((countWeights(wikipediaNetwork(7)) / 1e6).toFixed(1), "30.5");
});

Deno.test("every row of the paper's tables has its experiment; one is beyond them, with no more weights", () => {
  const rows = [...paper.table1, paper.table2, ...paper.table3, ...paper.table4];
  const beyond = "char-modern", inNoTable = "reader";
  assertEquals(new Set([...rows.map((row) => row.experiment), beyond, inNoTable]), new Set(experimentNames));
  assertEquals(findExperiment(inNoTable).table, undefined);
  assert(countWeights(findExperiment(beyond).network) <= countWeights(findExperiment("char").network));
  assertEquals(findExperiment(beyond).paper, []);
  assertThrows(() => findExperiment("synthesiser"), Error, "synthesis-adaptive");
  assertThrows(() => findExperiment("toString"), Error, "no experiment 'toString'");
});

Deno.test("stages begin with random weights, those before them, or those of the same network elsewhere", () => {
  for (const { name, network, stages, paper } of Object.values(experiments)) {
    for (const [k, { from, teachers = [] }] of [...stages.entries(), ...paper.entries()]) {
      const all: (StageWeights | "random")[] = [from, ...teachers.map(({ weights }) => weights)];
      for (const weights of all) {
        if (weights === "before") assert(k > 0, name);
        if (typeof weights === "object") {
          assert("experiment" in weights, name);
          const other = findExperiment(weights.experiment).network;
          assertEquals(weights === from ? other : other.domain, weights === from ? network : network.domain);
        }
      }
    }
    for (const { recipe } of paper) assertEquals([recipe.batchSize, recipe.averaging], [1, null]);
  }
});

Deno.test("the paper's regularised networks begin with the final weights of those that are not", () => {
  const from = (name: string) => findExperiment(name).paper[0].from;
  assertEquals(from("char-noise"), { experiment: "char" });
  assertEquals(from("word-noise"), { experiment: "word" });
  assertEquals(from("prediction-3x400-adaptive"), { experiment: "prediction-3x400" });
  assertEquals(from("synthesis-adaptive"), { experiment: "synthesis" });
});

Deno.test("the stages of an experiment are those that its shipped weights were trained by, as far as they have come", async () => {
  const shipped = (await listRecords()).filter(({ run, weights }) => weights && run in experiments);
  assert(shipped.length >= 6);
  for (const { run, provenance } of shipped) {
    const { stages } = findExperiment(run);
    for (const [k, { recipe, regularisation, dropout, teachers, from }] of ownStages(provenance).entries()) {
      const settings = { recipe, regularisation, ...(dropout !== undefined && { dropout }) };
      const { from: start, teachers: planned, ...others } = stages[k];
      assertEquals(settings, others, `${run}, stage ${k + 1}`);
      const whose = (weights: Stage["from"]) =>
        weights === "random" || weights === "before" ? run : "experiment" in weights && weights.experiment;
      assertEquals([from === "random", from === "random" || from.experiment], [
        start === "random",
        start === "random" || whose(start),
      ]);
      assertEquals(
        teachers?.map(({ experiment, share }) => [experiment, share]),
        planned?.map(({ weights, share }) => [whose(weights), share]),
      );
    }
  }
});
