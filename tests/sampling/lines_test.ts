import { assertEquals, assertThrows } from "@std/assert";
import { alphabets } from "../../lib/data/alphabet.ts";
import { breakLines, demandLetters, fitToAlphabet } from "../../lib/sampling/mod.ts";

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

Deno.test("neighbours of what the alphabet lacks: quotes, dashes, ligatures and letters of other languages", () => {
  const text = (text: string) => fitToAlphabet(text, alphabets.extended).text;
  assertEquals(text("„ok“ «oui» 5′ −3 ‑ Ăâéñ"), '"ok" "oui" 5\' -3 - Aaen');
  assertEquals(
    text("Müller, Łódź, smørrebrød, Straße, cœur, Æsop, İstanbul, ılık"),
    [
      "Muller, Lodz, smorrebrod, Strasse, coeur, Aesop, Istanbul, ilik",
    ][0],
  );
  assertEquals(text("one\u2028two"), "one\ntwo");
  assertEquals(text("5 m², №7™ a·b"), "5 m2, No7TM a.b");
  const drawn = fitToAlphabet("5½ \u2764\ufe0f □", alphabets.extended, ["/", "♥"]);
  assertEquals(drawn.text, "5 1/2 ♥ □");
  assertEquals(drawn.replaced.map(({ from }) => from), ["½", "❤", "\ufe0f", "□"]);
});

Deno.test("what is invisible is left out and told, and a text in another script is refused", () => {
  const { text, replaced } = fitToAlphabet("\ufeffso\u00adft x\u0302 \u200bend", alphabets.extended);
  assertEquals(text, "soft x end");
  assertEquals(replaced.map(({ to }) => to), ["", "", "", ""]);
  const demand = (text: string) =>
    demandLetters(fitToAlphabet(text, alphabets.extended).text, alphabets.extended);
  for (const strange of ["日本", "שלום hi", "👋🏽👋"]) {
    assertThrows(() => demand(strange), RangeError, "not in the network's alphabet");
  }
  demand("hello 👋");
});
