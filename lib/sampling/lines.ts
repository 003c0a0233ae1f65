/** Any text as lines that the synthesis network can write. */
import { type Alphabet, nonLetter } from "../data/alphabet.ts";

/** Typographic marks and letters, and what the transcriptions have in their place; accents need no row. */
const plain: Record<string, string> = {
  ...sameFor("'", "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\u00b4\u0060"),
  ...sameFor('"', "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"),
  ...sameFor("-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"),
  ...sameFor(" ", "\u00a0\u2002\u2003\u2009\u202f\u3000"),
  ...sameFor("\n", "\u0085\u2028\u2029\f\v"),
  "\t": "    ",
  "…": "...",
  "•": "-",
  "·": ".",
  "×": "x",
  "⁄": "/",
  "❤": "♥",
  æ: "ae",
  Æ: "Ae",
  œ: "oe",
  Œ: "Oe",
  ß: "ss",
  ẞ: "SS",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
  ð: "d",
  Ð: "D",
  þ: "th",
  Þ: "Th",
  ı: "i",
  ŋ: "n",
};

function sameFor(to: string, characters: string): Record<string, string> {
  return Object.fromEntries([...characters].map((from) => [from, to]));
}

/** What leaves no ink: joiners, marks of direction, soft hyphens, byte-order marks, and accents that stand alone. */
const invisible = /^[\p{Cf}\p{Cc}\p{M}]$/u;

/** The share of a text's characters, spaces left out, that an alphabet must have for it to be worth writing. */
const leastKnown = 0.5;

/**
 * Replaces what the alphabet lacks by the nearest it has: typographic marks by plain ones, letters with accents by
 * the letters; what is invisible is left out. Everything else becomes 'non-letter', as in training, but for what is to be
 * `drawn` by other means.
 *
 * @returns the text to write, and what was replaced by what, each character once, in order of appearance.
 */
export function fitToAlphabet(
  text: string,
  alphabet: Alphabet,
  drawn: readonly string[] = [],
): { text: string; replaced: { from: string; to: string; count: number }[] } {
  const known = new Set([...alphabet.symbols.filter((symbol) => symbol !== nonLetter), ...drawn, "\n"]);
  const replaced = new Map<string, { from: string; to: string; count: number }>();
  // 5½ is not 51/2.
  const parted = text.normalize("NFC").replace(/\r\n?/g, "\n").replace(/(?<=\d)(?=[¼-¾⅐-⅞])/g, " ");
  const fitted = [...parted].map((from) => {
    if (known.has(from)) return from;
    const to = nearest(from, known);
    const count = (replaced.get(from)?.count ?? 0) + 1;
    replaced.set(from, { from, to, count });
    return to;
  });
  return { text: fitted.join(""), replaced: [...replaced.values()] };
}

/** Throws if more than half of a fitted text is 'non-letter', as one in another script is. */
export function demandLetters(text: string, alphabet: Alphabet): void {
  const inked = [...text].filter((char) => char.trim() !== "");
  const unknown = inked.filter((char) => char === nonLetter).length;
  if (unknown <= (1 - leastKnown) * inked.length) return;
  const known = alphabet.symbols.filter((char) => char !== nonLetter && char !== " ");
  throw new RangeError(
    `Of ${inked.length} characters ${unknown} are not in the network's alphabet: it knows ${known.join("")}.`,
  );
}

/** What is written in place of a character that is not known; nothing for an invisible one. */
function nearest(from: string, known: Set<string>): string {
  if (plain[from] === undefined && invisible.test(from)) return "";
  // Only some of what a character is made of may be typographic: the stroke of ½.
  const parts = [...plain[from] ?? from.normalize("NFKD").replace(/\p{M}/gu, "")];
  const to = parts.map((part) => plain[part] ?? part).join("");
  return to !== "" && [...to].every((char) => known.has(char)) ? to : nonLetter;
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
