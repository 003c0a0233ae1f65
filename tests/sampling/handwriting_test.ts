import { assert, assertEquals, assertGreater, assertNotEquals, assertRejects } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import { type Mixture, mixtureOf } from "../../lib/equations/mod.ts";
import { primeFrom, samplePen, synthesise, tracePredictions } from "../../lib/sampling/mod.ts";
import { network, penConfig, steadyWindow, synthesisConfig, textConfig } from "./networks.ts";

const ids = (text: string) => encodeText(text, alphabets.paper).ids;
const texts = ["of", "the window moves on", "and", "a longer text than its neighbours have", "so it"].map(
  ids,
);

Deno.test("the same seed gives the same samples, another seed others", async () => {
  const pen = network(penConfig);
  const [a, b] = await samplePen(pen, { count: 2, steps: 20, seed: 1 });
  assertEquals(a.length, 60);
  assertNotEquals(a, b);
  assertEquals(await samplePen(pen, { count: 2, steps: 20, seed: 1 }), [a, b]);
  assertNotEquals((await samplePen(pen, { count: 1, steps: 20, seed: 2 }))[0], a);
});

Deno.test("a sample does not depend on its neighbours, nor on how many run side by side", async () => {
  const synthesis = network(synthesisConfig);
  const { engine } = synthesis;
  const bytes = engine.bytes;
  const together = await synthesise(synthesis, { texts, seed: 5 });
  assertEquals(new Set(together.map(({ steps }) => steps)).size, texts.length);
  for (const [k, text] of texts.entries()) {
    assertEquals(await synthesise(synthesis, { texts: [text], seed: 5, streams: [k] }), [together[k]]);
  }
  assertEquals(await synthesise(synthesis, { texts, seed: 5, lanes: 2 }), together);
  assertEquals(engine.bytes, bytes, "nothing is left on the engine");
});

Deno.test("sampling ends at the first point with φ(t, U+1) greater than all others", async () => {
  // κ_t = t/2 with one component: φ(t, 4) > φ(t, 3) from κ = 4 on, at t = 8. Step 1 reads the null vector, so step 8
  // reads the seventh point.
  const [sample] = await synthesise(steadyWindow(0.5), { texts: [ids("the")], seed: 1 });
  assertEquals(sample.stoppedBy, "text end");
  assertEquals(sample.steps, 7);
  assertEquals(sample.points.length, 21);
  assertEquals(sample.window.length, 7);
  const phi = (kappa: number) => [1, 2, 3].map((u) => Math.fround(Math.exp(-((kappa - u) ** 2))));
  sample.window.forEach((weights, t) => {
    phi((t + 1) / 2).forEach((value, u) => assert(Math.abs(weights[u] - value) < 1e-6));
  });
});

Deno.test("a closing space is read and not written: a stroke that begins there is dropped if it is not finished", async () => {
  const window = steadyWindow(0.2, (weights) => weights.b_y.values[0] = 0.5);
  const [space] = ids(" ");
  let dropped = 0, kept = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const [plain] = await synthesise(window, { texts: [ids("the ")], seed });
    const [closed] = await synthesise(window, { texts: [ids("the")], seed, closing: space });
    assertEquals(closed.characters, plain.characters);
    const { steps } = closed;
    assertEquals(closed.points, plain.points.slice(0, 3 * steps));
    assertEquals(closed.window, plain.window.slice(0, steps));
    const isUp = (t: number) => plain.points[3 * t + 2] === 1;
    const isAtSpace = (t: number) => plain.window[t][3] > Math.max(...plain.window[t].slice(0, 3));
    if (steps < plain.steps) {
      dropped++;
      assert(isUp(steps - 1) && isAtSpace(steps));
      for (let t = steps; t < plain.steps; t++) assert(!isUp(t));
    } else {
      kept++;
      let begin = steps;
      while (begin > 0 && !isUp(begin - 1)) begin--;
      assert(begin === steps || !isAtSpace(begin), "the last stroke is finished, or belongs to a letter");
    }
  }
  assertGreater(dropped, 0);
  assertGreater(kept, 0);
  const far = await synthesise(window, { texts: [ids("the")], seed: 1, closing: space, maximumSteps: 9 });
  assertEquals([far[0].stoppedBy, far[0].steps], ["hard limit", 9]);
});

Deno.test("the null vector is no end of a text: a window that leaps past it still leaves one point", async () => {
  const [sample] = await synthesise(steadyWindow(10), { texts: [ids("the")], seed: 1 });
  assertEquals([sample.stoppedBy, sample.steps], ["text end", 1]);
});

Deno.test("a window that never gets there is stopped by the hard limit, which is said", async () => {
  const stuck = steadyWindow(1e-6);
  const samples = await synthesise(stuck, { texts: texts.slice(0, 2), seed: 1, maximumSteps: 12 });
  for (const { stoppedBy, steps } of samples) assertEquals([stoppedBy, steps], ["hard limit", 12]);
  const [byDefault] = await synthesise(stuck, { texts: [ids("a")], seed: 1 });
  assertEquals([byDefault.stoppedBy, byDefault.steps], ["hard limit", 200]);
});

Deno.test("a great bias takes the chance out of a sample", async () => {
  // No end of stroke is drawn here (ê is large): it is the one choice that the bias leaves as it is.
  const calm = steadyWindow(0.2, (weights) => weights.b_y.values[0] = 100);
  const sampled = async (seed: number, bias: number) =>
    (await synthesise(calm, { texts: [ids("bias")], seed, bias }))[0].points;
  assertEquals(await sampled(1, 100), await sampled(2, 100));
  assertNotEquals(await sampled(1, 0), await sampled(2, 0));
});

Deno.test("bias for each sample: the first as with that bias alone", async () => {
  const synthesis = network(synthesisConfig);
  const both = await synthesise(synthesis, {
    texts: [texts[1], texts[1]],
    streams: [0, 0],
    seed: 3,
    bias: [0, 2],
  });
  assertEquals(await synthesise(synthesis, { texts: [texts[1]], seed: 3, bias: 2 }), [both[1]]);
  assertNotEquals(both[0].points, both[1].points);
});

Deno.test("priming clamps the inputs: the predictions are those of a network that reads the line", async () => {
  const synthesis = network(synthesisConfig);
  const points = Float32Array.from(
    { length: 30 },
    (_, i) => i % 3 === 2 ? Number(i % 12 === 11) : Math.sin(i),
  );
  const line = { id: "prime", text: "real", points };
  const prime = primeFrom(line, alphabets.paper);
  const drawnFrom: Mixture[] = [];
  const [sample] = await synthesise(synthesis, {
    texts: [ids("style")],
    prime,
    seed: 8,
    mixture(outputs, bias) {
      drawnFrom.push(mixtureOf(outputs, bias));
      return drawnFrom.at(-1)!;
    },
  });
  const [plain] = await synthesise(synthesis, { texts: [ids("style")], seed: 8 });
  assertEquals(sample.whole.subarray(0, 30), points);
  assertEquals(sample.whole.subarray(30), sample.points);
  assertEquals([sample.primeCharacters, sample.characters], [5, ids("real style")]);
  assertGreater(sample.steps, 0);
  assertNotEquals(sample.points, plain.points);
  const trace = await tracePredictions(
    synthesis,
    { id: "whole", text: "real style", points: sample.whole },
    alphabets.paper,
  );
  assertEquals(trace.mixtures.slice(10), drawnFrom);
  assertEquals(trace.window, sample.window);
});

Deno.test("progress counts every sample and every drawn point", async () => {
  let last = { finished: 0, samples: 0, points: 0 };
  const samples = await synthesise(network(synthesisConfig), {
    texts,
    seed: 5,
    lanes: 3,
    onProgress: (progress) => last = progress,
  });
  const points = samples.reduce((sum, { steps }) => sum + steps, 0);
  assertEquals(last, { finished: texts.length, samples: texts.length, points });
});

Deno.test("what makes no sense is refused", async () => {
  const synthesis = network(synthesisConfig), pen = network(penConfig), text = network(textConfig);
  await assertRejects(
    () => synthesise(synthesis, { texts: [ids("")], seed: 1 }),
    RangeError,
    "Text 0 is empty",
  );
  await assertRejects(() => synthesise(synthesis, { texts, seed: 1, bias: -1 }), RangeError, "bias");
  await assertRejects(() => synthesise(synthesis, { texts, seed: 1, bias: [1] }), RangeError, "5 samples");
  await assertRejects(() => synthesise(synthesis, { texts, seed: 1, lanes: 0 }), RangeError, "lanes = 0");
  await assertRejects(() => synthesise(pen, { texts, seed: 1 }), RangeError, "no window");
  await assertRejects(() => samplePen(synthesis, { count: 1, steps: 1, seed: 1 }), RangeError, "synthesise");
  await assertRejects(() => samplePen(text, { count: 1, steps: 1, seed: 1 }), RangeError, "predicts symbols");
  const line = { id: "x", text: "x", points: new Float32Array(3) };
  await assertRejects(() => tracePredictions(synthesis, line), RangeError, "alphabet");
});

Deno.test("another mixture in the place of Eqs. 18–22 makes another sampler, with the outputs and the bias of each step", async () => {
  const synthesis = network(synthesisConfig);
  const plain = await synthesise(synthesis, { texts: [texts[0]], seed: 5, bias: 1 });
  assertEquals(
    await synthesise(synthesis, { texts: [texts[0]], seed: 5, bias: 1, mixture: mixtureOf }),
    plain,
  );
  const biases = new Set<number>();
  const [lifted] = await synthesise(synthesis, {
    texts: [texts[0]],
    seed: 5,
    bias: 1,
    mixture: (outputs, bias) => (biases.add(bias), { ...mixtureOf(outputs), endOfStroke: 1 }),
  });
  assertEquals([...biases], [1]);
  assertEquals(new Set(lifted.points.filter((_, k) => k % 3 === 2)), new Set([1]));
  // The first two numbers of the first point: drawn from the same density if the hook passes the bias over.
  const [unbiased] = await synthesise(synthesis, { texts: [texts[0]], seed: 5 });
  assertEquals(lifted.points.slice(0, 2), unbiased.points.slice(0, 2));
});
