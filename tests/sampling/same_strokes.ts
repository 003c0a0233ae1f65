import { assertAlmostEquals, assertEquals } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import type { Engine } from "../../lib/engine/engine.ts";
import { Network } from "../../lib/network/network.ts";
import { synthesise } from "../../lib/sampling/mod.ts";
import { network, synthesisConfig } from "./networks.ts";

/** Holds the strokes that an engine samples from one seed against those of the float64 engine, and closes it. */
export async function assertSameStrokes(open: () => Promise<Engine>): Promise<void> {
  const reference = network(synthesisConfig);
  // Of such different lengths that lanes are given up on the way.
  const texts = ["a", "so", "the window moves"].map((text) => encodeText(text, alphabets.paper).ids);
  const expected = await synthesise(reference, { texts, seed: 2, bias: 1 });
  const engine = await open();
  try {
    const copy = new Network(engine, synthesisConfig, await reference.weights());
    const samples = await synthesise(copy, { texts, seed: 2, bias: 1 });
    for (const [k, { points, stoppedBy, steps }] of samples.entries()) {
      assertEquals([stoppedBy, steps], [expected[k].stoppedBy, expected[k].steps]);
      points.forEach((value, i) => assertAlmostEquals(value, expected[k].points[i], 1e-4));
    }
  } finally {
    await engine.close();
  }
}
