import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../lib/random.ts";
import { boundsOf, partSigns, placeSigns, signs, type Stroke, withoutSigns } from "../../lib/report/mod.ts";

Deno.test("a row is parted at its signs, and the network gets a space for each run of them", () => {
  for (
    const [row, pieces, runs, words] of [
      ["salt & pepper", ["salt", "pepper"], [" & "], "salt pepper"],
      ["+12 @ home/", ["", "12", "home", ""], ["+", " @ ", "/"], "12 home"],
      ["no sign", ["no sign"], [], "no sign"],
      ["& = [", ["", ""], ["& = ["], ""],
    ] as [string, string[], string[], string][]
  ) {
    assertEquals(partSigns(row), { pieces, runs });
    assertEquals(withoutSigns(partSigns(row)), words);
  }
});

/** A wave for each word, between the line of writing, y = 200, and y = -100, with gaps of 60 between them. */
function waves(words: string[]): Stroke[] {
  let x = 0;
  return words.map((word) => {
    const wave = Array.from(
      { length: 8 * word.length + 1 },
      (_, k) => ({ x: x + 12.5 * k, y: 50 + 150 * Math.cos(k * Math.PI / 2) }),
    );
    x += 100 * word.length + 60;
    return wave;
  });
}
const intervals = (strokes: Stroke[]) =>
  strokes.map((stroke) => boundsOf([stroke])).map(({ left, width }) => [left, left + width]);

Deno.test("signs stand in the gaps of the spaces in their place, on the line of writing, and move what follows", () => {
  const row = "+ab cd&efgh @ ij", signed = partSigns(row);
  const strokes = waves(["ab", "cd", "efgh", "ij"]);
  const placed = placeSigns(strokes, signed, new Random(1, "test"));
  // A plus sign has two strokes.
  assertEquals(placed.length, strokes.length + 4);
  const isWord = (stroke: Stroke) =>
    strokes.some((word) =>
      word.length === stroke.length && word[1].y === stroke[1].y && word[0].y === stroke[0].y
    );
  const kinds = placed.map((stroke) => isWord(stroke) ? "word" : "sign").join(" ");
  assertEquals(kinds, "sign sign word word sign word sign word");
  const spans = intervals(placed);
  for (const [k, [left]] of spans.entries()) {
    if (k > 1) assert(left > spans[k - 1][1], `${left} after ${spans[k - 1][1]}`);
  }
  const [, , [abLeft, abRight], [cdLeft, cdRight], amp, [efLeft], at, [ijLeft]] = spans;
  assertAlmostEquals(cdLeft - abRight, 60, 1e-6, "where there is no sign the gap stays");
  assertAlmostEquals(abRight - abLeft, 200, 1e-6);
  assert(amp[0] - cdRight < 0.5 * (at[0] - spans[5][1]), "a typed blank widens the gap");
  assert(efLeft > amp[1] && ijLeft > at[1]);
  const { top, height } = boundsOf([placed[4]]);
  assertAlmostEquals(top + height, 200, 15, "the ampersand stands on the line");
  assert(height > 150 && height < 450, `${height}`);
});

Deno.test("two signs are not quite alike, and the same chance gives the same ones", () => {
  const draw = (seed: number) => placeSigns([], partSigns("& &"), new Random(seed, "test"));
  const [one, two] = draw(1).map((stroke) => boundsOf([stroke]).height);
  assert(one !== two);
  assertEquals(draw(1), draw(1));
  assert(signs.every((sign) => placeSigns([], partSigns(sign), new Random(1, "test")).length > 0));
});
