/** A text of one's own, of any alphabet, for the networks of Section 3. */
import { basename } from "node:path";
import { sha256 } from "../files.ts";
import { decodeBytes, demandText, readAtMost, splitRows } from "./bytes.ts";
import { encode, endOfSentence, readSentences, type Text, vocabulary } from "./text.ts";

/** In bytes: six times the Penn Treebank. */
const largestText = 3e7;
/** Parts of the text to train on and to validate on; the rest is for the test. */
const trainingShare = 0.9, validationShare = 0.05;
/** Types of the word network, as the Penn Treebank has: rarer words are unknown. */
const largestVocabulary = 10_000;
/** The most different characters: a network has a class for each. */
const largestAlphabet = 10_000;
const unknownWord = "<unk>";

/**
 * The file at `path` as characters, words or bytes: the first 90 % to train on, the next 5 % to validate on, the last
 * 5 % for the test, divided at ends of lines where there are any nearby. An end of line is an end of sentence, however it
 * is written, and a byte-order mark is left out; bytes stay as they are. Characters are numbered in Unicode's order,
 * words by frequency: the 10,000 most frequent, and `<unk>` for all others. `symbols` are those of trained weights to use
 * instead.
 * Throws, naming the file, if it is too short or large, or has a character that is none of the symbols.
 */
export async function openOwnText(path: string, level: Text["level"], symbols?: string[]): Promise<Text> {
  const bytes = await readAtMost(path, largestText, "a text");
  if (level !== "byte") demandText(decodeBytes(bytes), path);
  const units = level === "byte"
    ? Array.from(bytes, (byte) => String.fromCharCode(byte))
    : level === "character"
    ? [...splitRows(decodeBytes(bytes)).join(endOfSentence)]
    : readSentences(decodeBytes(bytes), path).flatMap((words) => [...words, endOfSentence]);
  const least = 100;
  if (units.length < least) {
    throw new Error(
      `${path} has only ${units.length} ${level}s; at least ${least} are needed to train, validate and test on.`,
    );
  }
  const end = level === "byte" ? "\n" : endOfSentence;
  const first = cutAfter(units, end, trainingShare),
    second = cutAfter(units, end, trainingShare + validationShare);
  const parts = [units.slice(0, first), units.slice(first, second), units.slice(second)];
  const known = symbols ?? symbolsOf(parts, level);
  if (known.length > largestAlphabet) {
    throw new Error(
      `${path} has ${known.length.toLocaleString("en")} different characters, more than ${
        largestAlphabet.toLocaleString("en")
      }: read it as bytes (the experiment wikipedia).`,
    );
  }
  const [training, validation, test] = parts.map((part) => encode(part, known, path));
  const lengths = parts.map((part) => characterCount(part, level));
  const words = level === "word"
    ? parts[2].filter((word) => word !== endOfSentence).length
    : parts[2].join("").split(/\s+/).filter(Boolean).length;
  return {
    source: basename(path),
    level,
    symbols: known,
    training,
    validation,
    test,
    checksum: await sha256(bytes),
    characters: { training: lengths[0], validation: lengths[1], test: lengths[2] },
    charactersPerWord: lengths[2] / Math.max(1, words),
    note: "a text of one's own, divided 90 : 5 : 5",
  };
}

/** A place to divide the text at: after the end of the line that is under way there, if that comes soon. */
function cutAfter(units: string[], end: string, share: number): number {
  const at = Math.floor(share * units.length);
  const next = units.indexOf(end, at - 1) + 1;
  return next > 0 && next - at < 0.01 * units.length ? next : at;
}

function symbolsOf(parts: string[][], level: Text["level"]): string[] {
  if (level === "word") {
    const frequent = vocabulary(parts[0]).filter((word) => word !== unknownWord).slice(
      0,
      largestVocabulary - 1,
    );
    return [...frequent, unknownWord];
  }
  const all = new Set(level === "character" ? [endOfSentence] : []);
  for (const part of parts) for (const unit of part) all.add(unit);
  return [...all].sort();
}

/** How many characters the units spell; a blank follows each word but the last of a sentence, as its end does. */
function characterCount(units: string[], level: Text["level"]): number {
  if (level !== "word") return units.length;
  return units.reduce((sum, unit) => sum + (unit === endOfSentence ? 0 : [...unit].length + 1), 0);
}
