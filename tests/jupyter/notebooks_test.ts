import {
  assert,
  assertEquals,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cellsModule, checkCells, isStripped, strip } from "../../lib/jupyter/cells.ts";
import { parseNotebook, readNotebook, sourceForm, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { findNotebooks } from "../../lib/jupyter/notebooks.ts";
import { notebook } from "./stress.ts";

const script = fileURLToPath(new URL("../../lib/cli/notebooks.ts", import.meta.url));

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
    assertEquals(cells.map(({ id }) => id), ["c0", "c1", "x"]);
    assertEquals(cells[0], {
      cell_type: "code",
      id: "c0",
      metadata: { jupyter: { source_hidden: true }, tags: ["hide-input"] },
      execution_count: null,
      outputs: [],
      source: ["const a = { b: 1 };"],
    });
    assertEquals(cells[1].outputs, []);
    assertEquals(cells[2].source, ["$$\n", "x\n", "- y_1   \\\\\n", "$$"]);
    assertEquals(await isStripped(path), true);
    assertEquals(await strip(path), false);
  }));

Deno.test("cells keep their ids, so that a cell put in before them changes none of them; those without get free ones", () => {
  const ids = ["c2", undefined, "data", "c2", "not fit", "c0"];
  const { cells } = notebook(...ids.map(String));
  const named = { ...notebook(), cells: cells.map((cell, i) => ({ ...cell, id: ids[i] })) };
  assertEquals(sourceForm(named).cells.map(({ id }) => id), ["c2", "c1", "data", "c3", "c4", "c0"]);
});

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
  const found = notebook("a;\nb;", "", "c;");
  found.cells.push({
    cell_type: "markdown",
    metadata: {},
    source: "<details><summary>Solution</summary>\n\n```ts\nd;\n```\n\n</details>",
  });
  const { text, origin } = cellsModule(found);
  assertEquals(text, "a;\nb;\nc;\n(async () => { await 0; d;\n})();\nexport {};\n");
  assertEquals(origin, [
    { place: "cell 1", line: 1 },
    { place: "cell 1", line: 2 },
    { place: "cell 2", line: 1 },
    { place: "the solution below cell 2", line: 1 },
    { place: "the solution below cell 2", line: 2 },
  ]);
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

Deno.test("what is no notebook is refused: the file, the place, what was expected, what was found", () => {
  const cell = (fields: object) => ({ nbformat: 4, cells: [{ cell_type: "code", source: "", ...fields }] });
  const output = (fields: object) => cell({ outputs: [fields] });
  const wrong: [notebook: unknown, found: string][] = [
    [null, "expected a JSON object, found null"],
    [[], "expected a JSON object, found []"],
    [{}, "nbformat: expected 4, found nothing"],
    [{ nbformat: 3 }, "nbformat: expected 4, found 3"],
    [{ nbformat: 4 }, "cells: expected a list, found nothing"],
    [{ nbformat: 4, cells: [], metadata: 1 }, "metadata: expected an object, found 1"],
    [
      { nbformat: 4, cells: [], metadata: { execution: {} } },
      "metadata.execution: expected an object with date",
    ],
    [{ nbformat: 4, cells: [null] }, "cell 1 of all: expected an object, found null"],
    [
      { nbformat: 4, cells: [{}] },
      "cell 1 of all, cell_type: expected code or markdown or raw, found nothing",
    ],
    [cell({ source: null }), "cell 1 of all, source: expected a text or a list of lines, found null"],
    [cell({ source: ["a", 1] }), 'source: expected a text or a list of lines, found ["a",1]'],
    [cell({ source: "x".repeat(1e6), id: 7 }), "id: expected a text, found 7"],
    [cell({ metadata: [] }), "metadata: expected an object, found []"],
    [cell({ metadata: { tags: "a" } }), 'metadata.tags: expected a list of texts, found "a"'],
    [cell({ outputs: {} }), "outputs: expected a list, found {}"],
    [
      output({}),
      "output 1, output_type: expected stream, error, display_data or execute_result, found nothing",
    ],
    [cell({ outputs: [null] }), "output 1: expected an object, found null"],
    [output({ output_type: "stream", name: "out" }), 'name: expected stdout or stderr, found "out"'],
    [
      output({ output_type: "stream", name: "stdout" }),
      "text: expected a text or a list of lines, found nothing",
    ],
    [
      output({ output_type: "error", ename: "E", evalue: "" }),
      "traceback: expected a list of lines, found nothing",
    ],
    [output({ output_type: "display_data" }), "data: expected an object, found nothing"],
    [
      output({ output_type: "display_data", data: { "text/html": 5 } }),
      "data of type text/html: expected a text",
    ],
  ];
  for (const [value, found] of wrong) {
    const { message } = assertThrows(() => parseNotebook(JSON.stringify(value), "x.ipynb"), Error, found);
    assertEquals(message.startsWith("x.ipynb is not a notebook of nbformat 4: "), true, message);
    assertLess(message.length, 250);
  }
  assertThrows(
    () => parseNotebook("{", "x.ipynb"),
    Error,
    "x.ipynb is not a notebook: Expected property name",
  );
  assertThrows(() => parseNotebook("", "x.ipynb"), Error, "x.ipynb is not a notebook: Unexpected end");
});

Deno.test("a byte-order mark, missing metadata and missing outputs do no harm", () => {
  const bare = { nbformat: 4, cells: [{ cell_type: "code", source: ["1"] }] };
  assertEquals<unknown>(parseNotebook("\uFEFF" + JSON.stringify(bare), "x.ipynb"), {
    nbformat: 4,
    metadata: {},
    cells: [{ cell_type: "code", source: ["1"], metadata: {}, outputs: [] }],
  });
});

Deno.test("deno task notebooks: one bad notebook is named and does not hide the others", () =>
  inFolder(async (directory) => {
    await Deno.writeTextFile(join(directory, "1-bad.ipynb"), '{ "nbformat": 4, "cells": [null] }');
    await writeNotebook(join(directory, "2-messy.ipynb"), notebook("const a={b:1};a"));
    const run = async (what: string) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, what, "--notebooks", directory],
      }).output();
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    const check = await run("check");
    assertEquals(check.code, 1);
    assertStringIncludes(check.said, "1-bad.ipynb is not a notebook of nbformat 4: cell 1 of all");
    assertStringIncludes(check.said, "2-messy has outputs or is not formatted");
    const strip = await run("strip");
    assertEquals(strip.code, 1);
    assertStringIncludes(strip.said, "1-bad.ipynb is not a notebook of nbformat 4: cell 1 of all");
    assertStringIncludes(strip.said, "stripped 2-messy");
    assertEquals(await isStripped(join(directory, "2-messy.ipynb")), true);
  }));

Deno.test("a long word in a cell costs no time when places are named", () =>
  inFolder(async (directory) => {
    const path = join(directory, "long.ipynb");
    await writeNotebook(path, notebook(`({}).${"a".repeat(300_000)};`));
    const start = performance.now();
    assertStringIncludes((await checkCells([path])).join(), "long.ipynb, cell 1, line 1");
    assertLess(performance.now() - start, 60_000);
  }));
