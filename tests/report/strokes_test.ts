import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import {
  boundsOf,
  deskew,
  penPositions,
  stackLines,
  strokePath,
  strokesOf,
  strokesToJson,
  strokesToSvg,
  wordSpan,
} from "../../lib/report/strokes.ts";
import { svgSize } from "../../lib/report/svg.ts";
import { assertWellFormed } from "./well_formed.ts";

// Two strokes: a right angle, then a dot.
const points = [1, 0, 0, 2, 0, 0, 0, 3, 1, 1, -1, 1];

Deno.test("offsets add up to strokes that end where the pen is lifted", () => {
  assertEquals(strokesOf(points), [[{ x: 1, y: 0 }, { x: 3, y: 0 }, { x: 3, y: 3 }], [{ x: 4, y: 2 }]]);
});

Deno.test("a last stroke without an end is kept", () => {
  assertEquals(strokesOf([1, 1, 0]), [[{ x: 1, y: 1 }]]);
  assertEquals(strokesOf([]), []);
});

Deno.test("the scale undoes the normalisation of offsets", () => {
  const scale = { mean: [10, -1], std: [2, 3] };
  assertEquals(penPositions([1, 1, 0, -1, 0, 1], scale), [{ x: 12, y: 2 }, { x: 20, y: 1 }]);
});

Deno.test("points that are no triples are refused", () => {
  assertThrows(() => strokesOf([1, 2]), RangeError, "found 2 numbers");
});

Deno.test("deskew levels a slanting line and keeps its length", () => {
  const slanting = [[{ x: 0, y: 0 }, { x: 4, y: 3 }], [{ x: 8, y: 6 }]];
  const level = boundsOf(deskew(slanting));
  assertAlmostEquals(level.height, 0, 1e-12);
  assertAlmostEquals(level.width, 10, 1e-12);
  assertEquals(deskew([[{ x: 2, y: 5 }]]), [[{ x: 2, y: 5 }]]);
});

Deno.test("lines are stacked at one scale, in true proportion and without overlap", () => {
  const wide = strokesOf([0, 0, 0, 100, 20, 1]), narrow = strokesOf([0, 0, 0, 50, 40, 1]);
  const { lines, height, scale } = stackLines([wide, narrow], { width: 232 });
  const [first, second] = lines.map(boundsOf);
  assertAlmostEquals(scale, 2, 1e-9);
  assertAlmostEquals(first.width, 200, 1e-9);
  assertAlmostEquals(first.height / first.width, 0.2, 1e-9);
  assertAlmostEquals(second.height / second.width, 0.8, 1e-9);
  assertGreater(second.top, first.top + first.height);
  assertAlmostEquals(height, second.top + second.height + 16, 1e-9);
});

Deno.test("a dot among the strokes is drawn", () => {
  assertEquals(strokePath(strokesOf(points)), "M1 0L3 0 3 3M4 2L4 2");
});

Deno.test("strokesToSvg draws one path for each sample, y downwards", () => {
  const svg = strokesToSvg([strokesOf(points), strokesOf(points), []]);
  assertWellFormed(svg);
  assertEquals(svg.match(/<path /g)?.length, 3);
  assertEquals(svgSize(svg).width, 800);
  const [, y1, y2] = svg.match(/d="M\S+ (\S+)L\S+ \S+ \S+ (\S+)M/)!.map(Number);
  assertLess(y1, y2);
});

Deno.test("strokes as JSON can be read back", () => {
  const json = JSON.parse(strokesToJson([{ text: "hi", strokes: strokesOf([0.123, 1, 1]) }]));
  assertEquals(json, [{ text: "hi", strokes: [[[0.12, 1]]] }]);
});

Deno.test("a word of a line is found between the widest gaps, however many strokes it has", () => {
  // "ab c de": strokes that begin at 0, 3; 20; 40, 44; two points in each.
  const begins = [0, 3, 20, 40, 44];
  const points = begins.flatMap((x, k) => [x - (k ? begins[k - 1] + 1 : 0), 0, 0, 1, 0, 1]);
  const line = { points, text: "ab c de" };
  const unscaled = { mean: [0, 0], std: [1, 1] };
  assertEquals(["ab", "c", "de"].map((word) => wordSpan(line, word, unscaled)), [[0, 4], [4, 6], [6, 10]]);
  // Normalised offsets drift: what is three times as long in points is as much further left.
  const slow = begins.flatMap((x, k) => [
    ...[x - (k ? begins[k - 1] + 1 : 0), 0, 0],
    ...Array.from({ length: k === 1 ? 9 : 0 }, () => [0, 0, 0]).flat(),
    ...[1, 0, 1],
  ]);
  const scale = { mean: [3, 0], std: [2, 2] } as const;
  const normalised = slow.map((value, k) =>
    k % 3 === 2 ? value : (value - scale.mean[k % 3]) / scale.std[k % 3]
  );
  const drifting = { points: normalised, text: line.text };
  const spans = ["ab", "c", "de"].map((word) => wordSpan(drifting, word, scale));
  assertEquals(spans, [[0, 13], [13, 15], [15, 19]]);
  assertNotEquals(wordSpan(drifting, "ab", unscaled), spans[0]);
  assertThrows(() => wordSpan(line, "d", unscaled), RangeError, "“ab c de”");
});
