import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { notebook, shown } from "./stress.ts";

import { cacheDirectory, outputDirectory, root } from "../../lib/files.ts";

const script = fileURLToPath(new URL("../../lib/cli/reproduce.ts", import.meta.url));

Deno.test("reproduce runs every notebook, names the cell that fails, and writes what there is", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [notebooks, out] = [join(directory, "notebooks"), join(directory, "results")];
    await writeNotebook(join(notebooks, "1-bad.ipynb"), notebook(`console.log("before")`, "", "null.x", "3"));
    await writeNotebook(join(notebooks, "2-good.ipynb"), notebook(`Deno.cwd().endsWith("notebooks")`));
    const reproduce = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, "--notebooks", notebooks, "--out", out, ...args],
      }).output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    const all = await reproduce();
    assertEquals(all.code, 1);
    assertMatch(all.stdout, /^\[1\/2\] FAILED 1-bad/m);
    assertMatch(all.stdout, /^\[2\/2\] ok +2-good/m);
    assertMatch(all.stderr, /1 failed:\n\n1-bad, cell 2: TypeError: Cannot read properties of null/);
    const executed = await readNotebook(join(out, "notebooks", "1-bad.ipynb"));
    assertEquals(executed.cells.map((cell) => shown(cell.outputs!)), ["before\n", "", "!TypeError", ""]);
    assertMatch(executed.metadata.execution!.failure!, /^cell 2: TypeError/);
    const good = await readNotebook(join(out, "notebooks", "2-good.ipynb"));
    assertEquals(shown(good.cells[0].outputs!), "<true, 4>");
    assertStringIncludes(await Deno.readTextFile(join(out, "book", "1-bad.html")), "cell 2: TypeError");

    const one = await reproduce("2");
    assertEquals([one.code, one.stderr], [0, ""]);
    assertMatch(one.stdout, /\[1\/1\] ok +2-good/);
    // The book keeps the page of the notebook that was not run again.
    assertStringIncludes(await Deno.readTextFile(join(out, "book", "2-good.html")), 'href="1-bad.html"');

    assertEquals((await reproduce("7")).code, 1);

    // Neither a notebook nor an executed one that cannot be read hides the others.
    await Deno.writeTextFile(join(notebooks, "0-null.ipynb"), '{ "nbformat": 4, "cells": [null] }');
    await Deno.writeTextFile(join(out, "notebooks", "1-bad.ipynb"), "");
    const others = await reproduce("0", "2");
    assertEquals(others.code, 1);
    assertMatch(
      others.stderr,
      /2 failed:\n\n0-null: .*0-null.ipynb is not a notebook of nbformat 4: cell 1 of all/,
    );
    assertMatch(others.stderr, /book: .*1-bad.ipynb is not a notebook: Unexpected end/);
    assertMatch(others.stdout, /\[2\/2\] ok +2-good/);
    const index = await Deno.readTextFile(join(out, "book", "index.html"));
    assertEquals([index.includes("2-good.html"), index.includes("1-bad.html")], [true, false]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test({
  name: "two notebooks run at the same time, and what is no chapter after the chapters",
  ignore: navigator.hardwareConcurrency < 2,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const [notebooks, out] = [join(directory, "notebooks"), join(directory, "results")];
      const met = (mine: string, other: string) =>
        notebook(
          `await Deno.writeTextFile("${mine}", "");`,
          `while (!(await Deno.stat("${other}").catch(() => null))) await new Promise((on) => setTimeout(on, 20));`,
        );
      await writeNotebook(join(notebooks, "1-one.ipynb"), met("one", "two"));
      await writeNotebook(join(notebooks, "2-other.ipynb"), met("two", "one"));
      await writeNotebook(
        join(notebooks, "about.ipynb"),
        notebook(`(await Array.fromAsync(Deno.readDir("../results/notebooks"))).length`),
      );
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, "--notebooks", notebooks, "--out", out, "--timeout", "120"],
      }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      const { cells } = await readNotebook(join(out, "notebooks", "about.ipynb"));
      assertEquals(shown(cells[0].outputs!), "<2, 1>");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("what a notebook draws goes where git ignores it, wherever the notebook is run", async () => {
  assert(!Deno.env.has("GRAVES_OUTPUT"), "GRAVES_OUTPUT is set");
  const command = new Deno.Command("git", {
    args: ["check-ignore", join(outputDirectory(), "figures", "figure-01.png")],
    cwd: root,
  });
  const { code, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr) || `${outputDirectory()} is not ignored`);
});

Deno.test("reproduce --update takes figures and tables of notebooks that ran through, and none of an excerpt", async () => {
  // In the project, so that `import "graves"` leads there.
  await Deno.mkdir(cacheDirectory, { recursive: true });
  const directory = await Deno.makeTempDir({ dir: cacheDirectory });
  try {
    const [notebooks, out] = [join(directory, "notebooks"), join(directory, "results")];
    const drawing = (name: string, ...cells: string[]) =>
      writeNotebook(
        join(notebooks, `${name}.ipynb`),
        notebook(
          `import { figure, openHandwriting, openPennTreebank, openWikipedia, table, table2 } from "graves";`,
          ...cells.slice(0, -1),
          `await figure('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', { name: "${name}", alt: "" });`,
          cells.at(-1)!,
        ),
      );
    await drawing("1-no-data", "await table(table2([]));");
    await drawing("2-handwriting", "(await openHandwriting()).source", "");
    await drawing("3-treebank", `(await openPennTreebank("word")).source`, "");
    await drawing("4-wikipedia", "(await openWikipedia()).source", "");
    await drawing("5-fails", "null.x");
    const reproduce = async (...args: string[]) => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, "--notebooks", notebooks, "--out", out, ...args],
        env: { GRAVES_DATA: "data/excerpts" },
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    const drawn = async (...folders: string[]) => {
      try {
        return (await Array.fromAsync(Deno.readDir(join(out, ...folders)), ({ name }) => name)).sort();
      } catch {
        return [];
      }
    };
    const all = ["1-no-data", "2-handwriting", "3-treebank", "4-wikipedia", "5-fails"]
      .flatMap((name) => [`${name}.png`, `${name}.svg`]);

    assertMatch(await reproduce(), /1 failed:\n\n5-fails/);
    assertEquals(await drawn("notebooks", "figures"), all);
    assertEquals(await drawn("notebooks", "tables"), ["table-2.csv"]);
    assertEquals([await drawn("figures"), await drawn("tables")], [[], []]);

    const output = await reproduce("--update");
    assertMatch(output, /4 failed:/);
    for (const source of ["iam-ondb", "penn-treebank", "enwik8"]) {
      assertStringIncludes(output, `\`deno task data ${source}\` gets the set`);
    }
    assertEquals(await drawn("figures"), ["1-no-data.png", "1-no-data.svg"]);
    assertEquals(await drawn("tables"), ["table-2.csv"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
