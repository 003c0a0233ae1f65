import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Line, streamBatches } from "../lib/data/mod.ts";
import { openEngine } from "../lib/engine/mod.ts";
import { Float64Engine } from "../lib/engine/float64.ts";
import type { CpuEngine } from "../lib/engine/cpu/main/engine.ts";
import type { StageSettings } from "../lib/experiments/mod.ts";
import type { NetworkConfig } from "../lib/network/config.ts";
import { initialWeights } from "../lib/network/parameters.ts";
import { Network } from "../lib/network/network.ts";
import { sampleTexts, synthesise, tracePredictions } from "../lib/sampling/mod.ts";
import { forgetStop, StopError, stopMemory, STOPPED } from "../lib/stop.ts";
import {
  type DynamicOptions,
  handwritingResults,
  learnAndScore,
  paperDynamics,
  scoreText,
} from "../lib/evaluation/mod.ts";
import { Training } from "../lib/training/mod.ts";
import { meanLoss } from "../lib/training/measure.ts";
import {
  handwriting,
  tinyCharacters,
  tinyData,
  tinyRecipe,
  tinyStage,
  tinySynthesis,
  tinyTeacher,
  untrained,
} from "./training/tiny.ts";

const pen = tinySynthesis();
const alphabet = { name: "tiny", symbols: ["\u25A1", "a", "b"] };
const ids = Int32Array.from({ length: 400 }, (_, k) => k % 3);
const batches = () => streamBatches(ids, { size: 2, steps: 10 });
const settings: DynamicOptions = { ...paperDynamics, rule: "adam", rate: 1e-3, fixedShare: 0.1, steps: 10 };
const { provenance } = untrained(pen.name, pen.network);
const { mean, std } = handwriting.statistics;
const weightsFile = {
  provenance: { ...provenance, data: { ...provenance.data, statistics: { mean, std } } },
  weights: initialWeights(pen.network, 1),
  alphabet,
  checksum: "made up",
};
const newTraining = (engine: CpuEngine) =>
  new Training({
    engine,
    config: pen.network,
    stage: { recipe: tinyRecipe, regularisation: { kind: "weight noise", std: 0.05 } },
    weights: weightsFile.weights,
    seed: 1,
    sequences: 7,
  });
/** Endless: the training set's batches, pass after pass. */
function* trainingBatches() {
  for (let epoch = 0;; epoch++) yield* tinyData.batches(epoch, 1, tinyRecipe, Infinity);
}

/** All that goes on for long, each longer than ten steps. */
const works: Record<string, (engine: CpuEngine, pen: Network, text: Network) => Promise<unknown>> = {
  async "a training"(engine) {
    const training = newTraining(engine);
    try {
      for (const batch of trainingBatches()) await training.update(batch);
    } finally {
      training.free();
    }
  },
  async "a validation"(engine) {
    const training = newTraining(engine);
    try {
      const validation = () => trainingBatches().take(100);
      await meanLoss(training, { ...tinyData, validation });
    } finally {
      training.free();
    }
  },
  "synthesis": (_engine, pen) => synthesise(pen, { texts: [[1, 2, 1], [2, 1]], seed: 1 }),
  "a trace": (_engine, pen) =>
    tracePredictions(pen, { points: new Float32Array(300), text: "ab" } as Line, alphabet),
  "an evaluation of handwriting": (engine) =>
    handwritingResults(
      engine,
      weightsFile,
      { ...handwriting, validation: Array(50).fill(handwriting.validation[0]) },
      { streams: 1 },
    ),
  "a text": (_engine, _pen, text) => sampleTexts(text, { count: 2, length: 100, seed: 1 }),
  "an evaluation of text": (_engine, _pen, text) => scoreText(text, batches()),
  "a dynamic evaluation": (_engine, _pen, text) => learnAndScore(text, batches(), settings),
};

for (const [name, work] of Object.entries(works)) {
  Deno.test(`Stop ends ${name} at its next step, and leaves weights and memory as they were`, async () => {
    const engine = await openEngine("cpu", { threads: 1 }) as CpuEngine;
    const open = (config: NetworkConfig) => new Network(engine, config, initialWeights(config, 1));
    const [penNetwork, textNetwork] = [pen.network, tinyCharacters().network].map(open);
    const read = engine.read.bind(engine);
    const stopAt = async (step: number) => {
      let reads = 0;
      engine.read = (tensor) => {
        if (++reads === step) stopMemory[STOPPED] = 1;
        return read(tensor);
      };
      try {
        await assertRejects(() => work(engine, penNetwork, textNetwork), StopError, "Stop was pressed");
      } finally {
        engine.read = read;
        forgetStop();
      }
      // A step of dynamic evaluation, with its fixed share, reads the most: six tensors.
      assert(reads < step + 6, `${reads - step} reads after Stop: expected the rest of one step`);
    };
    try {
      await stopAt(1); // A network keeps its gradients from the first step on.
      const { bytes } = engine, weights = await textNetwork.weights();
      for (const step of [4, 9]) await stopAt(step);
      assertEquals(engine.bytes, bytes);
      assertEquals(await textNetwork.weights(), weights);
    } finally {
      await engine.close();
    }
  });
}

Deno.test("a training that Stop ended goes on as if it had not been", async () => {
  const engine = await openEngine("cpu", { threads: 1 }) as CpuEngine;
  const all = [...trainingBatches().take(6)];
  const weightsAfter = async (stopAfter: number) => {
    const training = newTraining(engine);
    for (const [k, batch] of all.entries()) {
      if (k === stopAfter) {
        stopMemory[STOPPED] = 1;
        for (let again = 0; again < 2; again++) await assertRejects(() => training.update(batch), StopError);
        assertEquals(training.position.update, k);
        forgetStop();
      }
      await training.update(batch);
    }
    const { weights, memory } = await training.save();
    training.free();
    return { weights, memory };
  };
  try {
    assertEquals(await weightsAfter(3), await weightsAfter(Infinity));
  } finally {
    await engine.close();
  }
});

Deno.test("Stop within an update lets it come to its end, teachers and all", async () => {
  const weightsAfter = async (stop: boolean) => {
    const engine = new Float64Engine();
    const recipe = { ...tinyRecipe, curriculum: [], text: { steps: 10, resetEvery: null } };
    const stage: StageSettings = { ...tinyStage, recipe };
    const { network: config } = tinyCharacters();
    const training = new Training({
      engine,
      config,
      stage,
      seed: 1,
      sequences: 1,
      weights: initialWeights(config, 1),
      teachers: [tinyTeacher(1, 0.5), tinyTeacher(2, 0.3)],
    });
    const softmaxLoss = engine.softmaxLoss.bind(engine);
    if (stop) {
      engine.softmaxLoss = (loss) => {
        stopMemory[STOPPED] = 1;
        softmaxLoss(loss);
      };
    }
    const [batch] = batches();
    try {
      await training.update(batch);
      if (stop) await assertRejects(() => training.update(batch), StopError);
    } finally {
      forgetStop();
    }
    return await training.save();
  };
  assertEquals(await weightsAfter(true), await weightsAfter(false));
});
