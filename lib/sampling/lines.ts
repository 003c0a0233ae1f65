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
  "\t": "    ",
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

/** A row of a page. */
export interface Row {
  /** What is written in it, one space between words; a blank row has none. */
  text: string;
  /** How many characters it is indented by. */
  indent: number;
}

/**
 * Breaks a text into rows of at most `width` characters, at spaces and at its own line breaks; a longer word is cut.
 * Spaces at the beginning of a line indent its first row, by half the width at most; other runs of spaces become one.
 * Empty lines within the text are blank rows.
 *
 * @throws RangeError if nothing is left to write.
 */
export function breakLines(text: string, width: number): Row[] {
  const rows = text.split("\n").flatMap((line) => {
    const indent = Math.min(line.search(/[^ ]|$/), Math.floor(width / 2));
    const words = line.split(" ").filter((word) => word !== "");
    return words.length > 0 ? breakWords(words, indent, width) : [{ text: "", indent: 0 }];
  });
  const isWritten = ({ text }: Row) => text !== "";
  const first = rows.findIndex(isWritten);
  if (first < 0) throw new RangeError("The text is empty: there is nothing to write.");
  return rows.slice(first, rows.findLastIndex(isWritten) + 1);
}

function breakWords(words: string[], indent: number, width: number): Row[] {
  const rows: Row[] = [];
  for (const word of words) {
    const last = rows.at(-1);
    if (last && last.indent + [...last.text].length + 1 + [...word].length <= width) {
      last.text += ` ${word}`;
      continue;
    }
    const rest = [...word];
    while (rest.length > 0) {
      const room = { indent: rows.length === 0 ? indent : 0 };
      rows.push({ ...room, text: rest.splice(0, width - room.indent).join("") });
    }
  }
  return rows;
}
