/** The texts of Section 3: Penn Treebank by character or by word, Wikipedia by byte. */
import { join } from "node:path";
import { sha256 } from "../files.ts";
import { decodeBytes, readAtMost, splitRows } from "./bytes.ts";
import { excerptDirectory, findSet, pennTreebankFiles, wikipediaSize } from "./find.ts";

export interface Text {
  /** `penn-treebank`, `public-domain stand-in`, `enwik8`, or `enwik8, first … bytes`. */
  source: string;
  level: "character" | "word" | "byte";
  /** By index. A byte is written as the character of its number; a sentence's end is "\n". */
  symbols: string[];
  training: Int32Array;
  validation: Int32Array;
  /** Empty for Wikipedia, which has no test set in the paper. */
  test: Int32Array;
  /** SHA-256 of the source files' bytes, one file after the other. */
  checksum: string;
  /** How many characters (bytes) the parts have, each word's space or end of sentence included: what bits are divided
   * by to give bits per character, for a word model too. */
  characters: { training: number; validation: number; test: number };
  /** Of the test set (of Wikipedia's validation set): with b bits per character, the perplexity of a word is
   * 2^(charactersPerWord · b). Ends of sentences count as characters, not as words. */
  charactersPerWord: number;
  /** What was done to the text, for people. */
  note: string;
}

/** Stands for the end of a sentence. */
export const endOfSentence = "\n";

/** The 49 characters of the Penn Treebank, with the number token N as "n". */
const pennTreebankCharacters = [..."\n #$&'*-./0123456789<>\\abcdefghijklmnopqrstuvwxyz"];

/** Bounds a text that is read whole: twenty times the Penn Treebank. */
const largestText = 1e8;

const parts = ["train", "valid", "test"] as const;

/**
 * Mikolov's preparation of the Penn Treebank from `ptb/` in the data directory, else the public-domain stand-in.
 *
 * By word: 10,000 types, <unk> and the end of sentence among them. By character: the text has 50 different ones; with
 * the number token N written "n", which is no word of its own, they are the paper's 49, and with <unk> spelled out
 * a word has the paper's 5.6 characters. The blanks at a sentence's ends are left out.
 *
 * Throws if one of the three files is missing or the Penn Treebank is not in Mikolov's preparation.
 */
export async function openPennTreebank(
  level: "character" | "word",
  directory?: string,
): Promise<Text> {
  const found = await findSet("penn-treebank", directory);
  const missing = found && pennTreebankFiles.find((name) => !found.files.includes(name));
  if (found && missing) {
    throw new Error(
      `${join(found.folder, missing)} is missing. The Penn Treebank needs ${pennTreebankFiles.join(", ")}: ` +
        "`deno task data penn-treebank` gets them.",
    );
  }
  const isFull = found !== null;
  const paths = parts.map((part, k) =>
    found ? join(found.folder, pennTreebankFiles[k]) : join(excerptDirectory, "text", `${part}.txt`)
  );
  const files = await Promise.all(
    paths.map((path) => readAtMost(path, largestText, "a part of the Penn Treebank")),
  );
  const sentences = files.map((bytes, k) => readSentences(decodeBytes(bytes), paths[k]));
  const spelled = sentences.map((part) => part.map((words) => `${words.join(" ")}${endOfSentence}`).join(""));
  const words = sentences[2].reduce((sum, sentence) => sum + sentence.length, 0);
  const common = {
    source: isFull ? "penn-treebank" : "public-domain stand-in",
    level,
    checksum: await sha256(new Uint8Array(await new Blob(files).arrayBuffer())),
    characters: { training: spelled[0].length, validation: spelled[1].length, test: spelled[2].length },
    charactersPerWord: spelled[2].length / words,
    note: isFull
      ? "Penn Treebank, Wall Street Journal, in Mikolov's preparation"
      : "not the Penn Treebank: the beginning of Jane Austen's Northanger Abbey in the same format",
  };
  const units = level === "character"
    ? spelled.map((text) => text.replace(/\bN\b/g, "n"))
    : sentences.map((part) => part.flatMap((sentence) => [...sentence, endOfSentence]));
  const symbols = level === "character" ? pennTreebankCharacters : vocabulary(units[0] as string[]);
  if (isFull && level === "word" && symbols.length !== 10_000) {
    throw new Error(
      `The Penn Treebank's training set should have 10,000 types, the end of sentence included, but has ` +
        `${symbols.length}. Is it in Mikolov's preparation? \`deno task data penn-treebank\` checks the files.`,
    );
  }
  const [training, validation, test] = units.map((part, k) => encode(part, symbols, paths[k]));
  return { ...common, symbols, training, validation, test };
}

/** Sentences as words; empty lines are none. */
export function readSentences(text: string, path: string): string[][] {
  const sentences = splitRows(text).map((row) => row.trim().split(/\s+/)).filter(([word]) => word);
  if (!sentences.length) throw new Error(`${path} is empty; one sentence a line was expected.`);
  return sentences;
}

/** All types, the most frequent first, equally frequent ones in alphabetical order. */
export function vocabulary(tokens: string[]): string[] {
  const counts = new Map<string, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([token]) => token);
}

/** Words, or a text's characters, as indices; a word that is not in the vocabulary becomes <unk>. */
export function encode(units: string[] | string, symbols: string[], path: string): Int32Array {
  const index = new Map(symbols.map((symbol, k) => [symbol, k]));
  const unknown = index.get("<unk>");
  const ids = new Int32Array(units.length);
  let n = 0;
  for (const unit of units) {
    const id = index.get(unit) ?? unknown;
    if (id === undefined) {
      throw new Error(
        `${path} contains ${JSON.stringify(unit)}, which is none of the ${symbols.length} symbols.`,
      );
    }
    ids[n++] = id;
  }
  return ids;
}

/** Of Wikipedia's bytes, the paper trains on the first 96 of 100 million and validates on the last 4. */
const trainingShare = 0.96;

/**
 * enwik8 in bytes, from `enwik8/enwik8` in the data directory; else a shorter prefix of it from
 * `enwik8/enwik8-prefix-<bytes>`, split in the same proportion; else the first million bytes, which the project
 * carries. Symbols are numbered as they first appear, so that those of a prefix are the first of the whole (205).
 */
export async function openWikipedia(directory?: string): Promise<Text> {
  const bytes = await readWikipedia(directory);
  const isFull = bytes.length === wikipediaSize("enwik8");
  const order = new Int32Array(256).fill(-1);
  const symbols: string[] = [];
  const ids = new Int32Array(bytes.length);
  for (let k = 0; k < bytes.length; k++) {
    const byte = bytes[k];
    if (order[byte] < 0) order[byte] = symbols.push(String.fromCharCode(byte)) - 1;
    ids[k] = order[byte];
  }
  const cut = Math.floor(trainingShare * bytes.length);
  const validation = ids.subarray(cut);
  const words = new TextDecoder().decode(bytes.subarray(cut)).split(/\s+/).filter(Boolean).length;
  const size = bytes.length.toLocaleString("en");
  return {
    source: isFull ? "enwik8" : `enwik8, first ${size} bytes`,
    level: "byte",
    symbols,
    training: ids.subarray(0, cut),
    validation,
    test: new Int32Array(0),
    checksum: await sha256(bytes),
    characters: { training: cut, validation: validation.length, test: 0 },
    charactersPerWord: validation.length / words,
    note: isFull
      ? "English Wikipedia of March 2006, first 100 million bytes (Hutter prize)"
      : `only the first ${size} of enwik8's 100,000,000 bytes, split 96:4 like the whole`,
  };
}

async function readWikipedia(directory?: string): Promise<Uint8Array<ArrayBuffer>> {
  const found = await findSet("enwik8", directory);
  if (!found) {
    const file = await Deno.open(join(excerptDirectory, "enwik8", "enwik8-prefix-1000000.gz"));
    const unpacked = file.readable.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  }
  const [name] = found.files.sort((a, b) => wikipediaSize(b) - wikipediaSize(a));
  const path = join(found.folder, name), size = wikipediaSize(name);
  const bytes = await readAtMost(path, size, "what its name says");
  if (bytes.length === size) return bytes;
  throw new Error(
    `${path} has ${bytes.length} bytes, but ${size} were expected: it was not copied or downloaded to its end. ` +
      "`deno task data enwik8` gets the whole.",
  );
}

/** Symbols as text, for people. */
export function decodeText(ids: ArrayLike<number>, text: Pick<Text, "level" | "symbols">): string {
  const symbols = Array.from(ids, (id) => text.symbols[id]);
  if (text.level === "byte") {
    return new TextDecoder().decode(Uint8Array.from(symbols, (symbol) => symbol.charCodeAt(0)));
  }
  return text.level === "word"
    ? symbols.join(" ").replaceAll(` ${endOfSentence} `, endOfSentence)
    : symbols.join("");
}
