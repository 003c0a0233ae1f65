import { assertAlmostEquals, assertEquals } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import { type EngineName, openEngine } from "../../lib/engine/mod.ts";
import { Network } from "../../lib/network/network.ts";
import { synthesise } from "../../lib/sampling/mod.ts";
import { network, synthesisConfig } from "./networks.ts";

const reference = network(synthesisConfig);
// Of such different lengths that lanes are given up on the way.
const texts = ["a", "so", "the window moves"].map((text) => encodeText(text, alphabets.paper).ids);

for (const name of ["cpu", "tfjs"] satisfies EngineName[]) {
  Deno.test(`${name}: one seed gives the strokes of the float64 engine`, async () => {
    const expected = await synthesise(reference, { texts, seed: 2, bias: 1 });
    const engine = await openEngine(name, { threads: 1 });
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
  });
}
