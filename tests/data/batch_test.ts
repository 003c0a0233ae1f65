import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import {
  alphabets,
  encodeText,
  type Line,
  penBatch,
  penBatches,
  sentenceBatches,
  splitSentences,
  streamBatches,
  type SymbolBatch,
} from "../../lib/data/mod.ts";
import { Random } from "../../lib/random.ts";

/** A line of `length` points whose values tell where they came from. */
function line(id: string, length: number, text = "ab"): Line {
  return {
    id,
    text,
    points: Float32Array.from({ length: 3 * length }, (_, k) => k % 3 === 2 ? k % 2 : 100 + k),
  };
}
const random = new Random(7);
const lines = Array.from({ length: 100 }, (_, k) => line(`line ${k}`, 1 + random.integer(300)));

Deno.test("alphabets: the paper's has 57 symbols, the extended one keeps digits apart", () => {
  assertEquals(alphabets.paper.symbols.length, 57);
  for (const { symbols } of Object.values(alphabets)) assertEquals(new Set(symbols).size, symbols.length);
  const { ids, replaced } = encodeText("a7, ?7é", alphabets.paper);
  assertEquals([...ids].map((id) => alphabets.paper.symbols[id]), ["a", "□", ",", " ", "□", "□", "□"]);
  assertEquals(replaced, [{ char: "7", count: 2 }, { char: "?", count: 1 }, { char: "é", count: 1 }]);
  assertEquals(encodeText("a7, ?", alphabets.extended).replaced, []);
  assertEquals(encodeText("", alphabets.paper), { ids: new Int32Array(0), replaced: [] });
  assertEquals(encodeText("🙂", alphabets.paper).replaced, [{ char: "🙂", count: 1 }]);
});

Deno.test("penBatch: inputs lag a step behind targets, the first is the null vector", () => {
  const batch = penBatch([line("short", 2, "a"), line("long", 3, "b c")], alphabets.paper);
  assertEquals([batch.steps, batch.size], [3, 2]);
  assertEquals([...batch.lengths], [2, 3]);
  assertEquals([...batch.mask], [1, 1, 1, 1, 0, 1]);
  assertEquals([...batch.inputs], [0, 0, 0, 0, 0, 0, 100, 101, 0, 100, 101, 0, 0, 0, 0, 103, 104, 1]);
  assertEquals([...batch.targets], [
    100,
    101,
    0,
    100,
    101,
    0,
    103,
    104,
    1,
    103,
    104,
    1,
    0,
    0,
    0,
    106,
    107,
    0,
  ]);
  const [a, b, c, space] = [..."abc "].map((char) => alphabets.paper.symbols.indexOf(char));
  assertEquals([...batch.characters!], [a, -1, -1, b, space, c]);
  assertEquals([...batch.textLengths!], [1, 3]);
  assertEquals(penBatch([line("x", 2)]).characters, undefined);
});

Deno.test("penBatch: maximumSteps cuts long lines off", () => {
  const batch = penBatch([line("long", 9), line("short", 2)], undefined, { maximumSteps: 4 });
  assertEquals([batch.steps, ...batch.lengths], [4, 4, 2]);
});

Deno.test("penBatches: every line once, whole, in the order of seed and epoch", () => {
  const options = { size: 8, seed: 1, epoch: 2 };
  const batches = [...penBatches(lines, options)];
  assertEquals(batches.flatMap((batch) => batch.ids).sort(), lines.map((line) => line.id).sort());
  const lengths = new Map(lines.map((line) => [line.id, line.points.length / 3]));
  for (const batch of batches) assertEquals([...batch.lengths], batch.ids.map((id) => lengths.get(id)));
  const order = (options: { size: number; seed: number; epoch: number }) =>
    [...penBatches(lines, options)].map((batch) => batch.ids);
  assertEquals(order(options), batches.map((batch) => batch.ids));
  assertNotEquals(order({ ...options, epoch: 3 }), order(options));
  assertNotEquals(order({ ...options, seed: 2 }), order(options));
});

Deno.test("penBatches: like lengths come together, so that little is padding", () => {
  const many = Array.from({ length: 2000 }, (_, k) => line(`${k}`, 1 + random.integer(1000)));
  let padded = 0, real = 0;
  for (const batch of penBatches(many, { size: 16, seed: 0, epoch: 0 })) {
    padded += batch.steps * batch.size;
    real += batch.lengths.reduce((a, b) => a + b);
  }
  assertLess(padded / real, 1.03);
});

Deno.test("penBatches: no more points in a batch than allowed, and no line lost", () => {
  const maximumPoints = 500;
  const batches = [
    ...penBatches([...lines, line("longest", 700)], { size: 8, seed: 1, epoch: 0, maximumPoints }),
  ];
  for (const { steps, size } of batches) assert(steps * size <= maximumPoints || size === 1);
  assertEquals(batches.reduce((sum, batch) => sum + batch.size, 0), lines.length + 1);
  assertThrows(() => [...penBatches(lines, { size: 0, seed: 0, epoch: 0 })], RangeError, "not 0");
});

/** The streams or sentences that a batch's columns hold. */
function columns({ steps, size, targets }: SymbolBatch): number[][] {
  return Array.from(
    { length: size },
    (_, b) => Array.from({ length: steps }, (_, t) => targets[t * size + b]).filter((id) => id >= 0),
  );
}

Deno.test("streamBatches: every symbol is predicted once, from the one before it", () => {
  const ids = Int32Array.from({ length: 103 }, (_, k) => k);
  const streams: number[][] = [[], [], []];
  const fresh: boolean[] = [];
  for (const batch of streamBatches(ids, { size: 3, steps: 10, resetEvery: 2 })) {
    columns(batch).forEach((column, b) => streams[b].push(...column));
    fresh.push(batch.startsFresh);
    batch.targets.forEach((target, k) => assertEquals(batch.inputs[k], target < 0 ? -1 : target - 1));
  }
  assertEquals(streams.flat(), [...ids]);
  assertEquals(fresh, [true, false, true, false]);
  assertEquals(Array.from(streamBatches(ids, { size: 1, steps: 50 }), (b) => b.startsFresh), [
    true,
    false,
    false,
  ]);
  assertEquals([...streamBatches(new Int32Array(0), { size: 2, steps: 5 })], []);

  const [whole, begun] = [0, 0.5].map((from) => [...streamBatches(ids, { size: 3, steps: 10, from })]);
  const [a, b, c, d] = whole;
  assertEquals(begun.map(({ targets }) => targets), [c, d, a, b].map(({ targets }) => targets));
  assertEquals(begun.map(({ startsFresh }) => startsFresh), [true, false, true, false]);
  assertThrows(() => [...streamBatches(ids, { size: 2, steps: 0 })], RangeError, "length of a sequence");
});

Deno.test("sentenceBatches: in the text's order, or grouped by length", () => {
  const ids = Int32Array.from([5, 6, 0, 7, 0, 0, 8, 9, 10, 0, 4]);
  assertEquals(splitSentences(ids, 0).map((s) => [...s]), [[5, 6, 0], [7, 0], [0], [8, 9, 10, 0], [4]]);
  const one = [...sentenceBatches(ids, 0)];
  assertEquals(one.flatMap(columns).flat(), [...ids]);
  assertEquals([...one[0].inputs], [-1, 5, 6]);
  assert(one.every((batch) => batch.startsFresh));
  const grouped = [...sentenceBatches(ids, 0, { size: 2, seed: 3, epoch: 0 })];
  assertEquals(grouped.length, 3);
  const text = (sentences: number[][]) => sentences.map((s) => s.join(" ")).sort();
  assertEquals(text(grouped.flatMap(columns)), text(splitSentences(ids, 0).map((s) => [...s])));
});
