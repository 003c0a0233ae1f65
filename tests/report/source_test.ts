import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import * as equations from "../../lib/equations/mod.ts";
import { sourceOf } from "../../lib/report/source.ts";

Deno.test("the source of an equation is the code that runs, with its comment", async () => {
  const { file, code } = await sourceOf(equations.lstmStep);
  assertEquals(file, "lib/equations/lstm.ts");
  assert(code.startsWith("/**\n * Eqs. 7–11.\n") && code.endsWith("\n}"), code);
  for (let n = 7; n <= 11; n++) assertStringIncludes(code, `// Eq. ${n}\n`);
  await assertRejects(() => sourceOf(sourceOf), Error, "'sourceOf' is no function of lib/equations");
  await assertRejects(() => sourceOf({ name: ".*" }), Error, "'.*' is no function");
});

Deno.test("every equation is short enough to be shown", async () => {
  const all = Object.values(equations).filter((value) => typeof value === "function");
  assert(all.length > 15, `${all.length} functions`);
  for (const equation of all) {
    const { code } = await sourceOf(equation);
    const [, body] = /\{\n((?: {2}.*\n|\n)*)\}$/.exec(code)!;
    const lines = body.trimEnd().split("\n").length;
    assert(lines <= 25, `${equation.name} has ${lines} lines`);
  }
});
