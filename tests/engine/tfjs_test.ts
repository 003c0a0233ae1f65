import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertRejects } from "@std/assert";
import { openTfjsEngine } from "../../lib/engine/tfjs/mod.ts";
import { Network } from "../../lib/network/network.ts";
import { goldenCases, weightsOf } from "../reference/golden.ts";
import { paritySuite } from "./parity.ts";

paritySuite("tfjs", () => openTfjsEngine(), 1e-4);
paritySuite("tfjs (wasm)", () => openTfjsEngine({ backend: "wasm" }), 1e-4);

for (const name of ["text, 3 layers, ragged", "synthesis, 3 layers, ragged"]) {
  Deno.test(`tfjs: ${name}: steps leave no tensor behind, and close none at all`, async () => {
    const before = tf.memory().numTensors;
    const engine = await openTfjsEngine();
    const { config, weights, batch } = goldenCases.find((golden) => golden.name === name)!;
    const network = new Network(engine, config, weightsOf(config, weights));
    const counts: number[] = [];
    for (let step = 0; step < 3; step++) {
      await network.lossAndGradient(batch);
      for (const [name, w] of Object.entries(network.parameters)) {
        const [a, b, c] = [1, 2, 3].map(() => engine.tensor(w.shape));
        const gradient = network.gradients[name];
        engine.addNoise(w, -4, w, 1, step);
        engine.sgd(w, gradient, a, { rate: 0.01, momentum: 0.9, scale: 1 });
        engine.rmsprop(w, gradient, a, b, c, { aleph: 0.9, beth: 0.9, gimel: 0.01, daleth: 0.1, scale: 1 });
        engine.adam(w, gradient, a, b, {
          rate: 0.01,
          beta1: 0.9,
          beta2: 0.9,
          epsilon: 0.1,
          update: 1,
          scale: 1,
        });
        engine.free(a, b, c);
      }
      network.clearGradients();
      counts.push(tf.memory().numTensors);
    }
    assertEquals(counts, [counts[0], counts[0], counts[0]]);
    await engine.close();
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("tfjs: a backend that is not there is named, with those that are", async () => {
  await assertRejects(() => openTfjsEngine({ backend: "abacus" }), Error, "'abacus' here. It knows: ");
});
