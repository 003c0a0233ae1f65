import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { notebook, shown } from "./stress.ts";

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
    assertMatch(all.stdout, /\[1\/2\] FAILED 1-bad.*\[2\/2\] ok +2-good/s);
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
