import { assertEquals, assertThrows } from "@std/assert";
import { passes, within } from "../lib/within.ts";

Deno.test("within: items come until the time is over, from when the first is asked for", () => {
  let time = 100;
  const items = within(2, passes(() => [1, 2, 3]), () => time);
  time = 5000;
  const taken: number[] = [];
  for (const item of items) {
    taken.push(item);
    time += 500;
  }
  assertEquals(taken, [1, 2, 3, 1]);
});

Deno.test("within: items that are fewer end it", () => {
  assertEquals([...within(1, [1, 2], () => 0)], [1, 2]);
});

Deno.test("passes: without end, but not over nothing", () => {
  const items = passes(() => "ab");
  assertEquals(Array.from({ length: 5 }, () => items.next().value), ["a", "b", "a", "b", "a"]);
  assertThrows(() => passes(() => []).next(), Error, "no batches");
});
