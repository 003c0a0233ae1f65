import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import {
  type DynamicOptions,
  evaluate,
  type EvaluateOptions,
  paperDynamics,
  searchDynamic,
} from "../../lib/evaluation/mod.ts";
import { gainRows, readGain, writeGain } from "../../lib/runs/mod.ts";
import type { WeightsFile } from "../../lib/weights/mod.ts";
import { findExperiment } from "../../lib/experiments/mod.ts";
import { openPennTreebank, streamBatches } from "../../lib/data/mod.ts";
import type { Tensor } from "../../lib/engine/mod.ts";
import { Network } from "../../lib/network/network.ts";
import { untrained, withFolder } from "../training/tiny.ts";

const network = { ...findExperiment("char").network, cells: 5 };
const { symbols } = await openPennTreebank("character");
const file: WeightsFile = {
  ...untrained("char", network),
  weights: initialWeights(network, 3),
  alphabet: { name: "character", symbols },
  checksum: "made up",
};
const sgd = (rate: number): DynamicOptions => ({ ...paperDynamics, rate, momentum: 0 });

Deno.test("what each symbol cost comes in the text's order, however many streams read it", async () => {
  const engine = new Float64Engine();
  // Without memory a symbol costs the same wherever a stream begins: no recurrence, forget gates shut.
  const weights = initialWeights(network, 3);
  weights.W_h1h1.values.fill(0);
  weights.b_h1.values.fill(-1e3, 5, 10);
  const score = (options: EvaluateOptions) =>
    evaluate(engine, { ...file, weights }, { limit: 630, ...options });
  // Streams of 158, the last one shorter, in sequences of 100.
  const [one, four, unlearned] = [
    await score({ streams: 1 }),
    await score({ streams: 4 }),
    await score({ dynamic: sgd(0) }),
  ];
  for (const { nats, results } of [one, four]) {
    assertEquals(nats!.length, 630);
    const bits = nats!.reduce((sum, x) => sum + x, 0) / Math.LN2;
    assertAlmostEquals(bits / 630, results.static!.bitsPerCharacter, 1e-9);
  }
  for (let k = 0; k < 630; k++) {
    assertAlmostEquals(unlearned.nats![k], one.nats![k], 1e-9);
    assertAlmostEquals(four.nats![k], one.nats![k], 1e-9);
  }
});

Deno.test("the rate of dynamic evaluation is chosen on the validation set; one that runs away is told", async () => {
  const engine = new Float64Engine();
  const { best, search } = await searchDynamic(engine, file, {
    settings: [0, 0.002, Infinity].map(sgd),
    limit: 600,
  });
  const [none, some, tooMuch] = search.tried;
  assertAlmostEquals(none.bitsPerCharacter!, search.staticBitsPerCharacter, 1e-9);
  assertEquals(tooMuch.bitsPerCharacter, null);
  assert(some.bitsPerCharacter! < none.bitsPerCharacter! - 0.02, JSON.stringify(search));
  assertEquals(best, some);
  // What was tried before on the same symbols counts; on others it does not.
  const again = (limit: number) =>
    searchDynamic(engine, file, { settings: [sgd(0)], limit, earlier: search });
  assertEquals((await again(600)).best, some);
  assertEquals((await again(600)).search.tried.length, 4);
  assertEquals((await again(500)).search.tried.length, 1);
  const { results } = await evaluate(engine, file, { part: "validation", limit: 600, dynamic: sgd(0.002) });
  assertEquals(results.validation?.bitsPerCharacter, best.bitsPerCharacter);
  assert(search.data.endsWith("validation set: the first 600 symbols"), search.data);
  await assertRejects(
    () => searchDynamic(engine, file, { settings: [sgd(Infinity)], limit: 300 }),
    Error,
    "try lower ones",
  );
});

Deno.test("dynamic evaluation by adam, its decay and its sequences are what an independent loop computes", async () => {
  const engine = new Float64Engine();
  const options: DynamicOptions = { rule: "adam", rate: 0.01, momentum: 0.5, decay: 0.1, steps: 20 };
  const limit = 50;
  const { nats } = await evaluate(engine, file, { limit, dynamic: options });

  const network = new Network(engine, file.provenance.network, file.weights);
  const { test } = await openPennTreebank("character");
  const state = network.zeroState(1);
  const expected: number[] = [];
  const read = async (tensor: Tensor) => Float64Array.from(await engine.read(tensor));
  const m: Record<string, Float64Array> = {}, v: Record<string, Float64Array> = {};
  let update = 0;
  for (const batch of streamBatches(test.subarray(0, limit), { size: 1, steps: 20 })) {
    network.clearGradients();
    expected.push(...(await network.lossAndGradient(batch, { state })).losses);
    update++;
    for (const [name, tensor] of Object.entries(network.parameters)) {
      const start = file.weights[name].values;
      const [weight, gradient] = await Promise.all([read(tensor), read(network.gradients[name])]);
      m[name] ??= new Float64Array(weight.length);
      v[name] ??= new Float64Array(weight.length);
      for (let k = 0; k < weight.length; k++) {
        m[name][k] += 0.5 * (gradient[k] - m[name][k]);
        v[name][k] += 0.001 * (gradient[k] ** 2 - v[name][k]);
        weight[k] += 0.1 * (start[k] - weight[k]);
        const rms = Math.sqrt(v[name][k] / (1 - 0.999 ** update));
        weight[k] -= 0.01 * m[name][k] / (1 - 0.5 ** update) / (rms + 1e-6);
      }
      engine.write(tensor, weight);
    }
  }
  for (let k = 0; k < limit; k++) assertAlmostEquals(nats![k], expected[k], 1e-9);
});

Deno.test("a fixed share mixes the trained weights' predictions in, and changes nothing of what is learned", async () => {
  const engine = new Float64Engine();
  const options: DynamicOptions = { rule: "adam", rate: 0.05, momentum: 0, decay: 0.1, steps: 20 };
  const limit = 150;
  const fixed = await evaluate(engine, file, { limit, streams: 1 });
  const dynamic = await evaluate(engine, file, { limit, dynamic: options });
  const mixed = await evaluate(engine, file, { limit, dynamic: { ...options, fixedShare: 0.3 } });
  for (let k = 0; k < limit; k++) {
    const probability = 0.7 * Math.exp(-dynamic.nats![k]) + 0.3 * Math.exp(-fixed.nats![k]);
    assertAlmostEquals(mixed.nats![k], -Math.log(probability), 1e-12);
  }
  const whole = await evaluate(engine, file, { limit, dynamic: { ...options, fixedShare: 1 } });
  const still = fixed.results.static!;
  assertAlmostEquals(whole.results.dynamic!.bitsPerCharacter, still.bitsPerCharacter, 1e-12);
  assertEquals(whole.results.dynamic!.error, still.error);
  assertNotEquals(dynamic.results.dynamic!.error, still.error);
  assertEquals(engine.bytes, 0);
});

Deno.test("the gain of dynamic evaluation is kept as sums at some places", () =>
  withFolder(async (folder) => {
    const nats = (scale: number) => Array.from({ length: 1003 }, (_, k) => scale * Math.LN2 * (k % 3));
    const rows = gainRows(nats(1), nats(0.5), 10);
    assertEquals(rows.map(({ symbols }) => symbols).slice(-2), [909, 1003]);
    assertEquals(await readGain("none", folder), []);
    await writeGain("char", rows, folder);
    const [first, last] = [0, -1].map((k) => rows.at(k)!);
    const found = await readGain("char", folder);
    assertEquals(found.length, rows.length);
    assertAlmostEquals(found[0].staticBits, first.staticBits, 0.06);
    assertAlmostEquals(found.at(-1)!.staticBits, 1002, 0.06);
    assertAlmostEquals(found.at(-1)!.dynamicBits, last.dynamicBits, 0.06);
    await Deno.writeTextFile(`${folder}/runs/char/dynamic.csv`, "a,b\n1,2\n");
    await assertRejects(() => readGain("char", folder), Error, "expected the columns symbols,static bits");
    assertThrows(() => gainRows([1, 2], [1]), RangeError, "2 and 1");
  }));
