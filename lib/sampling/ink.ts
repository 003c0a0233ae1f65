/** What the window does not tell: whether a letter that it read was written. A pen that rests leaves a dot for it. */
import type { Alphabet } from "../data/alphabet.ts";
import { alignmentOf } from "./alignment.ts";
import type { Sample } from "./lanes.ts";

/** The length of the pen's path on the paper, in normalised units, by the character that the window looked at most:
 * one number for each of the text's characters. */
export function inkOf(sample: Sample): Float64Array {
  const ink = new Float64Array(sample.characters.length);
  const { points, steps } = sample;
  const { reading } = alignmentOf(sample);
  for (let t = 0; t < steps; t++) {
    const isPenUp = t === 0 || points[3 * t - 1] === 1;
    if (!isPenUp) ink[reading[t] - 1] += Math.hypot(points[3 * t], points[3 * t + 1]);
  }
  return ink;
}

/** By index in the alphabet: the median ink of a letter or digit on real lines (`readLines`), of those that occur at
 * least `least` times. */
export function typicalInk(read: Sample[], alphabet: Alphabet, least = 10): Map<number, number> {
  const found = new Map<number, number[]>();
  for (const sample of read) {
    inkOf(sample).forEach((ink, u) => {
      const id = sample.characters[u];
      if (!/^[\p{L}\p{N}]$/u.test(alphabet.symbols[id] ?? "")) return;
      if (!found.has(id)) found.set(id, []);
      found.get(id)!.push(ink);
    });
  }
  const median = (inks: number[]) => inks.sort((a, b) => a - b)[inks.length >> 1];
  return new Map(
    [...found].filter(([, inks]) => inks.length >= least).map(([id, inks]) => [id, median(inks)]),
  );
}

/** The share of letters that have less than a quarter of the ink which is typical of them. */
export function faintLetters(samples: Sample[], typical: ReadonlyMap<number, number>): number {
  let letters = 0, faint = 0;
  for (const sample of samples) {
    inkOf(sample).forEach((ink, u) => {
      const expected = typical.get(sample.characters[u]);
      if (expected === undefined || u < sample.primeCharacters) return;
      letters++;
      if (ink < expected / 4) faint++;
    });
  }
  return letters ? faint / letters : 0;
}
