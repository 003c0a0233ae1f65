/** The golden values themselves; the engines are held against them in tests/engine. */
import { assertEquals, assertGreater } from "@std/assert";
import { goldenCases } from "../reference/golden.ts";

Deno.test("the golden values see the clipping: without it the gradients are others", () => {
  const [clipped, free] = ["clipped", "not clipped"].map((name) =>
    goldenCases.find((golden) => golden.name === `synthesis, 3 layers, ${name}`)!
  );
  assertEquals(clipped.weights, free.weights);
  assertEquals(clipped.losses, free.losses);
  for (const name of Object.keys(clipped.gradients)) {
    const [a, b] = [clipped, free].map((golden) => golden.gradients[name]);
    const distance = Math.hypot(...a.map((value, k) => value - b[k]));
    assertGreater(distance, 0.1 * Math.hypot(...b), name);
  }
});
