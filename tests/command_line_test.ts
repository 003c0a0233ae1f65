/** What all commands share: options, their errors, help, the Deno they run on. */
import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { checkDeno, testedDeno } from "../lib/cli/deno_version.ts";
import { parseOptions, usage, UsageError } from "../lib/cli/options.ts";
import { root } from "../lib/files.ts";

const command = {
  name: "example",
  description: "An example.",
  positionals: [{ name: "what", description: "which one", choices: ["a", "b"] }],
  options: {
    count: { type: "number", description: "how many", minimum: 1, maximum: 9 },
    blas: { type: "boolean", description: "whether" },
    kind: { type: "string", description: "of what kind", choices: ["x", "y"] },
    bias: { type: "number", description: "how neat", minimum: 0 },
    layers: { type: "integer", description: "how deep", minimum: 1 },
    rates: { type: "numbers", description: "how fast", minimum: 0, maximum: 1 },
    steps: { type: "integers", description: "how long", minimum: 1 },
  },
} as const;

Deno.test("options are read by type; a boolean can be turned off", () => {
  const { options, positionals } = parseOptions(command, ["a", "--count=3", "--no-blas", "--kind", "x"]);
  assertEquals([options.count, options.blas, options.kind, positionals], [3, false, "x", ["a"]]);
  assertEquals(parseOptions(command, ["b"]).options, {});
  const numbers = ["--bias=1e-3", "--layers", "+3", "--rates", "0,.5,1", "--steps=20"];
  assertEquals(parseOptions(command, ["b", ...numbers]).options, {
    bias: 0.001,
    layers: 3,
    rates: [0, 0.5, 1],
    steps: [20],
  });
  // The compiler knows the choices: a value is one of them, with no cast.
  const kind: "x" | "y" | undefined = options.kind, what: "a" | "b" = positionals[0];
  assertEquals([kind, what], ["x", "a"]);
});

Deno.test("a wrong command line is answered with what would be right", () => {
  const refuse = (args: string[], message: string) =>
    assertThrows(() => parseOptions(command, args), UsageError, message);
  refuse([], "Choose one of a, b");
  refuse(["c"], "Choose one of a, b");
  refuse(["a", "b"], "Did not expect 'b'");
  refuse(["a", "--colour"], "Unknown option --colour. The options are --count");
  refuse(["a", "--no-count"], "'--no-count'. The options are --count");
  refuse(["a", "--count", "many"], "at least 1 and at most 9, found 'many'");
  refuse(["a", "--count", "10"], "found '10'");
  refuse(["a", "--count"], "needs a value");
  refuse(["a", "--kind", "z"], "x, y");
  refuse(["a", "--layer=2"], "Unknown option --layer (did you mean '--layers'?). The options are --count");
  for (const name of ["constructor", "valueOf", "__proto__", "toString"]) {
    refuse(["a", `--${name}=x`], `Unknown option --${name}`);
    refuse(["a", `--no-${name}`], `Unknown option --no-${name}`);
  }
  refuse(["a", "--layers", "1.5"], "--layers must be a whole number of at least 1, found '1.5'");
  refuse(["a", "--layers", "1e16"], "found '1e16'");
  refuse(["a", "--bias", " "], "--bias needs a value: how neat");
  for (const bias of ["0x10", "1_000", "Infinity", "NaN", "1,5", "0b1"]) {
    refuse(["a", `--bias=${bias}`], `--bias must be a number of at least 0, found '${bias}'`);
  }
  refuse(
    ["a", "--rates", "0.1,,0.2"],
    "of at least 0 and at most 1, or several with commas between, found '0.1,,0.2'",
  );
  refuse(["a", "--rates", "0.1, "], "found '0.1, '");
  refuse(["a", "--rates", "2"], "found '2'");
  refuse(["a", "--steps", "1,2.5"], "--steps must be a whole number of at least 1, or several");
  assertStringIncludes(usage(command), "deno task example <what> [options]");
});

Deno.test("a Deno on which the engine stands still is refused, with what to do", async () => {
  for (const old of ["2.5.6", "2.7.5", "1.46.3"]) {
    assertThrows(() => checkDeno(old), Error, `This is Deno ${old}`);
  }
  for (const good of ["2.7.14", "2.8.2", testedDeno, "2.10.0", "3.0.0"]) checkDeno(good);
  checkDeno();
  assertStringIncludes(await Deno.readTextFile(join(root, "README.md")), `npx -y deno@${testedDeno} task`);
});

Deno.test("help: headings over options, long descriptions in several lines, examples", () => {
  const help = usage({
    name: "example",
    description: "Shows.",
    options: {
      pen: { type: "number", description: `thick ${"and thicker ".repeat(20)}end`, heading: "The pen" },
      ink: { type: "string", description: "which", choices: ["blue", "black"] },
    },
    examples: ["--pen 2"],
  });
  assertStringIncludes(help, "Shows.\n\nThe pen:\n  --pen N  thick and thicker");
  assertEquals(help.split("\n").filter((line) => line.length > 110), []);
  assertMatch(help, /\n {11}\S.*thicker end\n {2}--ink … {2}which \(blue, black\)\n/);
  assertMatch(help, /\n\nExamples:\n {2}deno task example --pen 2$/);
});
