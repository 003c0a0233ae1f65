/**
 * A training that is killed at any moment leaves a checkpoint that loads, and goes on as if nothing had happened: its
 * weights, log and best weights are bit for bit those of a training that was left alone.
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { join } from "node:path";
import { exists } from "../../lib/files.ts";
import { Random } from "../../lib/random.ts";
import { readCheckpoint } from "../../lib/training/mod.ts";
import { readWeights } from "../../lib/weights/mod.ts";
import { withFolder } from "../training/tiny.ts";
import { full, Process, runTraining, small } from "./process.ts";

const [kills, updates, apart] = full ? [20, 400, 25] : [3, 40, 5];

for (const experiment of full ? ["synthesis", "char"] : ["synthesis"]) {
  Deno.test(`${experiment}: ${kills} kills at random moments change nothing`, async () => {
    await withFolder(async (checkpoints) => {
      const settings = [experiment, ...small(updates)];
      const undisturbed = await runTraining([...settings, "--run", "undisturbed"], { checkpoints });
      assertEquals(undisturbed.code, 0, undisturbed.errors);

      const folder = join(checkpoints, "killed", "1");
      const args = [...settings, "--run", "killed", "--checkpoint-minutes", "0"];
      const goOn = async () => await exists(join(folder, "latest.json")) ? [...args, "--resume"] : args;
      const random = new Random(1, "kills", experiment);
      let duringSaves = 0, last = 0;
      for (let kill = 0; kill < kills; kill++) {
        const training = new Process(await goOn(), { checkpoints });
        // Now and then while it starts, else somewhere around a checkpoint.
        const after = random.integer(apart);
        if (after > 0) await training.output(/checkpoint at update \d+\n/, after);
        await new Promise((resolve) => setTimeout(resolve, random.uniform() * (after > 0 ? 20 : 500)));
        const { signal, errors } = await training.stop("SIGKILL");
        assertEquals(signal, "SIGKILL", errors);
        if (!await exists(join(folder, "latest.json"))) continue;
        const { position: { update }, tensors } = await readCheckpoint(folder);
        assert(update >= last && Object.keys(tensors.weights).length > 0);
        last = update;
        if (await hasLeftovers(folder, update)) duringSaves++;
      }
      const end = await runTraining(await goOn(), { checkpoints });
      assertEquals(end.code, 0, end.errors);
      assert(!await hasLeftovers(folder, updates), "parts of files are left");
      if (full) {
        console.log(
          `${experiment}: ${kills} kills up to update ${last}, ${duringSaves} of them while saving`,
        );
        assertGreater(duringSaves, 0);
      }

      const [killed, expected] = await Promise.all(
        [folder, join(checkpoints, "undisturbed", "1")].map(async (folder) => {
          const { tensors, position, rows, best } = await readCheckpoint(folder);
          const { weights } = await readWeights(join(folder, "best.safetensors"));
          const log = rows.map((row) => ({ ...row, seconds: 0 }));
          // Its checksum is of a header too, which tells the seconds.
          const { update, loss } = best!;
          return { tensors, position: { ...position, seconds: 0 }, log, best: { update, loss }, weights };
        }),
      );
      assertEquals(killed.position.update, updates);
      assertEquals(killed, expected);
    });
  });
}

/** Whether a kill has left files that belong to no checkpoint. */
async function hasLeftovers(folder: string, update: number): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    if (
      name.endsWith(".part") || /-\d+\.safetensors$/.test(name) && !name.endsWith(`-${update}.safetensors`)
    ) {
      return true;
    }
  }
  return false;
}
