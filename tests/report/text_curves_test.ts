import { assertAlmostEquals, assertEquals } from "@std/assert";
import { specToSvg } from "../../lib/report/render.ts";
import { closingCurves, dynamicEvaluationGain, memoryCurves } from "../../lib/report/text_curves.ts";
import { gainRows } from "../../lib/runs/mod.ts";
import { assertWellFormed } from "./well_formed.ts";

type Layers = { layer: { data: { values: { x: number; y: number; name: string }[] } }[] };

Deno.test("the gain of dynamic evaluation is drawn as running means that end at the means of all", async () => {
  const fixed = Array.from({ length: 10_000 }, (_, k) => 1 + k % 7);
  const dynamic = fixed.map((nats, k) => nats * (1 - k / 20_000));
  const rows = gainRows(fixed, dynamic);
  assertEquals(rows.length, 200);
  const spec = dynamicEvaluationGain(rows);
  const panels = (spec: Record<string, unknown>) =>
    (spec.vconcat as Layers[]).map(({ layer }) => layer[0].data.values);
  const [values, gain] = panels(spec);
  assertEquals(values.length, 2 * 197); // without the first fiftieth
  const last = (name: string) => values.filter((value) => value.name === name).at(-1)!;
  const mean = (nats: number[]) => nats.reduce((a, b) => a + b) / nats.length / Math.LN2;
  assertEquals(last("static").x, 10_000);
  assertAlmostEquals(last("static").y, mean(fixed), 1e-4);
  assertAlmostEquals(last("dynamic").y, mean(dynamic), 1e-4);
  assertAlmostEquals(gain.at(-1)!.y, mean(fixed) - mean(dynamic), 1e-4);
  const [perplexity] = panels(dynamicEvaluationGain(rows, { measure: (bits) => 2 ** bits }));
  assertAlmostEquals(perplexity[0].y, 2 ** values[0].y, 1e-2);
  assertWellFormed(await specToSvg(spec));
});

Deno.test("memory is drawn with what each context gains and its error, closings with and without what opened them", async () => {
  const rows = [
    { from: 1, to: 3, bits: 4, gain: null, error: null },
    { from: 4, to: 15, bits: 2.5, gain: 1.5, error: 0.05 },
    { from: 16, to: 63, bits: 2.501, gain: -0.001, error: 0.002 },
  ];
  const memory = memoryCurves([{ name: "a network", rows }]);
  const [bits, gains] = memory.vconcat as (Layers & { data: { values: Record<string, unknown>[] } })[];
  assertEquals(bits.layer[0].data.values.map(({ x, y }) => [x, y]), [[1, 4], [4, 2.5], [16, 2.501]]);
  assertEquals(gains.data.values, [
    { name: "a network", x: 4, gain: 1.5, low: 1.4, high: 1.6 },
    { name: "a network", x: 16, gain: -0.001, low: -0.005, high: 0.003 },
  ]);
  assertWellFormed(await specToSvg(memory));
  const closings = closingCurves([
    { kind: "(…)", from: 4, to: 7, spans: 10, probability: 0.5, unopened: 0.1 },
    { kind: "(…)", from: 8, to: 15, spans: 10, probability: 0.4, unopened: 0.2 },
  ]);
  const { values } = (closings as unknown as Layers).layer[0].data;
  assertEquals(values.map(({ name, y }) => [name, y]), [
    ["(…) was opened", 0.5],
    ["(…) was opened", 0.4],
    ["(…) without its beginning", 0.1],
    ["(…) without its beginning", 0.2],
  ]);
  assertWellFormed(await specToSvg(closings));
});
