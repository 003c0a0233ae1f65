import { assertEquals, assertRejects } from "@std/assert";
import { openEngine } from "../../lib/engine/mod.ts";
import {
  type CheckpointInfo,
  readInfo,
  readLog,
  readRecord,
  readWeights,
  recordTrial,
  totalOf,
  train,
  writeRecord,
} from "../../lib/training/mod.ts";
import { tinyData, tinyRecipe, tinySynthesis, withFolder } from "./tiny.ts";

const engine = await openEngine("float64");
const common = { experiment: tinySynthesis(), engine, recipe: tinyRecipe, data: tinyData, seed: 5 };

Deno.test("a trial is recorded without weights, and never over a run that has some", async () => {
  await withFolder(async (results) => {
    const folder = `${results}/checkpoint`;
    const { info } = await train({ ...common, folder, updates: 4 });
    const record = await recordTrial({ folder, run: "trial", results, notes: ["short"] });
    assertEquals(await readRecord("trial", results), JSON.parse(JSON.stringify(record)));
    assertEquals([record.run, record.experiment, record.updates], ["trial", "synthesis", info.best!.update]);
    assertEquals([record.weightsFile, record.results, record.notes], [undefined, {}, ["short"]]);
    assertEquals((await readLog("trial", results)).map(({ update }) => update), [3, 4]);
    await writeRecord({ ...record, weightsFile: "results/weights/trial.safetensors" }, results);
    await assertRejects(() => recordTrial({ folder, run: "trial", results }), Error, "another name");
  });
});

Deno.test("the log of a training that goes on from shipped weights has theirs in front", async () => {
  await withFolder(async (results) => {
    const [first, second, other] = ["first", "second", "other"].map((name) => `${results}/${name}`);
    await train({ ...common, folder: first, updates: 7 });
    const shipped = await recordTrial({ folder: first, run: "run", results });
    const { checksum } = await readWeights(`${first}/best.safetensors`);
    await writeRecord({ ...shipped, weightsChecksum: checksum }, results);
    const earlier = (await readLog("run", results)).filter(({ update }) => update <= shipped.updates);

    await train({ ...common, folder: second, updates: 3, from: `${first}/best.safetensors` });
    const record = await recordTrial({ folder: second, run: "run", results });
    const log = await readLog("run", results);
    assertEquals(record.logIsWhole, true);
    assertEquals(log.slice(0, earlier.length), earlier);
    assertEquals(log.slice(earlier.length).map(({ update }) => update), [shipped.updates + 3]);
    assertEquals(totalOf(record).updates, shipped.updates + record.updates);

    await train({ ...common, folder: second, updates: 5, resume: true });
    await recordTrial({ folder: second, run: "run", results });
    assertEquals((await readLog("run", results)).slice(0, earlier.length), earlier, "recorded once more");

    await train({ ...common, folder: other, updates: 3 });
    await train({ ...common, folder: `${results}/last`, updates: 3, from: `${other}/best.safetensors` });
    const stranger = await recordTrial({ folder: `${results}/last`, run: "run", results, replace: true });
    assertEquals(
      [stranger.logIsWhole, (await readLog("run", results)).length],
      [false, 1],
      "not of this run",
    );
  });
});

Deno.test("a checkpoint keeps the revisions that trained; one of before revisions were kept goes on", async () => {
  await withFolder(async (folder) => {
    await train({ ...common, folder, updates: 1 });
    const { revisions } = await readInfo(folder);
    assertEquals(revisions?.length, 1);
    await train({ ...common, folder, updates: 2, resume: true });
    assertEquals((await readInfo(folder)).revisions, revisions, "the same code is not named twice");
    const path = `${folder}/latest.json`;
    const change = async (change: Partial<CheckpointInfo>) =>
      await Deno.writeTextFile(
        path,
        JSON.stringify({ ...JSON.parse(await Deno.readTextFile(path)), ...change }),
      );
    await change({ revisions: undefined });
    await train({ ...common, folder, updates: 3, resume: true });
    assertEquals((await readInfo(folder)).revisions, ["unknown", ...revisions!]);
    assertEquals(
      (await readWeights(`${folder}/best.safetensors`)).metadata.revisions,
      `unknown; ${revisions}`,
    );
    await change({ revisions: ["0123456789ab"] });
    await train({ ...common, folder, updates: 6, resume: true });
    assertEquals((await readInfo(folder)).revisions, ["0123456789ab", ...revisions!]);
  });
});
