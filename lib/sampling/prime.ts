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

/** The lines that the paper primes with in Figures 18–21, first of each writer; the excerpt has them. */
export const primingLines = ["a06-405z-01", "h09-351z-02", "k10-058z-01", "p08-012z-05"];

/** The line of that id. Throws, saying which there are, if the data do not have it. */
export function findLine(lines: Line[], id: string): Line {
  const line = lines.find((line) => line.id === id);
  if (line) return line;
  const known = primingLines.filter((id) => lines.some((line) => line.id === id));
  throw new Error(
    `There is no line '${id}' among the ${lines.length} lines here. The paper's priming lines: ${
      known.join(", ")
    }.` +
      (lines.length < 1000
        ? " With the full data base (`deno task data iam-ondb`) every line can be used."
        : ""),
  );
}
