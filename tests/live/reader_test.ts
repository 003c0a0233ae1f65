import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fitToSymbols, Reader } from "../../lib/live/reader.ts";
import { Random } from "../../lib/random.ts";
import { sampleText } from "../../lib/sampling/mod.ts";
import { network, textConfig } from "../sampling/networks.ts";

const symbols = [..."abcdef"];
const model = () => ({
  network: network(textConfig),
  alphabet: { name: "tiny", symbols },
  statistics: { mean: [0, 0] as [number, number], std: [1, 1] as [number, number] },
});

Deno.test("a reader goes on as sampleText does", async () => {
  const prime = [1, 4, 0];
  const expected = await sampleText(network(textConfig), { length: 9, seed: 5, temperature: 0.8, prime });
  const reader = await Reader.begin(model());
  await reader.readTo(prime);
  const random = new Random(5, "text sample");
  for (const symbol of expected) assertEquals(await reader.goOn(0.8, random), symbol);
  assertEquals(reader.symbols, [...prime, ...expected]);
});

Deno.test("a reader that is given another text expects what one does that reads it afresh", async () => {
  const reader = await Reader.begin(model());
  for (const text of [[0, 1, 2, 3], [0, 1, 5], [], [0, 1, 5, 2, 2], [4]]) {
    await reader.readTo(text);
    const fresh = await Reader.begin(model());
    await fresh.readTo(text);
    assertEquals(reader.symbols, text);
    for (let k = 0; k <= text.length; k++) {
      const expected = reader.expected(k);
      assertAlmostEquals(expected.reduce((sum, p) => sum + p, 0), 1, 1e-12);
      expected.forEach((p, c) => assertAlmostEquals(p, fresh.expected(k)[c], 1e-12));
      if (k < text.length) assertAlmostEquals(reader.surprises[k], -Math.log2(expected[text[k]]), 1e-12);
    }
  }
  assertThrows(() => reader.expected(2), RangeError, "1 symbols are read; found 2");
  await reader.readTo([1, 2, 3], () => reader.symbols.length === 2);
  assertEquals(reader.symbols, [1, 2], "it stops when nobody waits for the rest");
});

Deno.test("a text becomes one that the network knows, and what is left out is told", () => {
  assertEquals(fitToSymbols("Fädé, bÄg,", symbols), { text: "fadeba", unknown: [",", " ", "g"] });
});
