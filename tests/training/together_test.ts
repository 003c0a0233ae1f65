/** One training by several processes is the training by one, whatever it remembers. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { partOfBatch, type PenBatch, penBatch, streamBatches } from "../../lib/data/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { agree, alone, type Group, partOf, some } from "../../lib/mpi.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { meanLoss } from "../../lib/training/measure.ts";
import { textData } from "../../lib/training/data.ts";
import { train } from "../../lib/training/mod.ts";
import { type HostTensors, type Position, Training } from "../../lib/training/training.ts";
import { readTensors } from "../../lib/weights/safetensors.ts";
import {
  handwriting,
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
import { groupOf } from "./together.ts";

const text = textData(tinyText(Array.from({ length: 90 }, (_, k) => (k * k) % 7 % 3)));
const cases: TrainingCase[] = [
  {
    name: "handwriting, Muon, averages, whose last batches have fewer lines than there are processes",
    experiment: tinySynthesis(),
    stage: { ...tinyStage, recipe: { ...tinyRecipe, batchSize: 4 } },
    data: tinyData,
  },
  {
    name: "handwriting under adaptive weight noise",
    experiment: tinySynthesis(),
    stage: { ...tinyStage, regularisation: { kind: "adaptive weight noise", std: 0.05, varianceRate: 3 } },
    data: tinyData,
  },
  {
    name: "streams of text, taught, under weight noise",
    experiment: tinyCharacters(),
    stage: {
      recipe: { ...tinyRecipe, batchSize: 5, text: { steps: 4, resetEvery: null }, curriculum: [] },
      regularisation: { kind: "weight noise", std: 0.1 },
    },
    data: text,
    teachers: [tinyTeacher(3, 0.4)],
  },
  {
    name: "sentences",
    experiment: tinyCharacters(),
    stage: {
      recipe: { ...tinyRecipe, batchSize: 3, text: "sentences", curriculum: [] },
      regularisation: { kind: "none" },
    },
    data: text,
  },
];

interface Saved {
  weights: HostTensors;
  memory: HostTensors;
  losses: number[];
  loss: number;
  position: Position;
}

/** Takes `updates` updates, from `from` on where it is given; what a checkpoint would hold, and the validation loss. */
async function trained(
  { experiment, stage, data, teachers }: TrainingCase,
  group: Group,
  updates: number,
  from?: Saved,
): Promise<Saved> {
  const engine = new Float64Engine();
  const training = new Training({
    engine,
    config: experiment.network,
    stage,
    weights: initialWeights(experiment.network, 1),
    seed: 1,
    sequences: 7,
    teachers,
    group,
  });
  if (from) training.restore(from.weights, from.memory, from.position);
  const losses: number[] = [];
  while (training.position.update < updates) {
    for (const batch of data.batches(training.position.epoch, 1, stage.recipe, Infinity)) {
      if (training.position.update === updates) break;
      losses.push((await training.update(batch)).total);
    }
    training.position.epoch++;
  }
  return {
    ...await training.save(),
    losses,
    loss: await meanLoss(training, data),
    position: { ...training.position },
  };
}

const all = (count: number, one: TrainingCase, updates: number, from?: Saved) =>
  Promise.all(groupOf(count).map((group) => trained(one, group, updates, from)));

function assertClose(found: Saved, expected: Saved) {
  assertEquals(found.losses.length, expected.losses.length);
  const near = (a: number, b: number, what: string) =>
    assert(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${what}: ${a}, not ${b}`);
  found.losses.forEach((loss, k) => near(loss, expected.losses[k], `loss of update ${k + 1}`));
  near(found.loss, expected.loss, "validation loss");
  for (const kind of ["weights", "memory"] as const) {
    assertEquals(Object.keys(found[kind]), Object.keys(expected[kind]));
    for (const [name, { shape, values }] of Object.entries(expected[kind])) {
      assertEquals(found[kind][name].shape, shape, name);
      found[kind][name].values.forEach((value, k) => near(value, values[k], `${kind} ${name}`));
    }
  }
}

for (const one of cases) {
  Deno.test(`together: ${one.name}`, async () => {
    const whole = await trained(one, alone, 12);
    for (const count of [2, 3]) {
      const [first, ...others] = await all(count, one, 12);
      assertClose(first, whole);
      for (const other of others) {
        assertEquals([other.weights, other.memory, other.loss], [first.weights, first.memory, first.loss]);
      }
    }
    // A checkpoint does not tell how many had a part in it.
    if (typeof one.stage.recipe.text === "object") {
      const [half] = await all(3, one, 5);
      assertEquals(half.memory["state h_1"].shape.slice(0, 2), [1, 5]);
    }
  });
}

Deno.test("together: other processes go on from a checkpoint, another number of them", async () => {
  await withFolder(async (folder) => {
    const [, , { experiment, stage, data, teachers }] = cases;
    const run = (name: string, groups: Group[], updates: number, resume: boolean) =>
      Promise.all(groups.map((group) =>
        train({
          experiment,
          stage,
          data,
          teachers,
          group,
          updates,
          resume,
          folder: join(folder, name),
          engine: new Float64Engine(),
        })
      ));
    await run("whole", [alone], 12, false);
    await run("shared", groupOf(2), 5, false);
    const results = await run("shared", groupOf(3), 12, true);
    assertEquals(results.map(({ stopped }) => stopped), ["finished", "finished", "finished"]);
    const { engines } = results[0].info.provenance.stages.at(-1)!;
    assertEquals(engines.map((engine) => engine.match(/\d processes/)?.[0]), ["2 processes", "3 processes"]);
    const weights = (name: string) => readTensors(join(folder, name, "weights-12.safetensors"));
    const { tensors: found } = await weights("shared"), { tensors: expected } = await weights("whole");
    for (const [name, { values }] of Object.entries(expected)) {
      found[name].values.forEach((value, k) =>
        assert(Math.abs(value - values[k]) < 1e-6, `${name}: ${value}, not ${values[k]}`)
      );
    }
  });
});

Deno.test("together: all stop where one is told to", async () => {
  await withFolder(async (folder) => {
    const [{ experiment, stage, data }] = cases;
    const stopping = new AbortController();
    const results = await Promise.all(
      groupOf(2).map((group) =>
        train({
          experiment,
          stage,
          data,
          group,
          folder,
          engine: new Float64Engine(),
          ...group.index === 1 && { signal: stopping.signal },
          onProgress: (progress) => progress.kind === "update" && stopping.abort(),
        })
      ),
    );
    assertEquals(results.map(({ stopped }) => stopped), ["signal", "signal"]);
    assertEquals(results[0].info.position.update, results[1].info.position.update);
  });
});

Deno.test("together: weights that drift apart are not saved", async () => {
  const trainings = groupOf(2).map((group) => {
    const [{ experiment, stage }] = cases, weights = initialWeights(experiment.network, 1 + group.index);
    return new Training({
      engine: new Float64Engine(),
      config: experiment.network,
      stage,
      weights,
      seed: 1,
      sequences: 7,
      group,
    });
  });
  await Promise.all(
    trainings.map((training) => assertRejects(() => training.save(), Error, "no longer the same")),
  );
});

Deno.test("together: more processes than streams of text are refused", () => {
  const [, , { experiment, stage }] = cases;
  assertThrows(
    () =>
      new Training({
        engine: new Float64Engine(),
        config: experiment.network,
        stage,
        weights: initialWeights(experiment.network, 1),
        seed: 1,
        sequences: 7,
        group: groupOf(6)[0],
      }),
    Error,
    "Expected at most 5 processes",
  );
});

Deno.test("a part of a batch: these sequences, as a batch of them alone would have them", () => {
  const alphabet = { name: "tiny", symbols: ["□", "a", "b"] }, lines = handwriting.training.slice(0, 5);
  const { characters, ...own } = partOfBatch(penBatch(lines, alphabet), 1, 3);
  const { characters: expected, ...others } = penBatch(lines.slice(1, 3), alphabet) as PenBatch;
  assertEquals(own, others);
  assertEquals(characters, expected);
  const [, second] = streamBatches(Int32Array.from({ length: 40 }, (_, k) => k), { size: 4, steps: 3 });
  const part = partOfBatch(second, 1, 3);
  assertEquals([...part.inputs], [12, 22, 13, 23, 14, 24]);
  assertEquals([...part.targets], [13, 23, 14, 24, 15, 25]);
});

Deno.test("parts are shared out whole, and decisions are the same for all", async () => {
  for (const [count, n] of [[1, 5], [2, 5], [3, 2], [4, 0]]) {
    const parts = groupOf(count).map((group) => partOf(group, n));
    assertEquals(parts.map(([from, to]) => to - from).reduce((a, b) => a + b), n);
    assertEquals(parts.slice(1).map(([from]) => from), parts.slice(0, -1).map(([, to]) => to));
  }
  const groups = groupOf(3);
  const ask = (question: (group: Group) => Promise<boolean>) => Promise.all(groups.map(question));
  assertEquals(await ask((group) => some(group, group.index === 2)), [true, true, true]);
  assertEquals(await ask((group) => some(group, false)), [false, false, false]);
  assertEquals(await ask((group) => agree(group, 5)), [true, true, true]);
  assertEquals(await ask((group) => agree(group, group.index)), [false, false, false]);
});
