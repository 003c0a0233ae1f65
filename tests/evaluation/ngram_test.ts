import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { NGram, nGramBits } from "../../lib/evaluation/ngram.ts";
import { Random } from "../../lib/random.ts";

const random = new Random(3, "n-gram text");
const text = Int32Array.from({ length: 3000 }, (_, k) => k % 7 === 0 ? 0 : random.integer(4) % 3 + k % 2);
const symbols = 5;

Deno.test("n-gram: the probabilities of all symbols sum to 1 after any context, seen or not", () => {
  const model = new NGram(4, symbols);
  for (let at = 0; at < text.length; at++) model.learn(text, at);
  for (const context of [[], [0], [1, 2], [0, 1, 2], [4, 4, 4], [0, 0, 4, 4]]) {
    let sum = 0;
    for (let symbol = 0; symbol < symbols; symbol++) {
      sum += model.probability([...context, symbol], context.length);
    }
    assertAlmostEquals(sum, 1, 1e-12, `after ${context}`);
  }
});

Deno.test("n-gram: Kneser–Ney counts by hand", () => {
  // a b a c a b: bigrams ab ×2, ba, ac, ca. Before a stand b and c, before b and c stands a.
  const ids = [0, 1, 0, 2, 0, 1];
  const model = new NGram(2, 3);
  ids.forEach((_, at) => model.learn(ids, at));
  // Of the counts of bigrams ab 2, ba 1, ac 1, ca 1: D = 3 / (3 + 2). The first symbol has the empty context alone.
  const discount = 3 / 5;
  // Continuations, with that first a: a 3, b 1, c 1, of which two are 1 and none is 2: D = 1.
  const one = [(3 - 1 + 3 * (1 / 3)) / 5, (0 + 3 * (1 / 3)) / 5, (0 + 3 * (1 / 3)) / 5];
  const expected = [
    (0 + discount * 2 * one[0]) / 3,
    (2 - discount + discount * 2 * one[1]) / 3,
    (1 - discount + discount * 2 * one[2]) / 3,
  ];
  for (let w = 0; w < 3; w++) assertAlmostEquals(model.probability([0, w], 1), expected[w], 1e-12);
});

Deno.test("n-gram: order 1 is the frequency of single symbols; longer contexts find more; reading on helps", () => {
  const halves = { training: text.subarray(0, 2000), test: text.subarray(2000), symbols };
  const counts = new Float64Array(symbols);
  for (const id of halves.training) counts[id]++;
  const entropy = halves.test.reduce((sum, id) => sum - Math.log2(counts[id] / 2000), 0) / 1000;
  assertAlmostEquals(nGramBits(halves, { order: 1 }), entropy, 0.02);
  const [single, pairs] = [1, 2].map((order) => nGramBits(halves, { order }));
  assertEquals(pairs < single, true);
  const other = { ...halves, training: new Int32Array(2000) };
  assertEquals(nGramBits(other, { order: 2, dynamic: true }) < nGramBits(other, { order: 2 }), true);
  assertThrows(() => new NGram(0, 3), RangeError, "order");
});
