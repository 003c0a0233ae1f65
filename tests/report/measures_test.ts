import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { rowsTable } from "../../lib/report/rows.ts";
import { height, medianTraits, slant, traits } from "../../lib/report/traits.ts";
import {
  balance,
  closedDistances,
  followed,
  inventedWords,
  newPairs,
  wordPairs,
} from "../../lib/report/text_measures.ts";

Deno.test("balance counts what is opened and closed within reach", () => {
  const text = `[[a]] [[b (c) <page>x</page> <minor/> {{t ${".".repeat(50)}`;
  const found = balance(text, 20);
  assertEquals(found["links [[…]]"], { opened: 2, closed: 0.5 });
  assertEquals(found["parentheses (…)"], { opened: 1, closed: 1 });
  assertEquals(found["tags <a>…</a>"], { opened: 1, closed: 1 });
  assertEquals(found["templates {{…}}"], { opened: 1, closed: 0 });
  assertEquals(balance("nothing", 3)["links [[…]]"].closed, null);
});

Deno.test("what is opened too near the end to judge is not counted", () => {
  assertEquals(balance("[[cut off", 400)["links [[…]]"], { opened: 0, closed: null });
});

Deno.test("distances between what opens and what closes it, nested, each with its own", () => {
  const found = closedDistances(
    '[[ab[[c]]d]] (x] )) ]] <page>\n<a b="c">x</a><b>y</page></b> <br/> {{t}} {{u',
  );
  assertEquals(found["links [[…]]"], [1, 8]);
  assertEquals(found["parentheses (…)"], [3]);
  assertEquals(found["tags <a>…</a>"], [1, 19]);
  assertEquals(found["templates {{…}}"], [1]);
});

Deno.test("marks that open and close alike are paired within a line", () => {
  const found = balance("&quot;a&quot; &quot;b\n''c'' '''d'''\n''e\n&quot; cut off");
  assertEquals(found["quotes &quot;…&quot;"], { opened: 2, closed: 0.5 });
  assertEquals(found["emphasis ''…''"], { opened: 3, closed: 2 / 3 });
});

Deno.test("what follows: <unk> spelled out, a number after a dollar", () => {
  assertEquals(followed("a <unk> b <unt> c <unk>\n<", "<", "unk>"), 2 / 3); // the last one is cut off
  assertEquals(followed("$ n $ m", "$ ", "n"), 0.5);
  assertEquals(followed("none", "<", "unk>"), null);
});

Deno.test("new pairs of words are those that training lacks, within a line", () => {
  const known = new Set(wordPairs("the cat ran\nsat on the mat\n"));
  assertEquals([...known], ["the cat", "cat ran", "sat on", "on the", "the mat"]);
  assertAlmostEquals(newPairs("the cat sat\non the mat\n", known), 1 / 4, 1e-12);
  assertEquals(newPairs("one\n", known), 0);
});

Deno.test("invented words are those the vocabulary lacks, whatever their case", () => {
  assertAlmostEquals(inventedWords("The cat sat eald", "the CAT sat on"), 0.25, 1e-12);
  assertEquals(inventedWords("123", "a"), 0);
});

Deno.test("slant is positive to the right and looks at steps downwards only", () => {
  const down = (dx: number) => [[{ x: 0, y: 0 }, { x: -dx, y: 1 }, { x: 5, y: 1 }]];
  assertAlmostEquals(slant(down(0.5)), 26.565, 1e-3);
  assertAlmostEquals(slant(down(-0.5)), -26.565, 1e-3);
  assertAlmostEquals(slant(down(0)), 0, 1e-12);
  assert(Number.isNaN(slant([[{ x: 0, y: 0 }, { x: 1, y: 0 }]])));
});

Deno.test("height is that of the letters, however the line runs and whatever sticks out", () => {
  const zigzag = (scale: number, rise: number) => [
    Array.from({ length: 401 }, (_, k) => ({ x: k, y: rise * k + scale * (k % 2) })),
  ];
  assertAlmostEquals(height(zigzag(30, 0)), 30, 0.5);
  assertAlmostEquals(height(zigzag(60, 0)), 60, 0.5);
  assertAlmostEquals(height(zigzag(30, -0.1)), 30, 1);
  assertAlmostEquals(height([...zigzag(30, 0), [{ x: 200, y: -500 }]]), 30, 1);
});

Deno.test("traits of a line: strokes are counted for each character that is not a space", () => {
  const stroke = [{ x: 0, y: 0 }, { x: 0, y: 10 }];
  assertEquals(traits([stroke, stroke, stroke], "ab cd ef").strokesPerCharacter, 0.5);
  const of = (slant: number) => ({ slant, height: 2 * slant, strokesPerCharacter: 1 });
  assertEquals(medianTraits([of(1), of(90), of(3)]), of(3));
  assertEquals(medianTraits([of(1), of(2), of(4), of(90)]), of(3));
});

Deno.test("a table of rows shows itself as HTML and as aligned text", () => {
  const table = rowsTable([{ what: "a<b", n: 1 }, { what: "c", n: 1 / 3 }, { what: "d", n: null }], {
    caption: "x",
  });
  assertStringIncludes(table.html, "a&#60;b");
  assertStringIncludes(table.html, "0.3333");
  assertEquals(table.text.split("\n"), ["x", "what       n", "a<b        1", "c     0.3333", "d          –"]);
});
