/** Eqs. 12–14. */
import { assertEquals } from "@std/assert";
import { softmaxDerivatives } from "../../lib/equations/mod.ts";
import { Random } from "../../lib/random.ts";
import { assertClose, finiteDifferences, gaussians } from "./finite_differences.ts";

Deno.test("Eq. 14 is the derivative of Eq. 13", () => {
  const random = new Random(1, "softmax");
  for (let target = 0; target < 5; target++) {
    const outputs = gaussians(5, random), scratch = new Float64Array(5), derivatives = new Float64Array(5);
    const { error } = softmaxDerivatives(outputs, target, derivatives);
    assertEquals(error, outputs.indexOf(Math.max(...outputs)) === target ? 0 : 1);
    assertClose(
      derivatives,
      finiteDifferences((x) => softmaxDerivatives(x, target, scratch).loss, outputs),
      1e-8,
    );
  }
});

Deno.test("softmax: the first of equals is the guess, and huge outputs stay finite", () => {
  const derivatives = new Float64Array(3);
  assertEquals(softmaxDerivatives(Float64Array.of(2, 2, 0), 0, derivatives).error, 0);
  assertEquals(softmaxDerivatives(Float64Array.of(2, 2, 0), 1, derivatives).error, 1);
  assertEquals(softmaxDerivatives(Float64Array.of(5000, 0, -5000), 2, derivatives).loss, 10000);
  assertEquals([...derivatives], [1, 0, -1]);
});
