import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { executeNotebook, type Progress } from "../../lib/jupyter/execute.ts";
import { freePorts, Kernel } from "../../lib/jupyter/kernel.ts";
import { joinLines, type Notebook } from "../../lib/jupyter/notebook_file.ts";
import { assertStress, notebook, shown, stress } from "./stress.ts";

const directory = Deno.cwd();
const outputs = ({ cells }: Notebook) => cells.map((cell) => shown(cell.outputs!));

Deno.test("the runner gets every output, every time", async () => {
  const cells = stress.map(([source]) => ({
    source,
    tags: /^throw/m.test(source) ? ["raises-exception"] : [],
  }));
  for (let round = 0; round < 3; round++) {
    const { executed, error } = await executeNotebook(notebook(...cells), { directory });
    assertEquals(error, undefined);
    assertStress(executed.cells.map(({ outputs }) => outputs!));
  }
});

Deno.test("streams, results and displays are kept in order, with metadata; \\r writes over", async () => {
  const { executed, error } = await executeNotebook(
    notebook(
      `console.log("10%\\r50%\\r100%\\ndone"); console.error("to stderr"); 6 * 7`,
      `await Deno.jupyter.broadcast("display_data", {
         data: { "text/plain": "a", "image/png": "AAAA" }, metadata: { "image/png": { width: 7 } }, transient: {} });`,
      `const typed: number = 1; enum Kind { A } await Promise.resolve(Kind.A); undefined`,
      "",
    ),
    { directory },
  );
  assertEquals(error, undefined);
  const [first, second, third, empty] = executed.cells;
  assertEquals(first.outputs!.map(({ output_type }) => output_type), ["stream", "stream", "execute_result"]);
  assertEquals(first.outputs![0], { output_type: "stream", name: "stdout", text: ["100%\n", "done\n"] });
  assertEquals(first.outputs![2], {
    output_type: "execute_result",
    data: { "text/plain": ["42"] },
    metadata: {},
    execution_count: 1,
  });
  assertEquals(second.outputs![0], {
    output_type: "display_data",
    data: { "text/plain": ["a"], "image/png": "AAAA" },
    metadata: { "image/png": { width: 7 } },
  });
  assertEquals([third.outputs, third.execution_count], [[], 3]);
  assertEquals([empty.outputs, empty.execution_count], [[], null]);
});

Deno.test("displays are updated, also by later cells; outputs are cleared, at once or with the next", async () => {
  const show = (text: string, update: boolean) =>
    `await Deno.jupyter.display({ "text/plain": "${text}" }, { raw: true, display_id: "d", update: ${update} });`;
  const { executed } = await executeNotebook(
    notebook(
      show("one", false) + show("two", true),
      show("three", true),
      `console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: false }); console.log("kept");`,
      `console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: true }); console.log("kept");`,
      `console.log("stays"); await Deno.jupyter.broadcast("clear_output", { wait: true });`,
    ),
    { directory },
  );
  assertEquals(outputs(executed), ["<three, 5>", "", "kept\n", "kept\n", "stays\n"]);
});

Deno.test("an exception ends the notebook, naming cell and error; what was put out stays", async () => {
  const { executed, error } = await executeNotebook(
    notebook(`console.log("before")`, `console.log("in"); null.x`, `console.log("after")`),
    { directory },
  );
  assertEquals(error?.cell, 2);
  assertMatch(error!.message, /^TypeError: Cannot read properties of null/);
  assertEquals(error!.source, `console.log("in"); null.x`);
  assertEquals(outputs(executed), ["before\n", "in\n!TypeError", ""]);
});

Deno.test("a cell tagged raises-exception may fail", async () => {
  const { executed, error } = await executeNotebook(
    notebook({ source: `throw new RangeError("meant")`, tags: ["raises-exception"] }, "1"),
    { directory },
  );
  assertEquals(error, undefined);
  assertEquals(outputs(executed), ["!RangeError", "<1, 1>"]);
});

Deno.test("a result that cannot be shown is an error, though the kernel calls it ok", async () => {
  const failing = `({ [Symbol.for("Jupyter.display")]() { throw new Error("cannot be shown") } })`;
  const { error } = await executeNotebook(notebook(failing), { directory });
  assertEquals(error?.cell, 1);
  assertStringIncludes(error!.message, "cannot be shown");
});

Deno.test("a syntax error is an error", async () => {
  const { error } = await executeNotebook(notebook("const = 1"), { directory });
  assertEquals(error?.cell, 1);
  assertMatch(error!.message, /^SyntaxError: Unexpected token `=`.*at line 1, column 7$/s);
});

Deno.test("the kernel's death is told with its cause, and does not hang", async () => {
  const { executed, error } = await executeNotebook(notebook("Deno.exit(3)", "1"), { directory });
  assertEquals(error?.cell, 1);
  assertEquals(error!.message, "the kernel died (exit code 3)");
  assertEquals(shown(executed.cells[0].outputs!), "!Stopped");

  const greedy = "const held = []; for (;;) held.push(new Array(1e5).fill(0.5));";
  const env = { DENO_V8_FLAGS: "--max-old-space-size=60" };
  const starved = await executeNotebook(notebook(greedy), { directory, env });
  assertMatch(starved.error!.message, /the kernel died.*out of memory/s);
});

Deno.test("a kernel whose port was taken is started again on others", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  let choices = 0;
  const kernel = await Kernel.start(
    { directory },
    () => choices++ ? freePorts() : [port, ...freePorts().slice(1)],
  );
  assertEquals(choices, 2);
  assertEquals((await kernel.execute("1")).status, "ok");
  await kernel.stop();
  taken.close();
});

Deno.test("a cell past its time is ended, busy or waiting", async () => {
  for (const source of ["for (;;);", "await new Promise(() => setTimeout(() => {}, 1e6))"]) {
    const start = performance.now();
    const { error } = await executeNotebook(notebook(source), { directory, timeout: 2 });
    assertMatch(error!.message, /2 s/);
    assertLess(performance.now() - start, 15_000);
  }
});

Deno.test("progress is told while a cell works", async () => {
  const told: (Progress & { at: number })[] = [];
  const start = performance.now();
  await executeNotebook(
    notebook(
      `for (const k of [1, 2]) { console.log("epoch", k); await new Promise((ok) => setTimeout(ok, 1000)); }`,
      "1",
    ),
    { directory, onProgress: (progress) => told.push({ ...progress, at: performance.now() - start }) },
  );
  const end = performance.now() - start;
  assertEquals(told.map(({ cell, cells, line }) => `${cell}/${cells} ${line}`), [
    "1/2 ",
    "1/2 epoch 1",
    "1/2 epoch 2",
    "2/2 ",
  ]);
  assertLess(told[1].at, end - 1500);
});

Deno.test("cells without ids, and notebooks of an older format, come out as nbformat 4.5", async () => {
  const old = notebook("1");
  old.nbformat_minor = 2;
  delete old.cells[0].id;
  const { executed } = await executeNotebook(old, { directory });
  assertEquals(executed.nbformat_minor, 5);
  assert(executed.cells[0].id);
  assertEquals(joinLines(executed.cells[0].source), "1");
});
