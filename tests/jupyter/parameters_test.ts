import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists } from "../../lib/files.ts";
import { readNotebook, writeNotebook } from "../../lib/jupyter/notebook_file.ts";
import { parametersOf, readSettings, settingsName, withSettings } from "../../lib/jupyter/parameters.ts";
import { findNotebooks, notebookName } from "../../lib/jupyter/notebooks.ts";
import { notebook, shown } from "./stress.ts";

const script = fileURLToPath(new URL("../../lib/cli/reproduce.ts", import.meta.url));
const parameters = {
  source:
    'const text = "a \\"b\\""; // what\n\n// a remark\nconst bias = 0.5;\nconst seed = -1e3;\nconst on = true;',
  tags: ["parameters"],
};
const own = notebook("1;", parameters, "2;");

Deno.test("a notebook's parameters are the constants of the cell with the tag, with their values", () => {
  assertEquals(parametersOf(own), [
    { name: "text", value: 'a "b"' },
    { name: "bias", value: 0.5 },
    { name: "seed", value: -1000 },
    { name: "on", value: true },
  ]);
  assertEquals(parametersOf(notebook("const a = 1;")), []);
  for (
    const source of ["let a = 1;", "const a = b;", "const a = 1; b();", "const a = [1];", "const a = .5;"]
  ) {
    assertThrows(
      () => parametersOf(notebook({ source, tags: ["parameters"] })),
      Error,
      `has the line ${JSON.stringify(source)}: expected const name = value;`,
    );
  }
});

Deno.test("settings have the parameters' types; others and unknown names are refused, with the nearest name", () => {
  const read = (...settings: string[]) => readSettings(settings, parametersOf(own), "x");
  assertEquals(read("bias=1", "text=7 = seven", "seed=2e1", "on=false", "bias=0"), [
    { name: "bias", value: 0 },
    { name: "text", value: "7 = seven" },
    { name: "seed", value: 20 },
    { name: "on", value: false },
  ]);
  assertEquals(read("text="), [{ name: "text", value: "" }]);
  const refused = (setting: string, ...found: string[]) => {
    const { message } = assertThrows(() => read(setting), Error);
    for (const part of found) assertStringIncludes(message, part);
  };
  refused(
    "bais=1",
    "x has no parameter 'bais' (did you mean 'bias'?). Its parameters are text=",
    "seed=-1000",
  );
  refused("constructor=1", "x has no parameter 'constructor'.");
  refused("bias", "Expected a parameter as name=value, found 'bias'.");
  refused("bias=much", "bias is a number (0.5 in the notebook), found 'much'.");
  for (const text of ["", "0x10", "Infinity", "1;evil()"]) refused(`bias=${text}`, "bias is a number");
  refused("on=1", "on is true or false (true in the notebook), found '1'.");
  assertThrows(() => readSettings(["a=1"], [], "y"), Error, "y has no parameter 'a'. It has none.");
});

Deno.test("a copy has the settings in a cell behind the notebook's own, whatever the text is", () => {
  const text = 'quote " and \\ and \n and ${x} and ` and \u2028';
  const { cells } = withSettings(own, [{ name: "text", value: text }]);
  assertEquals(cells.map(({ metadata }) => metadata.tags), [
    undefined,
    ["parameters"],
    ["injected-parameters"],
    undefined,
  ]);
  assertEquals(cells.length, own.cells.length + 1);
  assertEquals(new Function(`${cells[2].source} return text;`)(), text);
});

Deno.test("each choice of settings has a folder of its own, whose name is safe", () => {
  const name = (text: string) => settingsName([{ name: "text", value: text }, { name: "bias", value: 1 }]);
  assertMatch(name("Hello, you!"), /^bias-1-text-Hello-you-[0-9a-f]{6}$/);
  assertNotEquals(name("a/b"), name("a b"));
  assertNotEquals(name("x".repeat(100)), name("x".repeat(101)));
  for (const text of ["../../etc", "", "/", "\0", "é".repeat(300)]) assertMatch(name(text), /^[\w.-]{1,50}$/);
});

Deno.test("every notebook of this project has parameters", async () => {
  for (const path of await findNotebooks()) {
    const notebook = await readNotebook(path);
    assert(parametersOf(notebook).length > 0, `${notebookName(path)} has no cell with the tag parameters`);
    // The first thing to be seen is not a list of imports.
    const first = notebook.cells.find(({ cell_type }) => cell_type === "code")!;
    assertEquals(first.metadata.tags, ["hide-input"], `${notebookName(path)}: its imports are not folded`);
  }
});

Deno.test("deno task reproduce --set writes an executed copy, and leaves all else as it is", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const [notebooks, out] = [join(directory, "notebooks"), join(directory, "results")];
    await writeNotebook(
      join(notebooks, "1-a.ipynb"),
      notebook(parameters, "console.log(`${text} ${bias}`)", 'Deno.env.get("GRAVES_OUTPUT")'),
    );
    await writeNotebook(join(notebooks, "2-b.ipynb"), notebook("1"));
    const reproduce = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, "--notebooks", notebooks, "--out", out, ...args],
      }).output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    for (
      const [args, found] of [
        [["1", "--set", "bias=x"], "bias is a number (0.5 in the notebook), found 'x'."],
        [["1", "--set", "bias=1", "--set", "tixt=a"], "1-a has no parameter 'tixt' (did you mean 'text'?)."],
        [["1", "2", "--set", "bias=1"], "2-b has no parameter 'bias'. It has none."],
        [["1", "--set", "bias=1", "--update"], "without --set"],
        [["--set", "bias=1"], "--set needs the name of a notebook"],
        [["1", "--set"], "--set needs a value"],
      ] as const
    ) {
      const { code, stderr } = await reproduce(...args);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, found);
    }
    assertEquals(
      await exists(out),
      false,
      "nothing was written before the settings were found to make sense",
    );

    const { code, stdout, stderr } = await reproduce("1", "--set", "bias=2", "--set", 'text=it\'s = "so"');
    assertEquals([code, stderr], [0, ""]);
    const [, path] = stdout.match(/written: (.*1-a\.ipynb)/)!;
    const { cells } = await readNotebook(path);
    assertEquals(cells.map(({ outputs }) => shown(outputs!)).slice(0, 3), ["", "", 'it\'s = "so" 2\n']);
    assertStringIncludes(JSON.stringify(cells[3].outputs), JSON.stringify(join(path, "..")).slice(1, -1));
    assertEquals(await exists(join(out, "notebooks", "1-a.ipynb")), false);
    assertEquals(await exists(join(out, "book")), false);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
