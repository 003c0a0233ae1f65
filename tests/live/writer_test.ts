import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import { openOwnThreadEngine } from "../../lib/engine/cpu/own_thread.ts";
import { openEngine } from "../../lib/engine/mod.ts";
import { openEngine as openLiveEngine } from "../../lib/live/model.ts";
import { packWeights, unpackWeights } from "../../lib/live/quantise.ts";
import { Line } from "../../lib/live/line.ts";
import { Writer } from "../../lib/live/writer.ts";
import { Network } from "../../lib/network/network.ts";
import { synthesise } from "../../lib/sampling/mod.ts";
import { openWeights } from "../../lib/runs/mod.ts";
import { network, steadyWindow, synthesisConfig } from "../sampling/networks.ts";

const alphabet = alphabets.paper, closing = alphabet.symbols.indexOf(" ");
const kernels = await Deno.readFile(new URL("../../lib/engine/cpu/kernels.wasm", import.meta.url));

const tiny = () => ({
  network: steadyWindow(0.3),
  alphabet,
  statistics: { mean: [8, 0] as [number, number], std: [40, 36] as [number, number] },
});
const order = { text: "so it is", seed: 3 };

async function writeAll(writer: Writer, bias: number): Promise<number[]> {
  while (await writer.step(bias));
  return [...writer.sample!.whole];
}

for (
  const [name, prime] of [["", undefined], [", with a prime", {
    points: Float32Array.of(0.1, 0.2, 0, 0.3, -0.1, 1),
    characters: encodeText("a ", alphabet).ids,
  }]] as const
) {
  Deno.test(`a line that is watched is the one that synthesise writes${name}`, async () => {
    const model = tiny();
    const [expected] = await synthesise(model.network, {
      texts: [encodeText(order.text, alphabet).ids],
      seed: 3,
      bias: 1,
      prime,
      closing,
    });
    const writer = await Writer.begin(model, { ...order, prime });
    assertEquals(await writeAll(writer, 1), [...expected.whole]);
    assertEquals(writer.sample!.stoppedBy, expected.stoppedBy);
    assertEquals(await writer.step(1), false);
  });
}

Deno.test("a line wound back goes on as it did, or with another bias in another way", async () => {
  const writer = await Writer.begin(tiny(), order);
  const whole = await writeAll(writer, 1);
  for (const count of [writer.moments.length, 10, 3, 0]) {
    writer.rewind(count);
    assertEquals(writer.sample, undefined);
    assertEquals(writer.moments.length, count);
    assertEquals(await writeAll(writer, 1), whole, `from point ${count} on`);
  }
  writer.rewind(4);
  const other = await writeAll(writer, 0);
  assertEquals(other.slice(0, 12), whole.slice(0, 12));
  assertNotEquals(other.slice(12, 24), whole.slice(12, 24));
  assertThrows(() => writer.predictionOf(1000), RangeError, "found 1000");
});

Deno.test("futures go on from a point, each by itself, and leave the line as it is", async () => {
  const whole = await writeAll(await Writer.begin(tiny(), order), 1);
  const futuresOf = async (writer: Writer, count: number) => {
    let all: number[][] = [];
    for await (const points of writer.futures({ from: 5, count, steps: 7, bias: 1, seed: 9 })) {
      all = points.map((future) => future.flat());
    }
    return all;
  };
  const writer = await Writer.begin(tiny(), order);
  for (let t = 0; t < 6; t++) await writer.step(1);
  const many = await futuresOf(writer, 5);
  assertEquals(many.map((future) => future.length), Array(5).fill(21));
  assertEquals(new Set(many.map(String)).size, 5);
  const [one] = await futuresOf(writer, 1);
  one.forEach((value, k) => assertAlmostEquals(value, many[0][k], 1e-6));
  assertEquals(await writeAll(writer, 1), whole);
});

Deno.test("a line is shown as far as it is wound, and forgets the rest only when it goes on", async () => {
  const line = await Line.begin(tiny(), order);
  while (!line.isFinished) await line.advance(1);
  const { end } = line, [first] = line.strokes;
  assertEquals(line.next(1), undefined);
  line.shown = 5;
  assertEquals([line.end, line.isFinished, line.reading.length], [end, false, 5]);
  assertEquals(line.strokes.flat().length, 5);
  assertEquals(line.strokes[0][0], first[0]);
  assert(line.next(1)!.weights.length > 0);
  assertEquals(line.looking.length, order.text.length + 1);
  assertEquals(line.cells(2).length, synthesisConfig.cells);
  assertEquals(line.activity(1, 0).length, 5);
  line.shown = line.strokeBefore;
  assert(line.shown < 5);
  await line.advance(1);
  assertEquals([line.end, line.isFinished], [line.shown, false]);
  line.free();
});

Deno.test("weights a byte each: a matrix to half a step of its row, the others exactly", async () => {
  const { config, ...model } = network(synthesisConfig), weights = await network(synthesisConfig).weights();
  assert(model.engine.bytes > 0);
  const packed = packWeights(config, weights), found = unpackWeights(config, packed);
  for (const [name, { shape, values }] of Object.entries(weights)) {
    assertEquals(found[name].shape, shape);
    if (/^(b_|W_c)/.test(name)) assertEquals(found[name].values, values);
    for (let row = 0; row < values.length; row += shape.at(-1)!) {
      const own = values.subarray(row, row + shape.at(-1)!);
      const step = Math.max(...own.map(Math.abs)) / 127;
      own.forEach((value, k) => assert(Math.abs(value - found[name].values[row + k]) <= 0.501 * step, name));
    }
  }
  assertThrows(() => unpackWeights(config, packed.slice(1)), Error, "bytes of weights, found");
});

Deno.test("shipped weights a byte each: the page's engine writes what the cpu engine writes", async () => {
  const { weights, alphabet, provenance } = await openWeights("synthesis");
  const { network: config, data: { statistics } } = provenance;
  const small = unpackWeights(config, packWeights(config, weights));
  const steps = 60, text = "the pen", seed = 5, bias = 0.5;
  const ids = encodeText(text, alphabet!).ids, space = alphabet!.symbols.indexOf(" ");
  const expected = async (options: { threads?: number; blas?: boolean }) => {
    const engine = await openEngine("cpu", options);
    try {
      const texts = [ids], order = { texts, seed, bias, closing: space, maximumSteps: steps };
      const [sample] = await synthesise(new Network(engine, config, small), order);
      return [...sample.points];
    } finally {
      await engine.close();
    }
  };
  const engine = await openOwnThreadEngine(kernels);
  const model = { network: new Network(engine, config, small), alphabet: alphabet!, statistics: statistics! };
  const writer = await Writer.begin(model, { text, seed });
  for (let t = 0; t < steps; t++) await writer.step(bias);
  const found = writer.moments.flatMap(({ point }) => Array.from(point));
  assertEquals(found, await expected({ threads: 1, blas: false }), "one thread without BLAS: to the bit");
  (await expected({})).forEach((value, k) => assertAlmostEquals(value, found[k], 1e-3));
  await engine.close();
});

Deno.test("where kernels cannot be compiled, plain loops compute", async () => {
  const damaged = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, 6, 1, 1, 0x65, 1, 0x6d, 2, 99).toBase64();
  assertEquals((await openLiveEngine(damaged)).name, "float64");
  assertEquals((await openLiveEngine(kernels.toBase64())).name, "cpu");
});
