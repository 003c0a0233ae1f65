import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { root } from "../../lib/files.ts";
import { equationLines } from "../../lib/report/equation_lines.ts";

const numbers = (text: string) => equationLines(text, "x").map(({ equation }) => equation);
const upTo62 = Array.from({ length: 62 }, (_, k) => k + 1);

Deno.test("equations are read from the comments behind lines of code, in both languages", () => {
  const program =
    "// Eq. 1\n  a = b; // Eq. 2\nc = d  # Eqs. 49-51, 3\n/** Eq. 4 */\n * Eq. 5 // Eq. 6\ne // log of Eq. 7; Eq. 8";
  assertEquals(equationLines(program, "x").map(({ equation, line, code }) => [equation, line, code]), [
    [2, 2, "a = b;"],
    ...[49, 50, 51, 3].map((n) => [n, 3, "c = d"]),
    [7, 6, "e"],
    [8, 6, "e"],
  ]);
  assertEquals(numbers("f // Eqs. 7–9\ng # Eq. 1, with Eq. 2\nh # no equation"), [7, 8, 9, 1, 2]);
});

Deno.test("the PyTorch program says at a line for each equation which it is, but for the sampler's", async () => {
  const program = await Deno.readTextFile(join(root, "tests", "reference", "golden.py"));
  const found = new Set(numbers(program));
  assertEquals(upTo62.filter((n) => !found.has(n)), [61, 62]);
  for (const { code, equation } of equationLines(program, "golden.py")) {
    assertEquals(/^(def |class |""")/.test(code), false, `Eq. ${equation} stands at ${code}`);
  }
});
