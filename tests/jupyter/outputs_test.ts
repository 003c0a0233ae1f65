import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { executeNotebook } from "../../lib/jupyter/execute.ts";
import { joinLines, notebookText, type Output, parseNotebook } from "../../lib/jupyter/notebook_file.ts";
import { OutputCollector } from "../../lib/jupyter/outputs.ts";
import { Random } from "../../lib/random.ts";
import { notebook } from "./stress.ts";

const directory = Deno.cwd();

/** The outputs after a stream's text has come in pieces. */
function collected(...pieces: string[]): Output[] {
  const collector = new OutputCollector(new Map(), 1);
  for (const text of pieces) collector.receive("stream", { name: "stdout", text });
  return collector.outputs;
}

/** What is left of a text on a screen where `\r` begins the line again, one character at a time. */
function onScreen(text: string): string {
  let done = "", line = "";
  for (const [i, character] of [...text].entries()) {
    const overwrites = line.endsWith("\r") && character !== "\r" && character !== "\n";
    line = (overwrites ? "" : line) + character;
    if (character === "\n" || i === text.length - 1) [done, line] = [done + line, ""];
  }
  return done;
}

Deno.test("a text comes out the same whole and in pieces, written-over lines gone", () => {
  const random = new Random(1, "pieces");
  for (let round = 0; round < 2000; round++) {
    const pieces = Array.from(
      { length: 1 + random.integer(5) },
      () => Array.from({ length: random.integer(6) }, () => "ab\r\n\r\n"[random.integer(6)]).join(""),
    );
    const text = pieces.join("");
    const [output] = collected(...pieces);
    assertEquals(
      output.output_type === "stream" && joinLines(output.text),
      onScreen(text),
      JSON.stringify(pieces),
    );
  }
});

Deno.test("streams are kept as lines; another stream begins another output", () => {
  const collector = new OutputCollector(new Map(), 1);
  for (const [name, text] of [["stdout", "a\nb"], ["stdout", "c\n"], ["stderr", "d"]]) {
    collector.receive("stream", { name, text });
  }
  assertEquals(collector.outputs, [
    { output_type: "stream", name: "stdout", text: ["a\n", "bc\n"] },
    { output_type: "stream", name: "stderr", text: ["d"] },
  ]);
});

Deno.test("a message without its content is no end of the notebook", async () => {
  const { error } = await executeNotebook(
    notebook(`for (const type of ["display_data", "stream", "update_display_data", "error"]) {
      await Deno.jupyter.broadcast(type, {});
    }`),
    { directory },
  );
  assertEquals(error!.message, "undefined: undefined", "an error without a name is one all the same");
});

Deno.test("time for a long line of output grows with its length, not with its square", async () => {
  const sources = [
    `console.log("a".repeat(10_000_000))`,
    `console.log("\\x1b" + ";#".repeat(500_000))`,
    `console.log("\\r".repeat(1_000_000)); console.log("50%\\r".repeat(1_000_000))`,
  ];
  const start = performance.now();
  const { executed, error } = await executeNotebook(notebook(...sources), {
    directory,
    onProgress: () => {},
  });
  assertEquals(error, undefined);
  const lengths = executed.cells.map(({ outputs }) =>
    outputs!.map((output) => output.output_type === "stream" ? joinLines(output.text).length : 0)
  );
  assertEquals(lengths, [[10_000_001], [1_000_002], [1_000_001 + 5]]);
  assertLess(performance.now() - start, 60_000);
});

Deno.test("a cell that never stops writing is ended at its time", async () => {
  const start = performance.now();
  const { error } = await executeNotebook(
    notebook(`for (;;) { console.log("x".repeat(1e5)); await new Promise((ok) => setTimeout(ok)); }`),
    { directory, timeout: 2 },
  );
  assertMatch(error!.message, /2 s/);
  assertLess(performance.now() - start, 30_000);
});

Deno.test("what a display may not hold comes out as text, so that the notebook can be read again", () => {
  const collector = new OutputCollector(new Map(), 1);
  const data = { "text/plain": 5, "text/html": { a: 1 }, "application/json": { b: 2 }, "image/png": "AA" };
  collector.receive("display_data", { data });
  collector.receive("error", { ename: "E", evalue: 1, traceback: "at" });
  const cells = [{ cell_type: "code" as const, metadata: {}, source: "", outputs: collector.outputs }];
  const written = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const [display, error] = parseNotebook(notebookText(written), "x").cells[0].outputs!;
  assertEquals(display, {
    output_type: "display_data",
    metadata: {},
    data: {
      "text/plain": ["5"],
      "text/html": ["{\n", ' "a": 1\n', "}"],
      "application/json": { b: 2 },
      "image/png": "AA",
    },
  });
  assertEquals(error, { output_type: "error", ename: "E", evalue: "1", traceback: ["at"] });
});
