/** Any text as lines that the synthesis network can write. */
import { type Alphabet, nonLetter } from "../data/alphabet.ts";

/** Typographic marks and what the transcriptions have in their place. */
const plain: Record<string, string> = {
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2013": "-",
  "\u2014": "-",
  "\u2026": "...",
  "\t": " ",
  "\u00a0": " ",
};

/**
 * Replaces what the alphabet lacks by the nearest it has: typographic marks by plain ones, letters with accents by
 * the letters. Everything else becomes 'non-letter', as in training.
 *
 * @returns the text to write, and what was replaced by what, each character once, in order of appearance.
 */
export function fitToAlphabet(
  text: string,
  alphabet: Alphabet,
): { text: string; replaced: { from: string; to: string; count: number }[] } {
  const known = new Set([...alphabet.symbols, "\n"]);
  const replaced = new Map<string, { from: string; to: string; count: number }>();
  const fitted = [...text.normalize("NFC").replace(/\r\n?/g, "\n")].map((from) => {
    if (known.has(from)) return from;
    const nearest = plain[from] ?? from.normalize("NFKD").replace(/\p{M}/gu, "");
    const to = nearest !== "" && [...nearest].every((char) => known.has(char)) ? nearest : nonLetter;
    const count = (replaced.get(from)?.count ?? 0) + 1;
    replaced.set(from, { from, to, count });
    return to;
  });
  return { text: fitted.join(""), replaced: [...replaced.values()] };
}

/**
 * Breaks a text into lines of at most `width` characters, at spaces and at its own line breaks; a longer word is cut.
 * Runs of spaces become one, empty lines are left out.
 *
 * @throws RangeError if nothing is left to write.
 */
export function breakLines(text: string, width: number): string[] {
  const lines = text.split("\n").flatMap((paragraph) => {
    const words = paragraph.split(" ").flatMap((word) => cut(word, width));
    return words.reduce<string[]>((lines, word) => {
      const longer = `${lines.at(-1)} ${word}`;
      return lines.length > 0 && [...longer].length <= width
        ? [...lines.slice(0, -1), longer]
        : [...lines, word];
    }, []);
  });
  if (lines.length === 0) throw new RangeError("The text is empty: there is nothing to write.");
  return lines;
}

/** Pieces of at most `width` characters; none of an empty word. */
function cut(word: string, width: number): string[] {
  const characters = [...word];
  const pieces = Math.ceil(characters.length / width);
  return Array.from({ length: pieces }, (_, k) => characters.slice(k * width, (k + 1) * width).join(""));
}
