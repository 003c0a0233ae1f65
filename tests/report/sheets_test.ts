import { assert, assertAlmostEquals, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseInk } from "../../lib/data/ink.ts";
import { sheetToGcode } from "../../lib/report/gcode.ts";
import { layOutSheets, paperSizes, sheetToSvg } from "../../lib/report/sheets.ts";
import { boundsOf, type Stroke } from "../../lib/report/strokes.ts";
import { svgSize } from "../../lib/report/svg.ts";
import { assertWellFormed } from "./well_formed.ts";

/** Zigzag writing of that width, 200 high, that climbs by `slope`, in on-line units. */
function writing(width: number, slope = 0): Stroke[] {
  const positions = Array.from({ length: width / 10 + 1 }, (_, k) => ({
    x: 10 * k,
    y: (k % 2 ? 100 : -100) - 10 * slope * k,
  }));
  return [positions.slice(0, 4), positions.slice(4)];
}

Deno.test("rows stand on paper at equal distances, indented, on as many sheets as it takes", () => {
  const rows = [writing(1000), [], writing(3700), writing(500)].map((strokes, k) => ({
    strokes,
    indent: k === 3 ? 4 : 0,
  }));
  const sheets = layOutSheets(rows, { paper: paperSizes.a5, margin: 10, spacing: 60, characters: 20 });
  assertEquals(sheets.map(({ lines }) => lines.length), [3, 1], "190 mm have room for three rows of 60");
  assertEquals([sheets[0].width, sheets[0].height], [148, 210]);
  const [first, blank, full] = sheets[0].lines;
  assertEquals(blank, []);
  // 20 characters of 185 units fill the 128 mm between the margins.
  assertAlmostEquals(boundsOf(full).left, 10, 1e-9);
  assertAlmostEquals(boundsOf(full).width, 128, 1e-2);
  assertAlmostEquals(boundsOf(first).width, 128 * 1000 / 3700, 1e-2);
  assertAlmostEquals(boundsOf(full).top - boundsOf(first).top, 120, 0.1);
  assertAlmostEquals(boundsOf(sheets[1].lines[0]).left, 10 + 4 * 128 / 20, 0.05);
});

Deno.test("a short text is no larger than a long one, and a row that is wider than usual fits", () => {
  const height = (rows: Stroke[][]) =>
    boundsOf(layOutSheets(rows.map((strokes) => ({ strokes })))[0].lines[0]).height;
  assertAlmostEquals(height([writing(100)]), height([writing(100), writing(7000)]), 1e-6);
  const [sheet] = layOutSheets([{ strokes: writing(9000) }]);
  assertAlmostEquals(sheet.width, 170 + 2 * 4, 1e-6);
  assertAlmostEquals(boundsOf(sheet.lines.flat()).left, 4, 1e-6);
});

Deno.test("lines are levelled, but a single letter is not turned; unless they are to stay as written", () => {
  const slopeOf = (strokes: Stroke[], level?: boolean) => {
    const [sheet] = layOutSheets([{ strokes }], { level });
    const all = sheet.lines[0].flat(), last = all.length - 1 - (all.length % 2 ? 0 : 1);
    return (all[0].y - all[last].y) / (all[last].x - all[0].x);
  };
  assertAlmostEquals(slopeOf(writing(6000, 0.1)), 0, 0.005);
  assertAlmostEquals(slopeOf(writing(6000, 0.1), false), 0.1, 1e-6);
  assert(slopeOf(writing(40, 2)) > 1.5, "a letter's slope is its own");
});

Deno.test("ink never leaves the paper, and a sheet without room is refused", () => {
  const wild = [[{ x: 0, y: 0 }, { x: 1000, y: -90000 }, { x: 2000, y: 90000 }]];
  const [sheet] = layOutSheets([{ strokes: wild }], { paper: paperSizes.a4, spacing: 10, margin: 0 });
  const { left, top, width, height } = boundsOf(sheet.lines.flat());
  assert(left >= 0 && top >= 0 && left + width <= 210 && top + height <= 297);
  for (const narrow of [{ margin: 80 }, { spacing: 500 }]) {
    const rows = [{ strokes: writing(500) }];
    assertThrows(() => layOutSheets(rows, { paper: paperSizes.a5, ...narrow }), RangeError, "leave no room");
  }
});

Deno.test("a sheet as SVG: in millimetres, no background, and another reader finds every stroke in order", () => {
  const rows = [{ strokes: writing(1000) }, { strokes: [] }, {
    strokes: [[{ x: 5, y: 5 }], ...writing(300)],
  }];
  const [sheet] = layOutSheets(rows, { paper: paperSizes.letter });
  const svg = sheetToSvg(sheet, { pen: 0.7 });
  assertWellFormed(svg);
  assertMatch(svg, /^<svg [^>]*width="215.9mm" height="279.4mm" viewBox="0 0 215.9 279.4"><g [^>]*="0.7"/);
  assert(!svg.includes("<rect") && sheetToSvg(sheet, { background: true }).includes("<rect"));
  assertAlmostEquals(svgSize(svg).width, 816, 1e-6);
  // `parseInk` reads SVG with npm's svgpath.
  const [{ strokes }] = parseInk(svg), drawn = sheet.lines.flat();
  assertEquals(strokes.map(({ length }) => length), drawn.map(({ length }) => length));
  strokes.flat().forEach(({ x, y }, k) => {
    assertAlmostEquals(x, drawn.flat()[k].x, 0.0051);
    assertAlmostEquals(y, drawn.flat()[k].y, 0.0051);
  });
});

Deno.test("a sheet as G-code: from the lower left, the pen lifted between strokes", () => {
  const lines = [[[{ x: 10, y: 20 }, { x: 12.345, y: 20 }], [{ x: 30, y: 1 }, { x: 30, y: 2 }, {
    x: 31,
    y: 2,
  }]]];
  const sheet = { width: 100, height: 50, lines };
  const rows = sheetToGcode(sheet, { penUp: ["M5"], penDown: ["M3 S90", "G4 P0.2"], feed: 900 }).split("\n");
  assertEquals(rows.map((row) => row.replace(/ ?;.*/, "")), [
    ...["", "G21", "G90", "M5"],
    ...["G0 X10.00 Y30.00", "M3 S90", "G4 P0.2", "G1 X12.35 Y30.00 F900", "M5"],
    ...["G0 X30.00 Y49.00", "M3 S90", "G4 P0.2", "G1 X30.00 Y48.00 F900", "G1 X31.00 Y48.00", "M5"],
    ...["G0 X0 Y0", "M2", ""],
  ]);
  assertMatch(sheetToGcode(sheet), /G0 Z5\nG0 X10.00 Y30.00\nG1 Z0 F600\nG1 X12.35 Y30.00 F1500\n/);
});
