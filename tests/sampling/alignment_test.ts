import { assert, assertEquals, assertThrows } from "@std/assert";
import { alphabets, encodeText } from "../../lib/data/alphabet.ts";
import type { Line } from "../../lib/data/handwriting.ts";
import {
  alignmentOf,
  failuresOf,
  randomTexts,
  readLines,
  type Sample,
  tracePredictions,
} from "../../lib/sampling/mod.ts";
import { steadyWindow } from "./networks.ts";

/** A sample whose window looks at these characters, one after the other. */
function reading(characters: number, looks: number[], more: Partial<Sample> = {}): Sample {
  return {
    points: new Float32Array(3 * looks.length),
    whole: new Float32Array(3 * looks.length),
    characters: new Int32Array(characters),
    primeCharacters: 0,
    window: looks.map((u) =>
      Float32Array.from({ length: characters }, (_, k) => Math.exp(-((k + 1 - u) ** 2)))
    ),
    stoppedBy: "text end",
    steps: looks.length,
    ...more,
  };
}

Deno.test("a text read through in order has not failed", () => {
  const sample = reading(4, [1, 1, 2, 3, 2, 3, 4, 4]);
  assertEquals(Array.from(alignmentOf(sample).reading), [1, 1, 2, 3, 2, 3, 4, 4]);
  assertEquals(failuresOf(sample), []);
  assertEquals(failuresOf(reading(4, [1, 3, 4])), [], "one passed over is a neighbour's");
});

Deno.test("characters skipped, read again, left unread, or never finished", () => {
  assertEquals(alignmentOf(reading(6, [1, 2, 5, 6])).skipped, [3, 4]);
  assertEquals(failuresOf(reading(6, [1, 2, 5, 6])), ["skipped"]);
  assertEquals(alignmentOf(reading(5, [1, 2, 3, 4, 2, 2, 3, 4, 5])).repeated, [2]);
  assertEquals(failuresOf(reading(5, [1, 2, 3, 4, 2, 2, 3, 4, 5])), ["repeated"]);
  assertEquals(failuresOf(reading(5, [1, 2, 3])), ["stopped early"]);
  assertEquals(failuresOf(reading(5, [1, 2, 3], { stoppedBy: "hard limit" })), ["hard limit"]);
});

Deno.test("of a primed sample only what was drawn counts", () => {
  // The real line's three characters, read badly, then the sample's two.
  const sample = reading(5, [3, 1, 4, 5], { primeCharacters: 3, steps: 2 });
  assertEquals(Array.from(alignmentOf(sample).reading), [4, 5]);
  assertEquals(failuresOf(sample), []);
});

Deno.test("lines read side by side are read as one by one", async () => {
  const network = steadyWindow(0.3), alphabet = alphabets.paper;
  const lines = ["read", "a longer one"].map((text, k): Line => ({
    id: text,
    text,
    points: Float32Array.from({ length: 3 * (5 + 4 * k) }, (_, i) => i % 3 < 2 ? Math.sin(i) : 0),
  }));
  const together = await readLines(network, lines, alphabet);
  for (const [k, { window, points, characters }] of together.entries()) {
    assertEquals(points, lines[k].points);
    assertEquals(characters, encodeText(lines[k].text, alphabet).ids);
    assertEquals(window, (await tracePredictions(network, lines[k], alphabet)).window);
  }
});

Deno.test("random texts are made of the lines' words, by seed", () => {
  const lines = [{ text: "the dilemma of - tides" }, { text: "in the affairs" }];
  const texts = randomTexts(lines, { count: 50, seed: 1 });
  assertEquals(texts, randomTexts(lines, { count: 50, seed: 1 }));
  assert(new Set(texts).size > 40);
  const words = new Set(["the", "dilemma", "of", "tides", "in", "affairs"]);
  for (const text of texts) {
    assert(text.length <= 35 && text.length >= 10, text);
    for (const word of text.split(" ")) assert(words.has(word), word);
  }
  assertThrows(() => randomTexts([{ text: "12 !" }], { count: 1, seed: 1 }), Error, "no words");
});
