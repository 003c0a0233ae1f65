import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { basename, join } from "node:path";
import { cellsModule, checkCells, isStripped, strip } from "../../lib/jupyter/cells.ts";
import { parseNotebook, readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks } from "../../lib/jupyter/notebooks.ts";
import { notebook } from "./stress.ts";

async function inFolder(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("strip removes outputs, counts and metadata, names cells, formats code, leaves Markdown alone", () =>
  inFolder(async (directory) => {
    const path = join(directory, "a.ipynb");
    const messy = notebook({ source: "const a={b:1}", tags: ["hide-input"] }, "a");
    messy.cells[0].execution_count = 7;
    messy.cells[0].metadata.collapsed = true;
    messy.cells[1].outputs = [{ output_type: "stream", name: "stdout", text: "x" }];
    const formula = "$$\nx\n- y_1   \\\\\n$$";
    messy.cells.push({ cell_type: "markdown", id: "x", metadata: {}, source: formula });
    await writeNotebook(path, messy);
    assertEquals(await isStripped(path), false);
    assertEquals(await strip(path), true);
    const { cells } = await readNotebook(path);
    assertEquals(cells.map(({ id }) => id), ["c0", "c1", "c2"]);
    assertEquals(cells[0], {
      cell_type: "code",
      id: "c0",
      metadata: { tags: ["hide-input"] },
      execution_count: null,
      outputs: [],
      source: ["const a = { b: 1 };"],
    });
    assertEquals(cells[1].outputs, []);
    assertEquals(cells[2].source, ["$$\n", "x\n", "- y_1   \\\\\n", "$$"]);
    assertEquals(await isStripped(path), true);
    assertEquals(await strip(path), false);
  }));

Deno.test("check finds wrong types and lint in cells and names the place; its files are gone afterwards", () =>
  inFolder(async (directory) => {
    const good = join(directory, "good.ipynb");
    const bad = join(directory, "bad.ipynb");
    await writeNotebook(good, notebook("const a = 1;", "a;"));
    await writeNotebook(
      bad,
      notebook(
        "const a = 1;\na;",
        { source: `throw new Error("meant")`, tags: ["raises-exception"] },
        'const b: number =\n "x"; b;\nvar c = a; c;',
      ),
    );
    assertEquals(await checkCells([good]), []);
    const [types, lint] = await checkCells([good, bad]);
    assertStringIncludes(types, "TS2322");
    assertStringIncludes(types, "bad.ipynb, cell 3, line 1");
    assertStringIncludes(lint, "no-var");
    assertStringIncludes(lint, "bad.ipynb, cell 3, line 3");
    assert(!lint.includes("unreachable"), lint);
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
    assertEquals(names, ["bad.ipynb", "good.ipynb"]);
  }));

Deno.test("every line of the cells' module has its origin", () => {
  const { text, origin } = cellsModule(notebook("a;\nb;", "", "c;"));
  assertEquals(text, "a;\nb;\nc;\nexport {};\n");
  assertEquals(origin, [{ cell: 1, line: 1 }, { cell: 1, line: 2 }, { cell: 2, line: 1 }]);
});

Deno.test("notebooks are found in the paper's order, by the start of their names", () =>
  inFolder(async (directory) => {
    await assertRejects(() => findNotebooks(directory), Error, "no notebooks");
    for (const name of ["10-c", "5.4-b", "2-a"]) {
      await writeNotebook(join(directory, `${name}.ipynb`), notebook("1"));
    }
    await Deno.writeTextFile(join(directory, "notes.txt"), "");
    const names = async (...starts: string[]) =>
      (await findNotebooks(directory, starts)).map((path) => basename(path));
    assertEquals(await names(), ["2-a.ipynb", "5.4-b.ipynb", "10-c.ipynb"]);
    assertEquals(await names("10", "5"), ["5.4-b.ipynb", "10-c.ipynb"]);
    await assertRejects(() => names("7"), Error, "There are 2-a, 5.4-b, 10-c");
  }));

Deno.test("what is no notebook is refused by name", () => {
  assertThrows(() => parseNotebook("{", "x.ipynb"), Error, "x.ipynb is not a notebook");
  assertThrows(() => parseNotebook('{"nbformat": 3}', "x.ipynb"), Error, "it says 3");
});
