/** An experiment's stages, one after the other: each from the weights before it, wherever the run was stopped. */
import { assertEquals, assertRejects } from "@std/assert";
import { openEngine } from "../../lib/engine/mod.ts";
import type { Stage } from "../../lib/experiments/mod.ts";
import { publish, readLog, type RunOptions, runStages } from "../../lib/runs/mod.ts";
import { type Progress, readCheckpoint, readInfo } from "../../lib/training/mod.ts";
import { ownStages, readWeights } from "../../lib/weights/mod.ts";
import { tinyData, tinyRecipe, tinyStage, tinySynthesis, withFolder } from "../training/tiny.ts";

const engine = await openEngine("float64");
const stageOf = (updates: number, from: Stage["from"]): Stage => ({
  ...tinyStage,
  from,
  recipe: {
    ...tinyRecipe,
    schedule: { ...tinyRecipe.schedule, updates },
    validation: { every: 2, sequences: 2 },
  },
});
const stages = [stageOf(4, "random"), stageOf(3, "before"), stageOf(5, "before")];
const common: Omit<RunOptions, "folder"> = {
  experiment: tinySynthesis(),
  plan: "shipped",
  stages,
  firstStage: 1,
  seed: 5,
  engine,
  data: tinyData,
};
const best = (folder: string) => readWeights(`${folder}/best.safetensors`);

Deno.test("every stage begins with the best weights of the one before, and the run keeps the account of all", async () => {
  await withFolder(async (folder) => {
    const { stopped, stage, folders } = await runStages({ ...common, folder });
    assertEquals([stopped, stage, folders], ["finished", 3, [1, 2, 3].map((k) => `${folder}/${k}`)]);
    const { provenance } = await best(folders[2]);
    const found = await Promise.all(folders.map(best));
    assertEquals(provenance.stages.map(({ from }) => from), [
      "random",
      ...found.slice(0, 2).map(({ checksum }) => ({ experiment: "synthesis", checksum })),
    ]);
    assertEquals(provenance.stages.map(({ recipe }) => recipe.schedule.updates), [4, 3, 5]);
  });
});

Deno.test("a run goes on wherever it was stopped, as if it had not been; a finished stage is not run again", async () => {
  await withFolder(async (folder) => {
    const { folders } = await runStages({ ...common, folder: `${folder}/once` });
    const once = await readCheckpoint(folders[2]);
    const second = `${folder}/twice`;
    // Stops after update 2 of stage 1, then of stage 2, and at the very end of stage 2.
    for (const [stage, update] of [[1, 2], [2, 2], [2, 3]]) {
      const stop = new AbortController();
      const onProgress = (progress: Progress) => {
        if (progress.kind === "validation" && progress.row.update === update) stop.abort();
      };
      const resume = stage > 1;
      const result = await runStages({ ...common, folder: second, resume, signal: stop.signal, onProgress });
      assertEquals([result.stopped, result.stage, result.info.position.update], ["signal", stage, update]);
    }
    const notes: string[] = [];
    const onProgress = (progress: Progress) =>
      void (progress.kind === "note" && notes.push(progress.message));
    await runStages({ ...common, folder: second, resume: true, onProgress });
    assertEquals(notes.filter((note) => note.startsWith("Going on")), []);
    const twice = await readCheckpoint(`${second}/3`);
    assertEquals(twice.tensors, once.tensors);
    assertEquals(
      twice.rows.map(({ validationLoss }) => validationLoss),
      once.rows.map((row) => row.validationLoss),
    );
  });
});

Deno.test("time that is over with a stage begins no other", async () => {
  await withFolder(async (folder) => {
    const one = { ...common, stages: stages.slice(0, 1) };
    await runStages({ ...one, folder });
    const { stopped, stage, folders } = await runStages({ ...common, folder, resume: true, minutes: 0 });
    assertEquals([stopped, stage, folders], ["time", 1, [`${folder}/1`]]);
  });
});

Deno.test("a later stage begins with shipped weights if they are of the stage before it; its log has theirs in front", async () => {
  await withFolder(async (results) => {
    const { folders } = await runStages({
      ...common,
      stages: stages.slice(0, 1),
      folder: `${results}/first`,
    });
    const later = (firstStage: number, folder: string) =>
      runStages({ ...common, firstStage, folder: `${results}/${folder}`, results });
    await assertRejects(() => later(2, "none"), Error, "none of 'synthesis' are shipped");
    const shipped = await publish({ folders, engine, results, limit: 2 });
    const { updates } = shipped.provenance.stages[0];
    const earlier = (await readLog("synthesis", results)).filter(({ update }) => update <= updates);
    await assertRejects(() => later(3, "third"), Error, "of stage 1. Begin with an earlier stage");
    await assertRejects(() => later(4, "fourth"), Error, "no stage 4: expected one of 3");
    const { folders: two } = await later(2, "second");
    assertEquals(two, ["2", "3"].map((k) => `${results}/second/${k}`));
    assertEquals((await readInfo(two[0])).provenance.stages[1].from, {
      experiment: "synthesis",
      checksum: shipped.weights!.checksum,
    });
    const all = await publish({ folders: two, engine, results, limit: 2, replace: true });
    assertEquals([ownStages(all.provenance).length, all.logFromStage], [3, 1]);
    const log = await readLog("synthesis", results);
    assertEquals(log.slice(0, earlier.length), earlier);
    assertEquals(log.length > earlier.length, true);
    assertEquals(log.map(({ update }) => update), log.map(({ update }) => update).toSorted((a, b) => a - b));
  });
});

Deno.test("a folder of a training that is not gone on with, or has another seed, is left alone", async () => {
  await withFolder(async (folder) => {
    await assertRejects(() => runStages({ ...common, folder, resume: true }), Error, "no checkpoint");
    await runStages({ ...common, stages: stages.slice(0, 1), folder });
    await assertRejects(() => runStages({ ...common, folder }), Error, "go on with --resume");
    await assertRejects(
      () => runStages({ ...common, folder, resume: true, seed: 6 }),
      Error,
      "has the seed 5, which it keeps; found 6",
    );
  });
});
