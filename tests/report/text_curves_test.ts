import { assertAlmostEquals, assertEquals } from "@std/assert";
import { specToSvg } from "../../lib/report/render.ts";
import { dynamicEvaluationGain } from "../../lib/report/text_curves.ts";
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
