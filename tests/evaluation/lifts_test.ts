import { assertAlmostEquals, assertEquals } from "@std/assert";
import { penBatch } from "../../lib/data/mod.ts";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { lossAroundLifts } from "../../lib/evaluation/mod.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";

Deno.test("losses after a lift and within strokes add up to the lines' losses, padding counts nowhere", async () => {
  const config: NetworkConfig = {
    domain: { kind: "pen", components: 2 },
    layers: 1,
    cells: 3,
    clip: { lstm: null, outputs: null },
  };
  const network = new Network(new Float64Engine(), config, initialWeights(config, 1));
  // A line's last point ends a stroke after which nothing comes.
  const lines = [[1, 0, 0, 2, 1, 1, 9, 9, 0, 1, 1, 1], [0, 1, 1, 5, 5, 1]].map((points, k) => ({
    id: String(k),
    text: "a",
    points: Float32Array.from(points),
  }));
  const { afterLifts, withinStrokes } = await lossAroundLifts(network, lines);
  assertEquals([afterLifts.points, withinStrokes.points], [2, 4]);
  const { total, errors } = await network.loss(penBatch(lines));
  assertAlmostEquals(afterLifts.nats + withinStrokes.nats, total, 1e-9);
  assertAlmostEquals(
    afterLifts.squaredError + withinStrokes.squaredError,
    Array.from(errors).reduce((a, b) => a + b),
    1e-9,
  );
  // Of each line alone: its second and third points, as the batch has them.
  const first = await network.loss(penBatch(lines.slice(0, 1))),
    second = await network.loss(penBatch(lines.slice(1)));
  assertAlmostEquals(afterLifts.nats, first.losses[2] + second.losses[1], 1e-9);
});
