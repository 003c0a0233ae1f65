/** Between a text as people type it and the symbols of a text network. */
import { splitRows } from "./bytes.ts";
import { encode, endOfSentence, type Text } from "./text.ts";

/** What the symbols of a text network are. */
export type Spelling = Pick<Text, "level" | "symbols">;

/**
 * What was typed, as indices into the symbols: its characters, its bytes in UTF-8, or its words; ends of lines are ends of
 * sentences to characters and words. Words that are not known are `<unk>`, where there is one.
 * Throws, saying which symbols there are, if the text has another.
 */
export function readTyped(text: string, { level, symbols }: Spelling): Int32Array {
  const rows = splitRows(text);
  const units = level === "byte"
    ? Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte))
    : level === "character"
    ? [...rows.join(endOfSentence)]
    : rows.flatMap((row, k) => [...k > 0 ? [endOfSentence] : [], ...row.split(/\s+/).filter(Boolean)]);
  try {
    return encode(units, symbols, "What it is to go on from");
  } catch (error) {
    const known = level === "character" ? ` They are ${JSON.stringify(symbols.join(""))}.` : "";
    throw new Error((error as Error).message + known, { cause: error });
  }
}

/** Writes symbols out one after the other: the function gives what the next one adds, in bytes. */
export function speller({ level, symbols }: Spelling): (id: number) => Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  let before = endOfSentence;
  return (id) => {
    const symbol = symbols[id];
    if (level === "byte") return Uint8Array.of(symbol.charCodeAt(0));
    const blank = level === "word" && symbol !== endOfSentence && before !== endOfSentence ? " " : "";
    before = symbol;
    return encoder.encode(blank + symbol);
  };
}
