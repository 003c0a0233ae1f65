import { assert, assertEquals, assertThrows } from "@std/assert";
import { experimentNames, experiments, findExperiment, wikipediaNetwork } from "../../lib/experiments.ts";
import { countWeights } from "../../lib/network/parameters.ts";
import * as paper from "../../lib/paper.ts";

const millions = (name: string, variation = {}) =>
  countWeights(findExperiment(name, variation).network) / 1e6;

Deno.test("the networks have as many weights as the paper says", () => {
  assertEquals(millions("char").toFixed(2), "4.25");
  assertEquals(millions("word").toFixed(1), "54.0");
  assertEquals(millions("prediction-3x400").toFixed(2), "3.37");
  assertEquals(millions("prediction-1x900").toFixed(2), "3.37");
  assertEquals(millions("synthesis", { alphabet: "paper" }).toFixed(2), "3.65");
  assertEquals(millions("wikipedia").toFixed(1), "21.3");
  assertEquals((countWeights(wikipediaNetwork(7)) / 1e6).toFixed(1), "30.5");
});

Deno.test("networks and the paper's recipes are set up as it says", () => {
  const { pennTreebank, wikipedia, handwritingPrediction, handwritingSynthesis } = paper;
  const sizes = (name: string) => {
    const { domain, layers, cells, clip } = findExperiment(name).network;
    return { domain, layers, cells, clip };
  };
  const text = (classes: number, { layers, cells, clip }: typeof wikipedia | typeof pennTreebank) => ({
    domain: { kind: "symbols" as const, classes },
    ...{ layers, cells, clip },
  });
  assertEquals(sizes("char"), text(pennTreebank.characters, pennTreebank));
  assertEquals(sizes("word"), text(pennTreebank.words, pennTreebank));
  // Five layers have the paper's number of weights, not the seven of its text.
  assertEquals(sizes("wikipedia"), text(wikipedia.symbols, { ...wikipedia, layers: 5 }));
  const { mixtureComponents: components, networks, clip } = handwritingPrediction;
  const pen = { domain: { kind: "pen" as const, components }, clip };
  assertEquals(sizes("prediction-3x400"), { ...pen, ...networks[0] });
  assertEquals(sizes("prediction-1x900"), { ...pen, ...networks[1] });
  const { layers, cells, windowComponents, characters } = handwritingSynthesis;
  assertEquals(sizes("synthesis"), { ...pen, layers, cells });
  const { network } = findExperiment("synthesis", { alphabet: "paper" });
  assertEquals(network.window, { alphabet: characters, components: windowComponents });

  const optimiser = (name: string) => findExperiment(name).recipes.paper.optimiser;
  assertEquals(optimiser("char"), { rule: "sgd", ...pennTreebank.sgd });
  assertEquals(optimiser("wikipedia"), { rule: "sgd", ...wikipedia.sgd });
  const { gimel: rate, ...constants } = handwritingPrediction.rmsprop;
  for (const name of ["prediction-3x400", "synthesis"]) {
    assertEquals(optimiser(name), { rule: "rmsprop", rate, ...constants });
  }
  const { sequenceLength: steps, resetEvery } = wikipedia;
  assertEquals(findExperiment("wikipedia").recipes.paper.text, { steps, resetEvery });
  assertEquals(findExperiment("char-noise").regularisation, {
    kind: "weight noise",
    std: pennTreebank.weightNoise,
  });
  assertEquals(findExperiment("synthesis-adaptive").regularisation, {
    kind: "adaptive weight noise",
    std: handwritingPrediction.adaptiveWeightNoise,
    varianceRate: 12,
  });
});

Deno.test("every row of the paper's tables has its experiment; one is beyond them, with no more weights", () => {
  const rows = [...paper.table1, paper.table2, ...paper.table3, ...paper.table4];
  const beyond = "char-modern";
  assertEquals(new Set([...rows.map((row) => row.experiment), beyond]), new Set(experimentNames));
  assert(countWeights(findExperiment(beyond).network) <= countWeights(findExperiment("char").network));
});

Deno.test("an experiment starts from one with the same network, and its recipes are named for what they are", () => {
  for (const { startsFrom, network, recipes } of Object.values(experiments)) {
    if (startsFrom) assertEquals(findExperiment(startsFrom).network, network);
    assertEquals([recipes.shipped.name, recipes.paper.name], ["shipped", "paper"]);
    assertEquals(recipes.paper.batchSize, 1);
    assertEquals(recipes.paper.optimiser.rate, 1e-4);
  }
});

Deno.test("variations change what they say; an unknown name lists the known ones", () => {
  const { network, data } = findExperiment("synthesis", { alphabet: "paper", layers: 2, cells: 9 });
  assertEquals([network.window?.alphabet, network.layers, network.cells], [57, 2, 9]);
  assert(data.set === "iam-ondb" && data.alphabet?.symbols.length === 57);
  assertThrows(() => findExperiment("synthesiser"), Error, "synthesis-adaptive");
  const noisy = (name: string) => findExperiment(name, { noise: 0.2 }).regularisation;
  assertEquals(noisy("char-noise"), { kind: "weight noise", std: 0.2 });
  assertEquals(noisy("char-adaptive"), { kind: "adaptive weight noise", std: 0.2, varianceRate: 12 });
  assertThrows(() => noisy("char"), Error, "no weight noise");
  assertEquals(findExperiment("char", { dropout: 0.2 }).dropout, 0.2);
});
