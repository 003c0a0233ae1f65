/** `deno task data` as a user runs it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { zipSync } from "fflate";
import { exists, root, sha256 } from "../../lib/files.ts";
import { archive, inFolder } from "./distribution.ts";
import { serving } from "./server.ts";

async function data(
  folder: string,
  ...args: string[]
): Promise<{ code: number; out: string; errors: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(root, "lib", "cli", "data.ts"), ...args],
    env: { GRAVES_DATA: folder, NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), errors: text(stderr) };
}

const utf8 = new TextEncoder();
const texts: Record<string, string> = { train: "a b\n".repeat(50_000), valid: "c\n", test: "d e\n" };

/** The registry of sets, with small ones in place of two, whose archives are at `url`. */
async function registry(url: string): Promise<string> {
  const sources = JSON.parse(await Deno.readTextFile(join(root, "data", "sources.json")));
  const describe = async (name: string, text: string) => {
    const bytes = utf8.encode(text);
    return { name, bytes: bytes.length, sha256: await sha256(bytes) };
  };
  sources["penn-treebank"].archive = { url, name: "simple-examples.tgz" };
  sources["penn-treebank"].files = await Promise.all(
    Object.entries(texts).map(([part, text]) => describe(`ptb.${part}.txt`, text)),
  );
  sources.enwik8.archive = { url, name: "enwik8.zip" };
  sources.enwik8.files = [await describe("enwik8", texts.train)];
  return JSON.stringify(sources);
}

Deno.test("deno task data downloads the Penn Treebank and enwik8, unpacks and checks them", async () => {
  const archives = {
    "penn-treebank": await archive(
      Object.entries(texts).map(([part, text]) => [`./simple-examples/data/ptb.${part}.txt`, text]),
    ),
    enwik8: zipSync({ enwik8: utf8.encode(texts.train) }),
  };
  const files = { "penn-treebank": "ptb/ptb.train.txt", enwik8: "enwik8/enwik8" };
  for (const name of ["penn-treebank", "enwik8"] as const) {
    await inFolder((folder) =>
      serving(archives[name], async ({ url }) => {
        const sources = join(folder, "sources.json");
        await Deno.writeTextFile(sources, await registry(url));
        const first = await data(folder, name, "--sources", sources);
        assertEquals([first.code, first.errors], [0, ""]);
        assertStringIncludes(first.out, `${name} is present, checksums right.`);
        assertStringIncludes(first.out, "MB/s");
        assertEquals(await Deno.readTextFile(join(folder, files[name])), texts.train);
        // What is there already is not got again; what is not the right file is.
        const again = await data(folder, name, "--sources", sources);
        assert(!again.out.includes("MB/s"), again.out);
        await Deno.writeTextFile(join(folder, files[name]), "mine");
        const replaced = await data(folder, name, "--sources", sources);
        assertEquals(replaced.code, 0, replaced.errors);
        assertStringIncludes(replaced.out, `${join(folder, files[name])}.wrong`);
        assertEquals(await Deno.readTextFile(join(folder, files[name])), texts.train);
        assertEquals(await Deno.readTextFile(`${join(folder, files[name])}.wrong`), "mine");
      })
    );
  }
});

Deno.test("deno task data: a wrong archive from the net is an error that names it, and nothing of it stays", async () => {
  await inFolder((folder) =>
    serving(utf8.encode("<html>Please log in</html>"), async ({ url }) => {
      const sources = join(folder, "sources.json");
      await Deno.writeTextFile(sources, await registry(url));
      const { code, errors } = await data(folder, "penn-treebank", "--sources", sources);
      assertEquals(code, 1);
      assertStringIncludes(
        errors,
        "simple-examples.tgz is damaged, was not downloaded to its end or is another file",
      );
      assertEquals(await exists(join(folder, "ptb", "simple-examples.tgz")), false);
      assertEquals(await exists(join(folder, "ptb", "ptb.train.txt")), false);
      await Deno.writeTextFile(sources, "{}");
      const other = await data(folder, "penn-treebank", "--sources", sources);
      assertEquals(other.code, 1);
      assertStringIncludes(other.errors, "a file in the form of data/sources.json");
    })
  );
});

Deno.test("deno task data lists what is missing, and names only that", async () => {
  await inFolder(async (folder) => {
    const nothing = await data(join(folder, "none"));
    assertEquals(nothing.code, 0, nothing.errors);
    assertStringIncludes(nothing.out, "opening it is an error: There is no folder");
    await Deno.mkdir(join(folder, "iam-ondb"));
    for (const name of ["lineStrokes-all.tar.gz", "ascii-all.tar.gz", "trainset.txt", "testset_v.txt"]) {
      await Deno.writeTextFile(join(folder, "iam-ondb", name), "x");
    }
    const { code, errors } = await data(folder, "iam-ondb");
    assertEquals(code, 1);
    assertStringIncludes(errors, "download testset_t.txt, testset_f.txt and put them into");
  });
});
