/** Which data are used: the full sets, the excerpts, or none, with a reason. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import {
  excerptDirectory,
  findSet,
  openHandwriting,
  openPennTreebank,
  openWikipedia,
} from "../../lib/data/mod.ts";
import { root } from "../../lib/files.ts";
import { inFolder } from "./distribution.ts";

/** Runs `test` with `GRAVES_DATA` set, or not set at all. */
async function withVariable(value: string | undefined, test: () => Promise<void>): Promise<void> {
  const before = Deno.env.get("GRAVES_DATA");
  const set = (value?: string) =>
    value === undefined ? Deno.env.delete("GRAVES_DATA") : Deno.env.set("GRAVES_DATA", value);
  set(value);
  await test().finally(() => set(before));
}

const opening = {
  "iam-ondb": () => openHandwriting(),
  "penn-treebank": () => openPennTreebank("character"),
  enwik8: () => openWikipedia(),
};
const sets = Object.keys(opening) as (keyof typeof opening)[];

Deno.test("a named folder that does not exist, or holds no data set, is an error, never the excerpt", async () => {
  await inFolder(async (folder) => {
    for (const set of sets) {
      const nowhere = join(folder, "none");
      await withVariable(nowhere, async () => {
        await assertRejects(opening[set], Error, `There is no folder ${nowhere} (GRAVES_DATA)`);
      });
      await assertRejects(() => findSet(set, nowhere), Error, `There is no folder ${nowhere}.`);
      await Deno.writeTextFile(join(folder, "input.txt"), "x");
      await withVariable(folder, async () => {
        await assertRejects(
          opening[set],
          Error,
          `${folder} (GRAVES_DATA) holds none of the data sets but input.txt`,
        );
      });
    }
  });
});

Deno.test("an empty GRAVES_DATA names no folder: it is as if it were not set", async () => {
  const source = async () => (await openPennTreebank("character")).source;
  let unset = "", empty = "";
  await withVariable(undefined, async () => void (unset = await source()));
  await withVariable("", async () => void (empty = await source()));
  assertEquals(empty, unset);
});

Deno.test("a set's folder that holds other files only is an error that says what was expected", async () => {
  const wrong = { "iam-ondb": "lineStrokes", ptb: "train.txt", enwik8: "enwik8.gz" };
  for (const [k, [name, file]] of Object.entries(wrong).entries()) {
    await inFolder(async (folder) => {
      await Deno.mkdir(join(folder, name));
      await Deno.writeTextFile(join(folder, name, file), "x");
      await withVariable(folder, async () => {
        const { message } = await assertRejects(opening[sets[k]], Error, `holds ${file}, but`);
        assertStringIncludes(message, `deno task data ${sets[k]}`);
      });
    });
  }
});

Deno.test("beside another set, and on demand, the excerpt is used", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "ptb"));
    await Deno.writeTextFile(join(folder, "ptb", "ptb.train.txt"), "a b\n");
    assertEquals(await findSet("enwik8", folder), null);
    assertEquals((await findSet("penn-treebank", folder))?.files, ["ptb.train.txt"]);
    // A download that was broken off is not a set, and not a mistake.
    await Deno.mkdir(join(folder, "enwik8"));
    await Deno.writeTextFile(join(folder, "enwik8", "enwik8.zip.part"), "");
    assertEquals(await findSet("enwik8", folder), null);
  });
  for (const name of ["data/excerpts", "data/excerpts/", excerptDirectory]) {
    await withVariable(name, async () => assertEquals((await openHandwriting()).source, "excerpt"));
  }
});

Deno.test("train tells that the named folder of data does not exist", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      join(root, "lib/cli/train.ts"),
      "synthesis",
      "--engine",
      "float64",
    ],
    env: { GRAVES_DATA: "/no/such/folder", NO_COLOR: "1" },
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), "There is no folder /no/such/folder (GRAVES_DATA)");
});
