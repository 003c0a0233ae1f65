import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import {
  evaluate,
  type EvaluateOptions,
  gainRows,
  readGain,
  searchDynamic,
  type WeightsFile,
  writeGain,
} from "../../lib/training/mod.ts";
import { findExperiment } from "../../lib/experiments.ts";
import { openPennTreebank } from "../../lib/data/mod.ts";
import { withFolder } from "./tiny.ts";

const network = { ...findExperiment("char").network, cells: 5 };
const { symbols } = await openPennTreebank("character");
const file: WeightsFile = {
  experiment: "char",
  network,
  weights: initialWeights(network, 3),
  alphabet: { name: "character", symbols },
  checksum: "made up",
  metadata: {},
};
const sgd = (rate: number) => ({ optimiser: { rule: "sgd", rate, momentum: 0 } as const });

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
    assertAlmostEquals(bits / 630, results.bitsPerCharacter, 1e-9);
  }
  for (let k = 0; k < 630; k++) {
    assertAlmostEquals(unlearned.nats![k], one.nats![k], 1e-9);
    assertAlmostEquals(four.nats![k], one.nats![k], 1e-9);
  }
});

Deno.test("the rate of dynamic evaluation is chosen on the validation set; one that runs away is told", async () => {
  const engine = new Float64Engine();
  const { best, search } = await searchDynamic(engine, file, {
    rates: [0, 0.002, Infinity],
    momenta: [0],
    limit: 600,
  });
  const [none, some, tooMuch] = search.tried;
  assertAlmostEquals(none.bitsPerCharacter!, search.staticBitsPerCharacter, 1e-9);
  assertEquals(tooMuch.bitsPerCharacter, null);
  assert(some.bitsPerCharacter! < none.bitsPerCharacter! - 0.02, JSON.stringify(search));
  assertEquals(best, some);
  const { results } = await evaluate(engine, file, { part: "validation", limit: 600, dynamic: sgd(0.002) });
  assertEquals(results.validationDynamicBitsPerCharacter, best.bitsPerCharacter);
  assert(search.data.endsWith("validation set: the first 600 symbols"), search.data);
  await assertRejects(
    () => searchDynamic(engine, file, { rates: [Infinity], momenta: [0], limit: 300 }),
    Error,
    "try lower ones",
  );
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
    await assertRejects(() => readGain("char", folder), Error, "should have the columns symbols,static bits");
    assertThrows(() => gainRows([1, 2], [1]), RangeError, "2 and 1");
  }));
