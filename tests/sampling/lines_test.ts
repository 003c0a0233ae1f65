import { assertEquals, assertThrows } from "@std/assert";
import { alphabets } from "../../lib/data/alphabet.ts";
import { breakLines, fitToAlphabet } from "../../lib/sampling/mod.ts";

Deno.test("lines are broken at spaces, as late as the width allows", () => {
  assertEquals(breakLines("the samples mimic the writer", 11), ["the samples", "mimic the", "writer"]);
  assertEquals(breakLines("one line", 40), ["one line"]);
  assertEquals(breakLines("  two\n\nlines  here ", 40), ["two", "lines here"]);
  assertEquals(breakLines("a Donaudampfschiff", 6), ["a", "Donaud", "ampfsc", "hiff"]);
  for (const empty of ["", "  ", "\n \n"]) assertThrows(() => breakLines(empty, 9), RangeError, "empty");
});

Deno.test("what the alphabet lacks is written as the nearest it has, and reported", () => {
  const { text, replaced } = fitToAlphabet("Zoë’s café… 7 €€", alphabets.extended);
  assertEquals(text, "Zoe's cafe... 7 □□");
  assertEquals(replaced, [
    { from: "ë", to: "e", count: 1 },
    { from: "’", to: "'", count: 1 },
    { from: "é", to: "e", count: 1 },
    { from: "…", to: "...", count: 1 },
    { from: "€", to: "□", count: 2 },
  ]);
  assertEquals(fitToAlphabet("so’s 7", alphabets.paper).text, "so□s □", "the paper's 57 have no apostrophe");
  assertEquals(fitToAlphabet("plain\r\ntext", alphabets.paper).replaced, []);
});
