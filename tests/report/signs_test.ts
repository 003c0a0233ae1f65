import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { inkHeight, usualHeight } from "../../lib/data/mod.ts";
import { Random } from "../../lib/random.ts";
import { boundsOf, partSigns, placeSigns, signs, type Stroke, withoutSigns } from "../../lib/report/mod.ts";
import { slant } from "../../lib/report/traits.ts";

Deno.test("a row is parted at its signs, and the network gets a space for each run of them", () => {
  for (
    const [row, pieces, runs, words] of [
      ["salt & pepper", ["salt", "pepper"], [" & "], "salt pepper"],
      ["+go @ home/", ["", "go", "home", ""], ["+", " @ ", "/"], "go home"],
      ["at 10:45, on 2nd-3rd", ["at", "on", "nd", "rd"], [" 10:45, ", " 2", "-3"], "at on nd rd"],
      ['born "1984" (-5). So: 7?', ["born", "So:", ""], [' "1984" (-5). ', " 7?"], "born So:"],
      ["no sign", ["no sign"], [], "no sign"],
      ["& = [", ["", ""], ["& = ["], ""],
      ["at - 5 degrees - so", ["at", "degrees - so"], [" - 5 "], "at degrees - so"],
      ["at 5 - 3 .", ["at", ""], [" 5 - 3 ."], "at"],
      ["?!", ["", ""], ["?!"], ""],
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

Deno.test("signs stand on the line of writing beside letters that have more above it than on it", () => {
  const climb = 0.05, line = (x: number) => 200 - climb * x;
  // Six words, the last with three dots above it and a bar through it.
  const words = waves(["abcd", "efgh", "ijkl", "mnop", "qrst", "uv"]);
  const { left, width } = boundsOf([words[5]]), bar = left + width / 2;
  const marks = [0, 1, 2, 3].map((k) => [
    { x: bar + 20 * k, y: 40 },
    { x: bar + 20 * k + 4, y: 20 + 5 * k },
  ]);
  const strokes = [...words, ...marks].map((stroke) => stroke.map(({ x, y }) => ({ x, y: y - climb * x })));
  for (
    const [row, at] of [["abcd efgh ijkl mnop qrst uv |", left + width], [
      "| abcd efgh ijkl mnop qrst uv",
      0,
    ]] as const
  ) {
    const placed = placeSigns(strokes, partSigns(row), new Random(1, "test"));
    const sign = placed.find((stroke) => stroke.length === 2 && Math.abs(stroke[0].y - stroke[1].y) > 100)!;
    const foot = Math.max(...sign.map(({ y }) => y));
    // The bar goes 3 parts of small letters' 10 below the line.
    assertAlmostEquals(foot - line(at), 0.3 * 150 * inkHeight(strokes) / usualHeight, 25, row);
  }
});

Deno.test("signs are as high and as slanting as the lines of their hand, however the lines lie", () => {
  const lean = Math.tan(20 * Math.PI / 180);
  const [wave] = waves(["abcdefgh"]);
  const line = (climb: number) => [wave.map(({ x, y }) => ({ x: x - lean * y / 2, y: y / 2 - climb * x }))];
  const bar = (hand?: Stroke[][]) => {
    const [[top, bottom]] = placeSigns([], partSigns("|"), new Random(1, "test"), hand);
    return { height: bottom.y - top.y, lean: (top.x - bottom.x) / (bottom.y - top.y) };
  };
  const alone = bar(), small = bar([line(0), line(0), line(0)]);
  assertAlmostEquals(small.height / alone.height, inkHeight(line(0)) / usualHeight, 1e-6);
  assertAlmostEquals(small.lean - alone.lean, Math.tan(slant(line(0)) * Math.PI / 180), 1e-6);
  assertEquals(bar([line(0), line(0.5), line(0)]), small);
});

Deno.test("two signs are not quite alike, and the same chance gives the same ones", () => {
  const draw = (seed: number) => placeSigns([], partSigns("& &"), new Random(seed, "test"));
  const [one, two] = draw(1).map((stroke) => boundsOf([stroke]).height);
  assert(one !== two);
  assertEquals(draw(1), draw(1));
  assert(signs.every((sign) => placeSigns([], partSigns(sign), new Random(1, "test")).length > 0));
});
