import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { dropoutMask, gaussianNoise, Random } from "../lib/random.ts";

Deno.test("a seed and its labels give one stream, others another", () => {
  const draw = (seed: number, ...labels: (string | number)[]) => {
    const random = new Random(seed, ...labels);
    return Array.from({ length: 5 }, () => random.uniform());
  };
  assertEquals(draw(1, "batches", 3), draw(1, "batches", 3));
  assertNotEquals(draw(1, "batches", 3), draw(1, "batches", 4));
  assertNotEquals(draw(1, "batches", 3), draw(2, "batches", 3));
});

Deno.test("Gaussian draws have mean 0, variance 1 and a normal's fourth moment", () => {
  const noise = new Float32Array(200_001);
  gaussianNoise(5, 7, noise);
  const random = new Random(5, "gaussian");
  for (const values of [noise, Float32Array.from(noise, () => random.gaussian())]) {
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    assertAlmostEquals(moment(1), 0, 0.01);
    assertAlmostEquals(moment(2), 1, 0.015);
    assertAlmostEquals(moment(4), 3, 0.1);
  }
});

Deno.test("element i of the noise depends on seed, stream and i alone", () => {
  const long = new Float32Array(103), short = new Float32Array(10), other = new Float32Array(10);
  gaussianNoise(1, 2, long);
  gaussianNoise(1, 2, short);
  gaussianNoise(1, 3, other);
  assertEquals(long.slice(0, 10), short);
  assertNotEquals(short, other);
});

Deno.test("dropout drops the share it is asked to and keeps the sum's expectation", () => {
  const mask = new Float32Array(200_001), other = new Float32Array(mask.length);
  dropoutMask(5, 7, 0.2, mask);
  dropoutMask(5, 8, 0.2, other);
  assertAlmostEquals(mask.filter((x) => x === 0).length / mask.length, 0.2, 0.004);
  assert(mask.every((x) => x === 0 || x === Math.fround(1.25)));
  // Streams are independent: both keep 0.8².
  assertAlmostEquals(mask.filter((x, k) => x > 0 && other[k] > 0).length / mask.length, 0.64, 0.005);
  dropoutMask(5, 7, 0, mask);
  assert(mask.every((x) => x === 1));
  for (const rate of [1, -0.1, NaN]) assertThrows(() => dropoutMask(1, 1, rate, mask), Error, "rate from 0");
});

Deno.test("choose follows the weights and shuffle keeps the items", () => {
  const random = new Random(1);
  const counts = [0, 0, 0];
  for (let k = 0; k < 30_000; k++) counts[random.choose([1, 0, 3])]++;
  assertEquals(counts[1], 0);
  assertAlmostEquals(counts[2] / counts[0], 3, 0.15);
  const items = Array.from({ length: 50 }, (_, k) => k);
  const shuffled = random.shuffle([...items]);
  assertNotEquals(shuffled, items);
  assertEquals(shuffled.sort((a, b) => a - b), items);
  assert(Array.from({ length: 1000 }, () => random.integer(6)).every((n) => n >= 0 && n < 6));
});
