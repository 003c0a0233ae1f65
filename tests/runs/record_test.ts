import { assertEquals, assertRejects } from "@std/assert";
import { openEngine } from "../../lib/engine/mod.ts";
import { readLog, readRecord, recordTrial, writeRecord } from "../../lib/runs/mod.ts";
import { type CheckpointInfo, readInfo, train } from "../../lib/training/mod.ts";
import { readWeights, totalOf, type WeightsFile } from "../../lib/weights/mod.ts";
import { tinyData, tinyStage, tinySynthesis, withFolder } from "../training/tiny.ts";

const engine = await openEngine("float64");
const common = { experiment: tinySynthesis(), engine, stage: tinyStage, data: tinyData, seed: 5 };

Deno.test("a trial is recorded without weights, and never over a run that has some", async () => {
  await withFolder(async (results) => {
    const folder = `${results}/checkpoint`;
    const { info } = await train({ ...common, folder, updates: 4 });
    const record = await recordTrial({ folders: [folder], run: "trial", results, notes: ["short"] });
    assertEquals(await readRecord("trial", results), JSON.parse(JSON.stringify(record)));
    const { experiment, stages } = record.provenance;
    assertEquals([record.run, experiment, stages[0].updates], ["trial", "synthesis", info.best!.update]);
    assertEquals([record.weights, record.results, record.notes], [undefined, {}, ["short"]]);
    assertEquals((await readLog("trial", results)).map(({ update }) => update), [3, 4]);
    const weights = {
      file: "results/weights/trial.safetensors",
      checksum: "0".repeat(64),
      type: "F32",
    } as const;
    await writeRecord({ ...record, weights }, results);
    await assertRejects(
      () => recordTrial({ folders: [folder], run: "trial", results }),
      Error,
      "another name",
    );
  });
});

Deno.test("the log of a training that goes on from shipped weights has theirs in front", async () => {
  await withFolder(async (results) => {
    const [first, second, other, last] = ["1", "2", "other", "last"].map((name) => `${results}/${name}`);
    const best = (folder: string): Promise<WeightsFile> => readWeights(`${folder}/best.safetensors`);
    await train({ ...common, folder: first, updates: 7 });
    const shipped = await recordTrial({ folders: [first], run: "run", results });
    const { updates } = shipped.provenance.stages[0];
    const earlier = (await readLog("run", results)).filter(({ update }) => update <= updates);

    await train({ ...common, folder: second, updates: 3, start: await best(first) });
    const record = await recordTrial({ folders: [second], run: "run", results });
    const log = await readLog("run", results);
    assertEquals(record.logFromStage, 1);
    assertEquals(record.provenance.stages.length, 2);
    assertEquals(log.slice(0, earlier.length), earlier);
    assertEquals(log.slice(earlier.length).map(({ update }) => update), [updates + 3]);
    assertEquals(totalOf(record.provenance.stages).updates, updates + 3);

    await train({ ...common, folder: second, updates: 5, resume: true });
    await recordTrial({ folders: [second], run: "run", results });
    assertEquals((await readLog("run", results)).slice(0, earlier.length), earlier, "recorded once more");
    const both = await recordTrial({ folders: [first, second], run: "both", results });
    assertEquals(both.logFromStage, 1);
    assertEquals(await readLog("both", results), await readLog("run", results), "from both checkpoints");

    await train({ ...common, folder: other, updates: 3 });
    await train({ ...common, folder: last, updates: 3, start: await best(other) });
    const stranger = await recordTrial({ folders: [last], run: "run", results, replace: true });
    assertEquals([stranger.logFromStage, (await readLog("run", results)).length], [2, 1], "not of this run");
  });
});

Deno.test("a checkpoint keeps the revisions that trained", async () => {
  await withFolder(async (folder) => {
    const revisionsOf = ({ provenance }: Pick<CheckpointInfo, "provenance">) =>
      provenance.stages[0].revisions;
    await train({ ...common, folder, updates: 1 });
    const revisions = revisionsOf(await readInfo(folder));
    assertEquals(revisions.length, 1);
    await train({ ...common, folder, updates: 2, resume: true });
    assertEquals(revisionsOf(await readInfo(folder)), revisions, "the same code is not named twice");
    const path = `${folder}/latest.json`;
    const latest = JSON.parse(await Deno.readTextFile(path));
    latest.provenance.stages[0].revisions = ["0123456789ab"];
    await Deno.writeTextFile(path, JSON.stringify(latest));
    await train({ ...common, folder, updates: 6, resume: true });
    assertEquals(revisionsOf(await readInfo(folder)), ["0123456789ab", ...revisions]);
    assertEquals(revisionsOf(await readWeights(`${folder}/best.safetensors`)), [
      "0123456789ab",
      ...revisions,
    ]);
  });
});
