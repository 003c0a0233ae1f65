import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { readTar } from "../../lib/data/archive.ts";
import type { Stroke } from "../../lib/data/cleaning.ts";
import { parseInk, parseWhiteboard } from "../../lib/data/ink.ts";
import { openInk } from "../../lib/data/mod.ts";
import { inkHeight, pointsOf, toSensorUnits, usualHeight } from "../../lib/data/sensor_units.ts";
import { dataDirectory, exists } from "../../lib/files.ts";
import { inFolder, strokesXml } from "./distribution.ts";

const full = await exists(join(dataDirectory(), "iam-ondb", "lineStrokes-all.tar.gz"));
const two: Stroke[] = [[{ x: 1, y: 2 }, { x: 3, y: 4.5 }], [{ x: -5, y: 6 }, { x: 7, y: 8 }]];
const bare = [{ strokes: two }];

Deno.test("ink: JSON as lists, as objects, with times, with a text, and several lines as write makes them", () => {
  assertEquals(parseInk("[[[1, 2], [3, 4.5]], [[-5, 6], [7, 8]]]"), bare);
  assertEquals(parseInk('\n[[{"x":1,"y":2},{"x":3,"y":4.5}],[{"x":-5,"y":6},{"x":7,"y":8}],[]]'), bare);
  assertEquals(parseInk('{"text":"hi","strokes":[[[1,2,0.5],[3,4,0.6]]]}'), [
    { text: "hi", strokes: [[{ x: 1, y: 2, time: 0.5 }, { x: 3, y: 4, time: 0.6 }]] },
  ]);
  assertEquals(
    parseInk('[{"text":"a","strokes":[[[1,2],[3,4.5]]]},{"strokes":[[[0,0]]]}]').map(({ text }) => text),
    [
      "a",
      undefined,
    ],
  );
});

Deno.test("ink: InkML with other channels, differences, prefixes and a text", () => {
  assertEquals(
    parseInk(
      '<?xml version="1.0"?><ink:ink xmlns:ink="x"><ink:trace>1 2, 3 4.5</ink:trace><ink:trace>-5 6,7 8</ink:trace></ink:ink>',
    ),
    bare,
  );
  const channels =
    '<traceFormat><channel name="T"/><channel name="F"/><channel name="Y"/><channel name="X"/></traceFormat>';
  assertEquals(
    parseInk(
      `<ink>${channels}<annotation type="truth"> caf\u00e9 &amp; co </annotation><trace>10 .5 2 1,20 .6 4 3</trace></ink>`,
    ),
    [{ text: "caf\u00e9 & co", strokes: [[{ x: 1, y: 2, time: 10 }, { x: 3, y: 4, time: 20 }]] }],
  );
  // The example of the standard (section 3.2.1), its first five points.
  assertEquals(
    parseInk("<ink><trace>1125 18432,'23'43,\"7\"-8,3-5,7 -3</trace></ink>"),
    [{
      strokes: [[
        { x: 1125, y: 18432 },
        { x: 1148, y: 18475 },
        { x: 1178, y: 18510 },
        { x: 1211, y: 18540 },
        { x: 1251, y: 18567 },
      ]],
    }],
  );
});

Deno.test("ink: IAM-OnDB's XML", () => {
  assertEquals(parseInk(strokesXml([[1, 2], [3, 4]])), [{
    strokes: [[{ x: 1, y: 2, time: 0 }, { x: 3, y: 4, time: 0.01 }]],
  }]);
});

Deno.test("ink: SVG's paths, lines and polylines, moved as their groups say; curves and arcs run through their points", () => {
  assertEquals(parseInk('<svg><rect width="9" height="9"/><path d="M1 2 3 4.5m-8 1.5L7 8"/></svg>'), bare);
  assertEquals(
    parseInk(
      '<svg><defs><path d="M0 0 9 9"/></defs><g transform="translate(1 2)"><g transform="scale(2)">' +
        '<polyline points="0,0 1,1.25"/></g></g><line x1="-5" y1="6" x2="7" y2="8"/></svg>',
    ),
    bare,
  );
  const [square, after] = parseInk('<svg><path d="M0 0H4V4Zl-1 0M9 9"/></svg>')[0].strokes;
  assertEquals(square, [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 4 }, { x: 0, y: 0 }]);
  assertEquals(after, [{ x: 0, y: 0 }, { x: -1, y: 0 }]);
  const [curve] = parseInk('<svg><path d="M0 0 C0 4 4 4 4 0 S8 -4 8 0"/></svg>')[0].strokes;
  assertEquals([curve[8], curve[16], curve[24], curve[32]], [
    { x: 2, y: 3 },
    { x: 4, y: 0 },
    { x: 6, y: -3 },
    { x: 8, y: 0 },
  ]);
  const [quadratic] = parseInk('<svg><path d="M0 0 Q2 4 4 0"/></svg>')[0].strokes;
  assertEquals(quadratic[8], { x: 2, y: 2 });
  const [circle] = parseInk('<svg><path d="M5 0 A5 5 0 1 1 -5 0"/></svg>')[0].strokes;
  for (const { x, y } of circle) assertAlmostEquals(Math.hypot(x, y), 5, 0.01);
});

Deno.test("ink: what is no ink is an error that says what was expected", () => {
  const refuse = (content: string, message: string) => assertThrows(() => parseInk(content), Error, message);
  refuse("", "InkML or SVG were expected");
  refuse("RIFF", "InkML or SVG were expected");
  refuse("[[[1, 2]", "damaged JSON");
  refuse("[]", "no strokes");
  refuse("<svg/>", "no strokes");
  refuse("<ink><trace/></ink>", "no strokes");
  refuse("<html></html>", "<html>");
  refuse("<ink><trace>1 2</ink>", "unexpected close tag");
  refuse("<ink><trace>1, 2</trace></ink>", "without x and y");
  refuse('<ink><channel name="X"/><trace>1 2</trace></ink>', "X and Y were expected");
  refuse('<svg><path d="M 1 2 Q 3"/></svg>', "damaged path");
  for (const points of ["[[1, 2]]", '[[[1, "2"]]]', "[[{}]]", "[[null]]", "[3]", '{"strokes": null}']) {
    refuse(points, "a list of strokes was expected");
  }
});

/** Waves with loops, a reading each 10 ms, as a pen of 1000 units would write them. */
function writing(scale: number, second: number | null, count = 400): Stroke[] {
  const at = (k: number) => ({
    x: scale * (5 * k - 100 * Math.sin(k / 10)),
    y: scale * 100 * Math.cos(k / 10),
    ...(second && { time: k * 0.01 * second }),
  });
  const stroke = Array.from({ length: count }, (_, k) => at(k));
  return [stroke.slice(0, count / 2), stroke.slice(count / 2)];
}

Deno.test("sensor units: the unit of length and of time makes no difference", () => {
  const expected = toSensorUnits(writing(1, 1));
  assertAlmostEquals(inkHeight(expected), usualHeight, 1);
  for (const [scale, second] of [[0.001, 1], [0.37, 1000], [40, 1e6]]) {
    const [first, last] = toSensorUnits(writing(scale, second));
    // 200 readings in 10 ms are 133 of 15 ms.
    assertEquals([first.length, last.length], [134, 134]);
    for (const [k, { x, y }] of [...first, ...last].entries()) {
      const other = expected.flat()[k];
      assert(Math.abs(x - other.x) <= 1 && Math.abs(y - other.y) <= 1);
    }
  }
});

Deno.test("sensor units: without times readings are as far apart as the whiteboard's are, however many there were", () => {
  const sampled = [400, 4000].map((count) => {
    const step = 400 / count;
    return toSensorUnits([
      Array.from({ length: count }, (_, k) => ({
        x: 5 * k * step - 100 * Math.sin(k * step / 10),
        y: 100 * Math.cos(k * step / 10),
      })),
    ])[0];
  });
  assertAlmostEquals(sampled[0].length, sampled[1].length, 2);
  const steps = sampled[1].slice(1).map(({ x, y }, k) =>
    Math.hypot(x - sampled[1][k].x, y - sampled[1][k].y)
  );
  assert(
    steps.every((step) => step > 15 && step < 22),
    `${steps.filter((step) => step <= 15 || step >= 22)}`,
  );
  // Times that stand still, run backwards or are missing in part are none.
  const still = writing(1, null).map((stroke) => stroke.map((reading) => ({ ...reading, time: 5 })));
  assertEquals(toSensorUnits(still), toSensorUnits(writing(1, null)));
  const part = writing(1, 1).map((stroke, k) =>
    stroke.map(({ x, y, time }) => k ? { x, y } : { x, y, time })
  );
  assertEquals(toSensorUnits(part), toSensorUnits(writing(1, null)));
});

Deno.test("sensor units: a slanting line is as high as a level one; dots keep their place; what has no height is refused", () => {
  const level = writing(1, null);
  const slanting = level.map((stroke) => stroke.map(({ x, y }) => ({ x, y: y - 0.1 * x })));
  assertAlmostEquals(inkHeight(slanting), inkHeight(level), 2);
  const dotted = toSensorUnits([...level, [{ x: 500, y: -150 }], [{ x: 600, y: -150 }, { x: 600, y: -150 }]]);
  assertEquals(dotted.slice(2).map((stroke) => stroke.length), [1, 2]);
  assertThrows(() => toSensorUnits([[{ x: 1, y: 1 }]]), Error, "no height");
  assertThrows(() => toSensorUnits([[{ x: 1, y: 1 }, { x: 9, y: 1 }]]), Error, "no height");
  const hour = writing(1, 1).map((stroke) =>
    stroke.map((reading) => ({ ...reading, time: 90 * reading.time! }))
  );
  assertThrows(() => toSensorUnits(hour), Error, "more than 20,000 points");
});

Deno.test("a file of ink becomes a line to prime with; errors name the file", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "hand.json");
    await Deno.writeTextFile(path, JSON.stringify({ text: "hi there", strokes: writing(0.01, 1000) }));
    const [{ id, text, points }] = await openInk(path);
    assertEquals([id, text, points.length], ["hand.json", "hi there", 3 * (134 + 134 - 1)]);
    assertEquals([points.at(-1), points[3 * 132 + 2]], [1, 1]);
    await Deno.writeTextFile(path, "[[[1, 2]]]");
    await assertRejects(
      () => openInk(path),
      Error,
      `${path} is no line of handwriting: the ink has no height`,
    );
    await Deno.writeTextFile(path, "?");
    await assertRejects(() => openInk(path), Error, `${path} holds no strokes`);
    await assertRejects(() => openInk(join(folder, "none")), Error, "Cannot read");
    await assertRejects(() => openInk("/dev/zero"), Error, "/dev/zero has more than 4,000,000 bytes");
  });
});

Deno.test("sensor units: the usual height is the median of IAM-OnDB's lines", { ignore: !full }, async () => {
  const heights: number[] = [];
  const path = join(dataDirectory(), "iam-ondb", "lineStrokes-all.tar.gz");
  // The sixth lines of all forms stand for the rest.
  const isWanted = (name: string) => name.endsWith("-06.xml");
  for await (const { bytes } of readTar(path, { isWanted, largestFile: 4e6, largestTotal: 2e9 })) {
    heights.push(inkHeight(parseWhiteboard(new TextDecoder().decode(bytes))));
  }
  heights.sort((a, b) => a - b);
  assertAlmostEquals(heights[heights.length >> 1], usualHeight, 2);
});

Deno.test("ink: a slow hand is hurried to a writer's pace, another is left as it is", () => {
  const cleaning = { interpolate: true, largestStep: 1000 }, statistics = { mean: [0, 0], std: [1, 1] };
  /** Two turns of a wave, in so many readings at 15 ms. */
  const wave = (readings: number): Stroke[] => [
    Array.from({ length: readings }, (_, k) => {
      const place = 4 * Math.PI * k / (readings - 1);
      return { x: 40 * place, y: 80 * Math.sin(place), time: 15 * k };
    }),
  ];
  const points = (readings: number, text?: string) =>
    pointsOf(wave(readings), { text, cleaning, statistics });
  const [usual, slow, unknown] = [points(101, "wave"), points(401, "wave"), points(401)];
  assertEquals([usual.length / 3, slow.length / 3, unknown.length / 3], [100, 100, 400]);
  usual.forEach((value, k) => assert(Math.abs(value - slow[k]) <= 3, `${value} and ${slow[k]}`));
  assertEquals(slow.at(-1), 1, "the stroke's end is kept");
  assertThrows(() => points(1, "wave"), Error);
});
