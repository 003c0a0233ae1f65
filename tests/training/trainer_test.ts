import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { openEngine } from "../../lib/engine/mod.ts";
import type { Recipe, Regularisation, StageSettings } from "../../lib/experiments/mod.ts";
import { Random } from "../../lib/random.ts";
import { type LogRow, readCheckpoint, type TrainingData } from "../../lib/training/mod.ts";
import { NonFiniteLossError, type Progress, train } from "../../lib/training/mod.ts";
import { readWeights } from "../../lib/weights/mod.ts";
import type { SymbolBatch } from "../../lib/data/mod.ts";
import { textData } from "../../lib/training/data.ts";
import { lockFolder } from "../../lib/training/lock.ts";
import {
  tinyCharacters,
  tinyData,
  tinyRecipe,
  tinyStage,
  tinySynthesis,
  tinyTeacher,
  tinyText,
  type TrainingCase,
  withFolder,
} from "./tiny.ts";

interface Case extends TrainingCase {
  engine: "float64" | "cpu";
}
const kinds: Regularisation[] = [
  { kind: "none" },
  { kind: "weight noise", std: 0.075 },
  { kind: "adaptive weight noise", std: 0.075, varianceRate: 12 },
];
const random = new Random(3, "text");
const text = textData(tinyText(Array.from({ length: 60 }, () => random.integer(3))));
const streams: Recipe = { ...tinyRecipe, curriculum: [], text: { steps: 4, resetEvery: null } };
const inStreams: StageSettings = { ...tinyStage, recipe: streams };
const cases: Case[] = [
  ...kinds.map((regularisation): Case => ({
    name: `synthesis, ${regularisation.kind}`,
    engine: "float64",
    experiment: tinySynthesis(),
    stage: { recipe: tinyRecipe, regularisation },
    data: tinyData,
  })),
  { name: "synthesis", engine: "cpu", experiment: tinySynthesis(), stage: tinyStage, data: tinyData },
  { name: "text in streams", engine: "float64", experiment: tinyCharacters(), stage: inStreams, data: text },
  {
    name: "dropout",
    engine: "cpu",
    experiment: tinyCharacters(),
    stage: { ...inStreams, dropout: 0.3 },
    data: text,
  },
  {
    name: "two teachers",
    engine: "cpu",
    experiment: tinyCharacters(),
    stage: inStreams,
    data: text,
    teachers: [tinyTeacher(1, 0.5), tinyTeacher(2, 0.3, 7)],
  },
  {
    name: "sentences, a teacher, rmsprop, no average",
    engine: "float64",
    experiment: tinyCharacters(),
    teachers: [tinyTeacher(1, 0.5)],
    stage: {
      ...tinyStage,
      recipe: {
        ...tinyRecipe,
        text: "sentences",
        averaging: null,
        optimiser: { rule: "rmsprop", rate: 1e-2, aleph: 0.95, beth: 0.9, daleth: 1e-4 },
      },
    },
    data: text,
  },
];

for (const { name, engine: engineName, experiment, stage, data, teachers } of cases) {
  Deno.test(`N + N updates are 2N updates, bit for bit: ${name} (${engineName})`, async () => {
    const engine = await openEngine(engineName, { threads: 2 });
    try {
      await withFolder(async (folder) => {
        const common = { experiment, engine, stage, data, teachers, seed: 5 };
        await train({ ...common, folder: `${folder}/once`, updates: 10 });
        await train({ ...common, folder: `${folder}/twice`, updates: 5 });
        const half = await readCheckpoint(`${folder}/twice`);
        await train({ ...common, folder: `${folder}/twice`, updates: 10, resume: true });
        const [once, twice] = [
          await readCheckpoint(`${folder}/once`),
          await readCheckpoint(`${folder}/twice`),
        ];
        assertEquals(twice.tensors, once.tensors);
        assertNotEquals(twice.tensors.weights, half.tensors.weights);
        assertEquals({ ...twice.position, seconds: 0 }, { ...once.position, seconds: 0 });
      });
    } finally {
      await engine.close();
    }
  });
}

/** `tinyData` with one point that is not a number, in the batch of the given update. */
function spoilt(update: number): TrainingData {
  let count = 0;
  return {
    ...tinyData,
    *batches(...options) {
      for (const batch of tinyData.batches(...options)) {
        if (++count === update && batch.kind === "pen") batch.targets[0] = NaN;
        yield batch;
      }
    },
  };
}

Deno.test("a loss that is not finite stops the run; the checkpoint before it stays and can be resumed", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const recipe = { ...tinyRecipe, curriculum: [] };
    const common = { experiment: tinySynthesis(), engine, stage: { ...tinyStage, recipe }, folder };
    const error = await assertRejects(
      () => train({ ...common, data: spoilt(5), checkpointMinutes: 0 }),
      NonFiniteLossError,
    );
    assert(error.message.includes("update 5"));
    assertEquals((await readCheckpoint(folder)).position.update, 4);
    const { info } = await train({ ...common, data: tinyData, resume: true, updates: 6 });
    assertEquals(info.position.update, 6);
  });
  assertEquals(engine.bytes, 0);
});

Deno.test("a run learns, says how it goes, and leaves its best weights and its log", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const seen: Progress[] = [];
    const recipe = { ...tinyRecipe, optimiser: { ...tinyRecipe.optimiser, rate: 0.02 }, averaging: 0.8 };
    const { info, stopped } = await train({
      experiment: tinySynthesis(),
      engine,
      stage: { ...tinyStage, recipe },
      data: { ...tinyData, validation: (recipe) => tinyData.batches(0, 0, recipe, Infinity) },
      folder,
      onProgress: (progress) => seen.push(progress),
    });
    assertEquals(stopped, "finished");
    assertEquals(info.position.update, 40);
    const losses = info.rows.map((row) => row.validationLoss);
    assert(losses.at(-1)! < losses[0] - 2, `${losses}`);
    assertEquals(new Set(seen.map(({ kind }) => kind)), new Set(["update", "validation", "checkpoint"]));
    const update = seen.find((progress) => progress.kind === "update")!;
    assert(Number.isFinite(update.loss) && update.pointsPerSecond > 0 && update.gigaflopsPerSecond > 0);
    const best = await readWeights(`${folder}/best.safetensors`);
    assertEquals(best.provenance.network, tinySynthesis().network);
    assertEquals(best.alphabet?.symbols.length, 3);
    assertEquals(best.provenance.data.statistics, { mean: [8, 0.1], std: [42, 37] });
    const log = (await Deno.readTextFile(`${folder}/log.csv`)).trim().split("\n");
    assertEquals(log.length, 1 + info.rows.length);
  });
});

Deno.test("a training is neither overwritten nor taken for another", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, folder };
    await assertRejects(() => train({ ...common, resume: true }), Error, "no checkpoint");
    await train({ ...common, updates: 1 });
    await assertRejects(() => train({ ...common, updates: 1 }), Error, "--resume");
    const network = { ...common.experiment.network, cells: 5 };
    await assertRejects(
      () => train({ ...common, experiment: { ...common.experiment, network }, resume: true }),
      Error,
      "another network",
    );
    const data = { ...tinyData, record: { ...tinyData.record, checksum: "other" } };
    await assertRejects(() => train({ ...common, data, resume: true }), Error, "other data");
  });
});

Deno.test("a folder that another training has is refused, until it is given back", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, folder };
    {
      using _lock = await lockFolder(folder);
      await assertRejects(() => train({ ...common, updates: 3 }), Error, "Another training");
    }
    assertEquals((await train({ ...common, updates: 3 })).info.position.update, 3);
  });
});

Deno.test("the log goes on after a stop as if there had been none", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const recipe = { ...tinyRecipe, validation: { every: 4, sequences: 2 } };
    const common = { experiment: tinySynthesis(), engine, stage: { ...tinyStage, recipe }, data: tinyData };
    const { info: once } = await train({ ...common, folder: `${folder}/once`, updates: 8 });
    /** Stops at update 6, between two rows of the log, and goes on. */
    const inTwo = async (name: string, updates: number) => {
      const stop = new AbortController();
      const onProgress = (progress: Progress) =>
        progress.kind === "checkpoint" && progress.update === 6 && stop.abort();
      const both = { ...common, folder: `${folder}/${name}` };
      await train({ ...both, checkpointMinutes: 0, signal: stop.signal, onProgress });
      return (await train({ ...both, updates, resume: true })).info.rows;
    };
    const losses = (rows: LogRow[]) => rows.map(({ update, trainingLoss }) => [update, trainingLoss]);
    assertEquals(losses(await inTwo("twice", 8)), losses(once.rows));
    const [, row] = await inTwo("ended", 6);
    assertEquals([row.update, Number.isFinite(row.trainingLoss)], [6, true]);
  });
});

Deno.test("a loss on the validation set that is not finite is no obstacle to going on", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const data: TrainingData = {
      ...tinyData,
      *validation(recipe) {
        for (const batch of tinyData.validation(recipe)) {
          if (batch.kind === "pen") batch.targets.fill(NaN);
          yield batch;
        }
      },
    };
    const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data, folder };
    await train({ ...common, updates: 3 });
    const { info } = await train({ ...common, updates: 6, resume: true });
    assertEquals(info.rows.map(({ validationLoss }) => validationLoss), [NaN, NaN]);
    assertEquals(info.best, null);
  });
});

Deno.test("a signal stops after the update under way, with a checkpoint", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const stop = new AbortController();
    const { stopped, info } = await train({
      experiment: tinySynthesis(),
      engine,
      stage: tinyStage,
      data: tinyData,
      folder,
      signal: stop.signal,
      onProgress: (progress) => progress.kind === "update" && stop.abort(),
    });
    assertEquals([stopped, info.position.update], ["signal", 1]);
    assertEquals((await readCheckpoint(folder)).position.update, 1);
  });
});

Deno.test("a training may begin with the weights of another, and says so", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, seed: 5 };
    await train({ ...common, folder: `${folder}/first`, updates: 4 });
    const start = await readWeights(`${folder}/first/best.safetensors`);
    const { info } = await train({ ...common, folder: `${folder}/second`, updates: 2, start });
    const [first, second] = info.provenance.stages;
    assertEquals(first, start.provenance.stages[0]);
    assertEquals([first.from, first.updates, first.seed], ["random", 4, 5]);
    assertEquals(second.from, { experiment: common.experiment.name, checksum: start.checksum });
    const { provenance } = await readWeights(`${folder}/second/best.safetensors`);
    assertEquals(provenance.stages[0], first);
    assertEquals({ ...provenance.stages[1], seconds: 0 }, { ...second, seconds: 0 });
    const { info: fresh } = await train({ ...common, folder: `${folder}/third`, updates: 2 });
    assertNotEquals(info.rows.at(-1)!.trainingLoss, fresh.rows.at(-1)!.trainingLoss);
    const network = { ...common.experiment.network, cells: 5 };
    await assertRejects(
      () =>
        train({ ...common, experiment: { ...common.experiment, network }, start, folder: `${folder}/no` }),
      Error,
      "another network's than 'synthesis' has",
    );
  });
});

Deno.test("a stage goes on reading its text where the stage before ended", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const text = textData(tinyText(Array.from({ length: 80 }, (_, k) => k % 3 % 2 + k % 2)));
    const read: number[][] = [];
    const data: typeof text = {
      ...text,
      *batches(...options) {
        for (const batch of text.batches(...options)) {
          read.push([...(batch as SymbolBatch).targets]);
          yield batch;
        }
      },
    };
    const recipe: Recipe = { ...tinyRecipe, curriculum: [], text: { steps: 10, resetEvery: null } };
    const common = { experiment: tinyCharacters(), engine, stage: { ...tinyStage, recipe }, data };
    await train({ ...common, folder: `${folder}/first`, updates: 2 });
    const start = await readWeights(`${folder}/first/best.safetensors`);
    assertEquals(start.provenance.stages[0].epochs, 0.5);
    read.length = 0;
    await train({ ...common, folder: `${folder}/second`, updates: 3, start });
    const pass = [...text.batches(0, 1, recipe, Infinity)].map((batch) => [
      ...(batch as SymbolBatch).targets,
    ]);
    assertEquals(read.slice(0, 3), [pass[2], pass[3], pass[0]]);
  });
});

Deno.test("settings that change while a training goes on are all kept", async () => {
  const engine = await openEngine("float64");
  await withFolder(async (folder) => {
    const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, folder };
    await train({ ...common, updates: 2 });
    const stage = { ...tinyStage, recipe: { ...tinyRecipe, batchSize: 3 } };
    await train({ ...common, stage, updates: 3, resume: true });
    const { info } = await train({ ...common, stage, updates: 4, resume: true });
    const [run] = info.provenance.stages;
    assertEquals(run.recipe.batchSize, 3);
    assertEquals(run.earlier, [{ untilUpdate: 2, ...tinyStage }]);
  });
});

Deno.test("time that ends before the rate has fallen is told, with what would fit into it", async () => {
  const engine = await openEngine("float64");
  const notes = async (minutes: number | undefined, decay: "cosine" | "constant") => {
    const said: string[] = [];
    await withFolder(async (folder) => {
      const recipe: Recipe = { ...tinyRecipe, schedule: { ...tinyRecipe.schedule, decay, updates: 1e9 } };
      let updates = 0;
      const stop = new AbortController();
      await train({
        experiment: tinySynthesis(),
        engine,
        stage: { ...tinyStage, recipe },
        folder,
        minutes,
        data: {
          ...tinyData,
          *batches(...options) {
            for (const batch of tinyData.batches(...options)) {
              // Progress is told once a second.
              if (++updates === 25) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
              if (updates === 30) stop.abort();
              yield batch;
            }
          },
        },
        signal: stop.signal,
        onProgress: (progress) => void (progress.kind === "note" && said.push(progress.message)),
      });
    });
    return said.filter((note) => note.startsWith("At this speed"));
  };
  const [note, ...others] = await notes(10, "cosine");
  assertEquals(others, []);
  assertMatch(
    note,
    /^At this speed 10 minutes are over after about \d+ updates, while the rate falls over 1000000000/,
  );
  assertEquals(await notes(undefined, "cosine"), []);
  assertEquals(await notes(10, "constant"), []);
});
