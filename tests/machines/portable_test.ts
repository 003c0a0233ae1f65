/** `deno task portable`: what it writes trains where there is no network, no Deno and nothing of this project. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { defaultCleaning, excerptDirectory, openHandwriting } from "../../lib/data/mod.ts";
import { openPacked, packedFile, standIn } from "../../lib/data/packed.ts";
import { exists, root } from "../../lib/files.ts";
import { readInfo } from "../../lib/training/mod.ts";
import { planned, withFolder } from "../training/tiny.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function portable(experiment: string, out: string) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib/cli/portable.ts"), experiment, "--out", out],
    env: { GRAVES_DATA: "data/excerpts", NO_COLOR: "1" },
  }).output();
  return { code, out: text(stdout), errors: text(stderr) };
}

const unshare = ["/usr/bin/unshare", "--map-root-user", "--net"];
const canUnshare = await new Deno.Command(unshare[0], { args: [...unshare.slice(1), "true"] }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: canUnshare
    ? "a portable folder trains in a network namespace of its own, with an empty PATH and no home"
    : "a portable folder trains with an empty PATH and no home (NOT without network: this system gives no namespace)",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withFolder(async (folder) => {
      const out = join(folder, "the folder");
      const written = await portable("synthesis-adaptive", out);
      assertEquals(written.code, 0, written.errors);
      const [, megabytes] = written.out.match(/: (\d+) MB\. There: sh train\.sh/)!;
      assertLess(Number(megabytes), 100);
      const train = async (...args: string[]) => {
        const command = ["/bin/sh", join(out, "train.sh"), "--engine", "cpu", "--threads", "1", ...args];
        const [first, ...rest] = canUnshare ? [...unshare, ...command] : command;
        const { code, stdout, stderr } = await new Deno.Command(first, {
          args: rest,
          clearEnv: true,
          env: { PATH: "", NO_COLOR: "1" },
          cwd: "/",
        }).output();
        return { code, out: text(stdout), errors: text(stderr) };
      };
      const plan = planned({ updates: 2, batch: 2, from: "random" }, { layers: 1, cells: 4 });
      const first = await train(...plan);
      assertEquals(first.code, 0, first.errors);
      assertStringIncludes(first.out, "Finished after update 2");
      const stage = join(out, ".checkpoints", "synthesis-adaptive", "1");
      assert(await exists(join(stage, "best.safetensors")));
      const { provenance } = await readInfo(stage);
      assertEquals(provenance.stages[0].revisions, [(await Deno.readTextFile(join(out, "revision"))).trim()]);
      const more = planned({ updates: 3, batch: 2, from: "random" }, { layers: 1, cells: 4 });
      assertEquals((await train("--resume", ...more)).code, 0);
      assertEquals((await readInfo(stage)).position.update, 3);
      // The weights that its stages start from are there.
      assert(await exists(join(out, "results", "weights", "synthesis.safetensors")));
      const again = await portable("char", out);
      assertEquals(again.code, 1);
      assertStringIncludes(again.errors, "is not empty");
    }),
});

Deno.test("packed handwriting stands for the data themselves; with another cleaning, or damaged, it is refused", async () => {
  await withFolder(async (folder) => {
    const open = () => openPacked(join(excerptDirectory, "iam-ondb"), defaultCleaning, folder);
    await open();
    // From the cache.
    const packed = await open();
    const bytes = await standIn(packed, defaultCleaning), path = join(folder, "iam-ondb", packedFile);
    await Deno.mkdir(join(folder, "iam-ondb"));
    await Deno.writeFile(path, bytes);
    const opened = await openHandwriting({ directory: join(folder, "iam-ondb"), cache: folder });
    assertEquals(opened.checksum, packed.checksum);
    const fails = async (cleaning = defaultCleaning) => {
      const error = await openPacked(join(folder, "iam-ondb"), cleaning, folder).catch((error) => error);
      assertStringIncludes(error.message, "pack it anew");
    };
    await fails({ interpolate: false, largestStep: null });
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
    await fails();
  });
});
