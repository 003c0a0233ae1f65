import { assertEquals, assertThrows } from "@std/assert";
import { alphabets } from "../../lib/data/alphabet.ts";
import { breakLines, fitToAlphabet } from "../../lib/sampling/mod.ts";

Deno.test("lines are broken at spaces, as late as the width allows", () => {
  const texts = (text: string, width: number) => breakLines(text, width).map(({ text }) => text);
  assertEquals(texts("the samples mimic the writer", 11), ["the samples", "mimic the", "writer"]);
  assertEquals(texts("one line", 40), ["one line"]);
  assertEquals(texts("\n  two\n \n\nlines  here \n\n", 40), ["two", "", "", "lines here"]);
  assertEquals(texts("a Donaudampfschiff", 6), ["a", "Donaud", "ampfsc", "hiff"]);
  for (const empty of ["", "  ", "\n \n"]) assertThrows(() => breakLines(empty, 9), RangeError, "empty");
});

Deno.test("a line keeps its indentation, in its first row and up to half the width", () => {
  assertEquals(breakLines("Dear Ann,\n   the samples mimic", 14), [
    { text: "Dear Ann,", indent: 0 },
    { text: "the samples", indent: 3 },
    { text: "mimic", indent: 0 },
  ]);
  assertEquals(breakLines("         far\n         Donaudampf", 8), [
    { text: "far", indent: 4 },
    { text: "Dona", indent: 4 },
    { text: "udampf", indent: 0 },
  ]);
  const { text } = fitToAlphabet("\tan indented line", alphabets.extended);
  assertEquals(breakLines(text, 40), [{ text: "an indented line", indent: 4 }]);
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
