import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { sampleText, sampleTexts } from "../../lib/sampling/mod.ts";
import { network, penConfig, textConfig } from "./networks.ts";

const text = network(textConfig);

/** What the network finds most probable after `symbols`. */
async function likeliest(symbols: number[]): Promise<number> {
  const stepper = text.stepper(1);
  let { outputs } = await stepper.step([-1]);
  for (const symbol of symbols) ({ outputs } = await stepper.step([symbol]));
  stepper.free();
  return outputs.indexOf(Math.max(...outputs));
}

Deno.test("text: the same seed gives the same symbols, and they are streamed", async () => {
  const streamed: number[] = [];
  const a = await sampleText(text, { length: 40, seed: 1, onSymbol: (symbol) => streamed.push(symbol) });
  assertEquals(Array.from(a), streamed);
  assertEquals(await sampleText(text, { length: 40, seed: 1 }), a);
  assertNotEquals(await sampleText(text, { length: 40, seed: 2 }), a);
});

Deno.test("texts side by side: the first is that of one alone, the others are others", async () => {
  const options = { length: 30, seed: 4, prime: [2, 5], symbols: 4 };
  const together = await sampleTexts(text, { ...options, count: 3 });
  assertEquals(together[0], await sampleText(text, options));
  assertNotEquals(together[1], together[0]);
  assertNotEquals(together[2], together[1]);
  assertEquals(Math.max(...together.flatMap((drawn) => Array.from(drawn))), 3);
});

Deno.test("temperature 0 takes the most probable symbol after the prime and all before", async () => {
  const prime = [3, 1, 4];
  const drawn = Array.from(await sampleText(text, { length: 6, seed: 1, temperature: 0, prime }));
  for (let t = 0; t < 6; t++) assertEquals(drawn[t], await likeliest([...prime, ...drawn.slice(0, t)]));
});

Deno.test("classes without a symbol are not drawn", async () => {
  const all = await sampleText(text, { length: 60, seed: 1 });
  const some = await sampleText(text, { length: 60, seed: 1, symbols: 3 });
  assertEquals([Math.max(...all), Math.max(...some)], [5, 2]);
});

Deno.test("text: what makes no sense is refused, and nothing stays on the engine", async () => {
  const bytes = text.engine.bytes;
  await assertRejects(
    () => sampleText(text, { length: 1, seed: 1, prime: [6] }),
    RangeError,
    "0 to 5; found 6",
  );
  await assertRejects(() => sampleText(text, { length: 1, seed: 1, temperature: -1 }), RangeError);
  for (const symbols of [0, 7, 1.5]) {
    await assertRejects(() => sampleText(text, { length: 2, seed: 1, symbols }), RangeError, "6 classes");
  }
  await assertRejects(() => sampleText(network(penConfig), { length: 1, seed: 1 }), RangeError, "pen points");
  assertEquals(text.engine.bytes, bytes);
});
