import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { countWeights, initialWeights, parameterShapes } from "../../lib/network/parameters.ts";

const clip = { lstm: null, outputs: null };
const text = (classes: number, layers: number, cells: number): NetworkConfig => ({
  domain: { kind: "symbols", classes },
  layers,
  cells,
  clip,
});
const pen = (layers: number, cells: number, alphabet?: number): NetworkConfig => ({
  domain: { kind: "pen", components: 20 },
  layers,
  cells,
  clip,
  ...alphabet ? { window: { alphabet, components: 10 } } : {},
});

Deno.test("the networks have as many weights as the paper says", () => {
  const millions = (config: NetworkConfig) => (countWeights(config) / 1e6).toFixed(2);
  assertEquals(millions(text(49, 1, 1000)), "4.25"); // "4.3M": Penn Treebank, characters
  assertEquals(millions(text(10000, 1, 1000)), "54.02"); // "54M": words
  assertEquals(millions(pen(3, 400)), "3.37"); // "3.4M": prediction
  assertEquals(millions(pen(1, 900)), "3.37");
  assertEquals(millions(pen(3, 400, 57)), "3.65"); // "3.7M": synthesis
  assertEquals(millions(text(205, 5, 700)), "21.25"); // "21.3M": Wikipedia, with 5 layers
});

Deno.test("a one-layer network's weights, counted by hand", () => {
  // Four gates of W_ih1, W_h1h1 and b_h1, three peepholes, W_h1y and b_y.
  const [H, inputs, outputs] = [900, 3, 121];
  assertEquals(countWeights(pen(1, 900)), 4 * H * (inputs + H + 1) + 3 * H + H * outputs + outputs);
});

Deno.test("skip connections: every layer sees the input and the window, and is seen by the output", () => {
  const names = Object.keys(parameterShapes(pen(3, 4, 5)));
  for (const n of [1, 2, 3]) {
    for (const name of [`W_ih${n}`, `W_wh${n}`, `W_h${n}h${n}`, `W_ch${n}`, `b_h${n}`, `W_h${n}y`]) {
      assert(names.includes(name), name);
    }
  }
  assert(names.includes("W_h1h2") && names.includes("W_h2h3") && !names.includes("W_h1h3"));
});

Deno.test("initial weights: the seed decides them, spread and biases are as asked", () => {
  const config = pen(2, 50, 5);
  const weights = initialWeights(config, 1, { std: 0.1, forgetBias: 2, kappaBias: -3 });
  assertEquals(weights, initialWeights(config, 1, { std: 0.1, forgetBias: 2, kappaBias: -3 }));
  const { values } = weights.W_h1h1;
  assert(values.some((value, k) => value !== initialWeights(config, 2).W_h1h1.values[k]));
  const meanSquare = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  assertAlmostEquals(Math.sqrt(meanSquare), 0.1, 0.005);
  assertEquals([...new Set(weights.b_h2.values.subarray(50, 100))], [2]);
  assertEquals([...new Set(weights.b_p.values.subarray(20))], [-3]);
});

Deno.test("a symbol's row of weights is twice as large as the hidden units' sum, a point's as small as one of them", () => {
  const std = ({ values }: { values: Float32Array }) =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  const symbols = initialWeights(text(20, 1, 100), 1), points = initialWeights(pen(1, 100, 5), 1);
  assertAlmostEquals(std(symbols.W_ih1), 2, 0.06);
  assertAlmostEquals(std(symbols.W_h1h1), 0.1, 0.003);
  assertAlmostEquals(std(points.W_ih1), 0.1, 0.01);
  assertAlmostEquals(std(points.W_wh1), 0.1, 0.01);
});
