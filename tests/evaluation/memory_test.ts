import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { Float64Engine } from "../../lib/engine/float64.ts";
import { softmax } from "../../lib/equations/mod.ts";
import { bitsByContext, closingByDistance } from "../../lib/evaluation/mod.ts";
import type { NetworkConfig } from "../../lib/network/config.ts";
import { Network } from "../../lib/network/network.ts";
import { initialWeights } from "../../lib/network/parameters.ts";
import { Random } from "../../lib/random.ts";

const config: NetworkConfig = {
  domain: { kind: "symbols", classes: 6 },
  layers: 2,
  cells: 5,
  clip: { lstm: null, outputs: null },
};
const engine = new Float64Engine();
const network = new Network(engine, config, initialWeights(config, 7));
const random = new Random(1, "ids");
const ids = Int32Array.from({ length: 1070 }, () => random.integer(6));

/** −log₂ Pr of `next` after `read`, fed one by one from the null state. */
async function bitsAfter(read: Int32Array, next: number): Promise<number> {
  const stepper = network.stepper(1);
  let outputs: ArrayLike<number> = [];
  for (const id of read) ({ outputs } = await stepper.step([id]));
  stepper.free();
  return -Math.log2(softmax(Float64Array.from(outputs))[next]);
}

Deno.test("bits by context: every symbol once, with as much context as the row says, whatever the batches", async () => {
  const bytes = engine.bytes;
  const rows = await bitsByContext(network, ids, { rows: 3 });
  assertEquals(rows.map(({ from, to }) => [from, to]), [[1, 3], [4, 15], [16, 63]]);
  const costs: number[][] = [];
  for (const { from, bits } of rows) {
    const cost: number[] = [];
    for (let at = 16; at < ids.length; at++) {
      const context = from + (at - 16) % (3 * from);
      cost.push(await bitsAfter(ids.subarray(at - context, at), ids[at]));
    }
    assertAlmostEquals(bits, cost.reduce((a, b) => a + b) / cost.length, 1e-9);
    costs.push(cost);
  }
  assertEquals([rows[0].gain, rows[0].error], [null, null]);
  assertAlmostEquals(rows[2].gain!, rows[1].bits - rows[2].bits, 1e-12);
  // Two whole blocks of 500 symbols, whose means are as far from the mean of all as the standard error says.
  const gain = costs[1].map((bits, k) => bits - costs[2][k]);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const offsets = [gain.slice(0, 500), gain.slice(500, 1000)].map((block) => mean(block) - mean(gain));
  assertAlmostEquals(rows[2].error!, Math.hypot(...offsets) / Math.SQRT2, 1e-12);
  assertEquals(engine.bytes, bytes);
  await assertRejects(() => bitsByContext(network, ids.subarray(0, 16), { rows: 3 }), RangeError, "of more");
});

Deno.test("closing by distance: the probability of what closes, with and without what opened it", async () => {
  const symbols = ["[", "]", "(", ")", "a", "\n"];
  const text = [..."aaa[[aaaa]]a(aa(aaaaa)a)aa".repeat(12)];
  const ids = Int32Array.from(text, (symbol) => symbols.indexOf(symbol));
  const rows = await closingByDistance(network, { symbols, ids }, { most: 1000 });
  assertEquals(rows.map(({ kind, from, to, spans }) => [kind, from, to, spans]), [
    ["[[…]]", 4, 7, 12],
    ["(…)", 4, 7, 12],
    ["(…)", 8, 15, 12],
  ]);
  // The link of every period: from at most 64 symbols before "[[" up to "]]".
  let probability = 0, unopened = 0;
  for (let period = 0; period < 12; period++) {
    const from = period * 26 + 3, start = Math.max(0, from - 64);
    const before = ids.subarray(start, from), inside = ids.subarray(from + 2, from + 6);
    probability += 2 ** -await bitsAfter(ids.subarray(start, from + 6), 1) / 12;
    unopened += 2 ** -await bitsAfter(Int32Array.of(...before, ...inside), 1) / 12;
  }
  assertAlmostEquals(rows[0].probability, probability, 1e-9);
  assertAlmostEquals(rows[0].unopened, unopened, 1e-9);
  const some = await closingByDistance(network, { symbols, ids }, { most: 10 });
  assert(some.every(({ spans }) => spans === 10));
  assertEquals(await closingByDistance(network, { symbols, ids: ids.subarray(0, 26) }, { most: 10 }), []);
});
