/** What may happen to a training on a real machine ends it with a sentence for people and a whole checkpoint. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { readCheckpoint } from "../../lib/training/mod.ts";
import { withFolder } from "../training/tiny.ts";
import { type Ended, Process, runTraining, small } from "./process.ts";

const settings = ["synthesis", "--run", "tried"];
const stage = (checkpoints: string) => join(checkpoints, "tried", "1");

/** The command failed, saying so without a stack. */
function assertFailed({ code, errors }: Ended, ...sentences: (string | RegExp)[]): void {
  assertEquals(code, 1, errors);
  for (const sentence of sentences) {
    if (typeof sentence === "string") assertStringIncludes(errors, sentence);
    else assertMatch(errors, sentence);
  }
  assert(!/^ +at /m.test(errors), errors);
}

/** The names and the contents of a folder's files. */
async function contents(folder: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for await (const { name } of Deno.readDir(folder)) files[name] = await Deno.readFile(join(folder, name));
  return files;
}

Deno.test("a loss that is not finite ends the training with the last good checkpoint kept", async () => {
  await withFolder(async (checkpoints) => {
    const args = [...settings, ...small(50, { rate: 1e30 }), "--checkpoint-minutes", "0"];
    const ended = await runTraining(args, { checkpoints });
    assertFailed(ended, /The loss became (NaN|Infinity) in update \d+ .*The last checkpoint is kept/);
    const [, failed] = ended.errors.match(/in update (\d+)/)!;
    const { position } = await readCheckpoint(stage(checkpoints));
    assertEquals(position.update, Number(failed) - 1);
  });
});

Deno.test("Ctrl-C saves a checkpoint, from which the training goes on", async () => {
  await withFolder(async (checkpoints) => {
    const training = new Process([...settings, ...small(100_000)], { checkpoints });
    await training.output(/ update 1 /);
    const { code, out, errors } = await training.stop("SIGINT");
    assertEquals(code, 130, errors);
    const [, update] = out.match(/Stopped after update (\d+)/)!;
    const folder = stage(checkpoints);
    assertEquals((await readCheckpoint(folder)).position.update, Number(update));
    const more = [...small(Number(update) + 1), "--resume"];
    const resumed = await runTraining([...settings, ...more], { checkpoints });
    assertEquals(resumed.code, 0, resumed.errors);
    assertEquals((await readCheckpoint(folder)).position.update, Number(update) + 1);
  });
});

Deno.test({
  name: "a disk that has no more room leaves the checkpoint before as it was",
  // The shell's limit on the size of files stands for the disk's end.
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFolder(async (checkpoints) => {
      const first = await runTraining([...settings, ...small(2)], { checkpoints });
      assertEquals(first.code, 0, first.errors);
      const folder = stage(checkpoints);
      const before = await contents(folder);
      // 16 blocks of 512 bytes (or, in some shells, 1024); without the trap a signal would end the process.
      const wrapper = ["sh", "-c", 'trap "" XFSZ; ulimit -f 16; exec "$@"', "sh"];
      const more = [...small(9), "--checkpoint-minutes", "0", "--resume"];
      const second = await runTraining([...settings, ...more], { checkpoints, wrapper });
      assertFailed(second, "The checkpoint of update 3 is not saved. Cannot write", "The one before is kept");
      const after = await contents(folder);
      assertNotEquals(after.lock, before.lock);
      assertEquals({ ...after, lock: null }, { ...before, lock: null });
      const third = await runTraining([...settings, ...small(3), "--resume"], { checkpoints });
      assertEquals(third.code, 0, third.errors);
    });
  },
});

Deno.test("a folder that cannot be written to is noticed before the training, not after it", async () => {
  await withFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "not a folder");
    const ended = await runTraining([...settings, ...small(2)], { checkpoints: file });
    assertFailed(ended, `Cannot write checkpoints into ${join(file, "tried")}`, "GRAVES_CHECKPOINTS");
    assert(!ended.out.includes("update"), ended.out);
    assertEquals(await Deno.readTextFile(file), "not a folder");
  });
});

Deno.test("a second training in the same folder is refused; a killed one does not lock it", async () => {
  await withFolder(async (checkpoints) => {
    const args = [...settings, ...small(100_000), "--checkpoint-minutes", "0"];
    const first = new Process(args, { checkpoints });
    await first.output(/checkpoint at update 1\n/);
    const second = await runTraining([...args, "--resume"], { checkpoints });
    assertFailed(second, `Another training (process ${first.child.pid}, since `, "--run");
    assertEquals((await first.stop("SIGKILL")).signal, "SIGKILL");
    const folder = stage(checkpoints);
    const { position: { update } } = await readCheckpoint(folder);
    const more = [...small(update + 1), "--resume"];
    const third = await runTraining([...settings, ...more], { checkpoints });
    assertEquals(third.code, 0, third.errors);
    assertEquals((await readCheckpoint(folder)).position.update, update + 1);
  });
});
