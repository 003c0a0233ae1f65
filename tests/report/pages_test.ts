import { assert, assertAlmostEquals, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { handwritingPage } from "../../lib/report/handwriting_pages.ts";
import { specToSvg, svgToPng } from "../../lib/report/render.ts";
import { strokesOf } from "../../lib/report/strokes.ts";
import { textPage, textPageHtml, visibleText, wrapText } from "../../lib/report/text_pages.ts";
import { assertWellFormed } from "./well_formed.ts";

type Layer = { data: { values: Record<string, number>[] }; mark: { type: string } };

const zigzag = strokesOf([0, 0, 0, 40, 10, 0, 40, -10, 1, 5, 5, 1]);

Deno.test("a page of handwriting keeps proportions and puts y downwards", async () => {
  const spec = handwritingPage([{ lines: [zigzag, zigzag] }]);
  const [strokes] = spec.layer as Layer[];
  assertEquals(strokes.mark.type, "line");
  const [a, b, c] = strokes.data.values;
  assertAlmostEquals((b.y - a.y) / (b.x - a.x), 10 / 40, 0.01);
  assertAlmostEquals(c.y, a.y, 0.1);
  assertEquals(new Set(strokes.data.values.map((row) => row.s)).size, 4);
  const svg = await specToSvg(spec);
  assertWellFormed(svg);
  assertEquals(svg.match(/aria-roledescription="line mark"/g)?.length, 4);
  // Drawn where the layout put it: pixels are the data's units.
  assertStringIncludes(svg, `M${a.x},${a.y}L${b.x},${b.y}`);
});

Deno.test("labels stand at the left, rules under the first line of their block", () => {
  const spec = handwritingPage([{ lines: [zigzag, zigzag], labels: ["0", "0.5"] }, {
    lines: [zigzag, zigzag],
    rule: true,
  }]);
  const [strokes, rules, labels] = spec.layer as Layer[];
  assertEquals(rules.data.values.length, 1);
  assertEquals(labels.data.values.map((row) => row.text as unknown), ["0", "0.5"]);
  const ofLine = (k: number) =>
    strokes.data.values.filter((row) => Math.floor(row.s / 2) === k).map((row) => row.y);
  assert(Math.max(...ofLine(2)) < rules.data.values[0].y && rules.data.values[0].y < Math.min(...ofLine(3)));
  assert(Math.max(...strokes.data.values.map((row) => row.y)) < (spec.height as number));
});

Deno.test("lines without a point take no room and do no harm", () => {
  const empty = handwritingPage([{ lines: [[], zigzag, []], labels: ["a", "b", "c"] }]);
  const full = handwritingPage([{ lines: [zigzag], labels: ["b"] }]);
  assertEquals(empty.height, full.height);
});

Deno.test("long lines of text are broken at the column, as in the paper", () => {
  assertEquals(wrapText("abcdefg\n\nhi", 3), ["abc", "def", "g", "", "hi"]);
  assertEquals(wrapText("漢字漢字", 4), ["漢字", "漢字"]);
  assertEquals(wrapText("e\u0301e\u0301e", 2), ["e\u0301e\u0301", "e"]);
});

Deno.test("characters without a picture are made visible, broken UTF-8 too", () => {
  assertEquals(visibleText("a\u0000b\tc\r\nd\u007f"), "a\u2400b        c\nd\u2421");
  assertEquals(visibleText("x\u200by\u202ez\ufeff"), "x\ufffdy\ufffdz\ufffd");
  assertEquals(visibleText("\u0645\u200c\u0632"), "\u0645\u200c\u0632");
  assertEquals(visibleText(Uint8Array.of(0x61, 0xff, 0xc3, 0xa9, 0xc3)), "a\ufffdé\ufffd");
});

Deno.test("a page of text is well-formed, keeps its indent and has its own size", () => {
  const svg = textPage('  <page> "A & B"\u0001\n</page>\n', { columns: 10, rows: 3 });
  assertWellFormed(svg);
  assertEquals(svg.match(/<text /g)?.length, 3);
  assertStringIncludes(svg, ">\u00a0\u00a0&#60;page&#62;");
});

Deno.test("pages follow each other, and a page beyond the text is refused", () => {
  const lines = Array.from({ length: 5 }, (_, k) => `row ${k}`).join("\n");
  assertStringIncludes(textPage(lines, { rows: 2, page: 2 }), "row\u00a02");
  assertThrows(() => textPage(lines, { rows: 2, page: 4 }), RangeError, "no page 4");
});

Deno.test("letters of any script have a picture and move nothing behind them", async () => {
  const lines = ["[[he:\u05d0\u05dc\u05d1]]x", "[[zh:\u7121\u653f]]x", "[[el:\u03b1\u03b2\u03b3]]x"];
  const svg = textPage(lines.join("\n"));
  assertWellFormed(svg);
  // "x" stands at column 10 of all, two columns for each Chinese character: its run begins there, or it is in a run from the left.
  assertEquals(svg.match(/<tspan x="\d+\.\d">\]\]x/g)?.length, 2);
  // The font that every machine has draws ink for each of them.
  const ink = async (text: string) => (await svgToPng(textPage(text))).length;
  const missing = await ink("\u{10fffd}"), space = await ink("a");
  for (const letter of ["\u05d0", "\u7121", "\u0b85", "\u10d0"]) {
    const found = await ink(letter);
    assert(found > 0 && found !== missing && found !== space, letter);
  }
});

Deno.test("a page is text too, with what HTML would take for its own escaped", () => {
  assertEquals(textPageHtml("<b> & c\nd", { rows: 2 }), '<pre class="page">&#60;b&#62; &#38; c\nd</pre>');
});
