/** A rank of the cpu engine that dies ends the training with an error: no hang, and the last checkpoint is good. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../lib/files.ts";
import { readCheckpoint } from "../../lib/training/mod.ts";
import { withFolder } from "../training/tiny.ts";
import { full, moduleNames, Process, runTraining, small } from "./process.ts";

/** deno.json's modules, and in the ranks an operation that dies. */
async function dyingImportMap(folder: string): Promise<string> {
  const url = (...path: string[]) => pathToFileURL(join(root, ...path)).href;
  const scopes = {
    [url("lib", "engine", "cpu", "rank", "worker.ts")]: {
      [url("lib", "engine", "cpu", "rank", "operations.ts")]: url(
        "tests",
        "endurance",
        "dying_operations.ts",
      ),
    },
  };
  const path = join(folder, "import-map.json");
  await Deno.writeTextFile(path, JSON.stringify({ imports: await moduleNames(), scopes }));
  return path;
}

const deaths = [
  { death: "1 50 throws", message: "rank 1 failed: Error: this rank was told to fail" },
  { death: "0 1500 throws", message: "rank 0 failed: Error: this rank was told to fail" },
  { death: "0 1500 ends", message: "rank 0 has died" },
  { death: "1 50 ends", message: "rank 1 has died" },
];

for (const { death, message } of full ? deaths : [deaths[0], deaths[2]]) {
  Deno.test(`a rank that dies ends the training (rank, operations, how: ${death})`, async () => {
    await withFolder(async (folder) => {
      const checkpoints = join(folder, "checkpoints");
      const importMap = await dyingImportMap(folder);
      const common = ["synthesis", "--run", "dying"];
      const training = new Process([
        ...common,
        ...small(1000),
        "--checkpoint-minutes",
        "0",
      ], {
        checkpoints,
        importMap,
        env: { TEST_DYING_RANK: death },
      });
      await training.output(/checkpoint at update 1\n/);
      const begun = performance.now();
      const deadline = setTimeout(() => training.stop("SIGKILL"), 60_000);
      const { code, signal, errors } = await training.ended;
      clearTimeout(deadline);
      assertEquals([code, signal], [1, null], `${errors}\nafter ${performance.now() - begun} ms`);
      assertStringIncludes(errors, message);
      const { position: { update } } = await readCheckpoint(join(checkpoints, "dying", "1"));
      assert(update >= 1);
      const more = [...small(update + 1), "--resume"];
      const resumed = await runTraining([...common, ...more], { checkpoints });
      assertEquals(resumed.code, 0, resumed.errors);
      assertEquals((await readCheckpoint(join(checkpoints, "dying", "1"))).position.update, update + 1);
    });
  });
}

Deno.test("a rank that dies before it begins ends the training", async () => {
  await withFolder(async (folder) => {
    const training = new Process(["synthesis", ...small(2)], {
      checkpoints: folder,
      importMap: await dyingImportMap(folder),
      env: { TEST_DYING_RANK: "any 0 unborn" },
    });
    const deadline = setTimeout(() => training.stop("SIGKILL"), 60_000);
    const { code, signal, errors } = await training.ended;
    clearTimeout(deadline);
    assertEquals([code, signal], [1, null], errors);
    assertMatch(errors, /The cpu engine has stopped: rank \d has died/);
  });
});
