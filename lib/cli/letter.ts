/** What `deno task write` is to write: a text from wherever it comes, in rows that the network and the signs can make. */
import {
  type Alphabet,
  alphabets,
  nonLetter,
  readCharacterCounts,
  readTextAtMost,
  standardInput,
} from "../data/mod.ts";
import { partSigns, type SignedRow, signs, withoutSigns } from "../report/mod.ts";
import { breakLines, demandLetters, fitToAlphabet, type Row } from "../sampling/mod.ts";
import { UsageError, userPath } from "./options.ts";
import { print } from "./output.ts";

/** A character that came so seldom in training is often written wrong. */
const rare = 700;

/** For the help. */
export function aboutCharacters(): string {
  const counts = readCharacterCounts(), { symbols } = alphabets.extended;
  const seldom = symbols.filter((symbol) => counts[symbol] < rare && !signs.includes(symbol))
    .sort((a, b) => counts[b] - counts[a]);
  return `How well a character is written depends on how often the network has seen it: e ${counts.e} times, but ` +
    `${
      seldom.map((symbol) => `${symbol} ${counts[symbol]}`).join(", ")
    }. A higher --bias and --legible help. ` +
    `${
      signs.join(" ")
    } it has seldom or never seen: they are drawn between its words, in its slant and size. Accents and other ` +
    "letters and marks become the nearest that it knows, and what became of them is said.";
}

/** The most characters written at once: at some 25 points each they take a few minutes and, as a PNG, 1.5 GB. */
const mostCharacters = 50_000;

export async function readLetter(given: string | undefined, file?: string): Promise<string> {
  if (given === undefined && file === undefined) {
    throw new UsageError("Missing: <text>, what to write, or --file with it, or - for standard input.");
  }
  if (given !== undefined && file !== undefined) throw new UsageError("Give <text> or --file, not both.");
  if (given !== undefined && given !== standardInput) return given;
  if (given && Deno.stdin.isTerminal()) print("Type the text; a line of its own with Ctrl-D ends it.");
  // Of four bytes each, in the longest case.
  return await readTextAtMost(given ?? userPath(file!), 4 * mostCharacters, "a text to write at once");
}

export interface LetterRow extends Row {
  signed: SignedRow;
  /** What the network writes of it; nothing in a blank row, or one of signs alone. */
  words: string;
}

/**
 * A text in rows of at most `width` characters. Says what is written otherwise than it is typed. Throws if there is nothing to
 * write, or with all `copies` too much.
 */
export function layOutLetter(
  text: string,
  alphabet: Alphabet,
  { width, copies }: { width: number; copies: number },
): LetterRow[] {
  const fitted = fitToAlphabet(text, alphabet, signs);
  demandLetters(fitted.text, alphabet);
  // What the network writes for 'non-letter' is a scribble, and spoils its neighbours.
  const rows = breakLines(fitted.text.replaceAll(nonLetter, ""), width).map((row) => {
    const signed = partSigns(row.text);
    return { ...row, signed, words: withoutSigns(signed) };
  });
  checkLength(rows.flatMap(({ text }) => text === "" ? [] : [text]), copies);
  for (const { from, to, count } of fitted.replaced) {
    const fate = to === "" || to === nonLetter ? "left out" : `written as ${named(to)}`;
    print(`${named(from)} (${count}×) is not in the alphabet: ${fate}`);
  }
  const drawn = signs.filter((sign) => fitted.text.includes(sign));
  if (drawn.length > 0) {
    print(`Drawn, since the network has seldom or never seen them: ${drawn.join(" ")}`);
  }
  return rows;
}

function checkLength(lines: string[], count: number): void {
  const characters = count * lines.reduce((sum, line) => sum + line.length, 0);
  if (characters <= mostCharacters) return;
  throw new UsageError(
    `These are ${characters} characters in ${
      count * lines.length
    } lines: at most ${mostCharacters} are written at ` +
      "once. Give a shorter text or a smaller --count, and other seeds for the rest.",
  );
}

/** In quotes; by its number if it cannot be seen. */
const named = (character: string) =>
  /^[\p{C}\p{M}\p{Zl}\p{Zp}]$/u.test(character) && character !== "\n"
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`
    : JSON.stringify(character);
