/** Priming with a real line (Section 5.5). */
import { type Alphabet, encodeText } from "../data/alphabet.ts";
import type { Line } from "../data/handwriting.ts";

/** A real line (x, c) in whose style to go on writing. */
export interface Prime {
  /** x: 3·T numbers, normalised as the network's training set was. */
  points: Float32Array;
  /** c, as indices into the network's alphabet, with whatever is to stand between it and the new text. */
  characters: Int32Array;
}

/** A line as a prime. Its text gets a space behind it, as between two words: the paper's c + s would run them together. */
export function primeFrom(line: Line, alphabet: Alphabet): Prime {
  return { points: line.points, characters: encodeText(`${line.text.trimEnd()} `, alphabet).ids };
}
