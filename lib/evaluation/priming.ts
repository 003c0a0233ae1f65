/** How a synthesis network goes on after real lines (Section 5.5), and what a reader makes of it. */
import { checkOptions } from "../check_options.ts";
import { encodeText, type Line } from "../data/mod.ts";
import { primeFrom, type Sample, synthesise } from "../sampling/mod.ts";
import { ofItsOwn, readHandwriting, type Reading } from "./legibility.ts";
import type { Speller } from "./writing.ts";

export interface PrimingOptions {
  primes: Line[];
  /** A text for each prime. */
  texts: string[];
  biases: number[];
  seed: number;
  lanes?: number;
  onProgress?: (progress: { finished: number; samples: number }) => void;
}

/** What was written at one bias, in the primes' order. */
export interface PrimedWriting {
  bias: number;
  samples: Sample[];
  readings: Reading[];
}

/**
 * Writes text k after prime k at every bias, always with random stream k and with a space behind it for the window (`closing`),
 * and has `reader` read what was drawn.
 *
 * @throws RangeError if there are not as many texts as primes.
 */
export async function measurePriming(
  writer: Speller,
  reader: Speller,
  options: PrimingOptions,
): Promise<PrimedWriting[]> {
  checkOptions("measurePriming", options, ["primes", "texts", "biases", "seed", "lanes", "onProgress"]);
  const { primes, texts, biases, seed, lanes, onProgress } = options;
  const closing = writer.alphabet.symbols.indexOf(" ");
  const all: PrimedWriting[] = [];
  for (const [k, bias] of biases.entries()) {
    const samples = await synthesise(writer.network, {
      texts: texts.map((text) => encodeText(text, writer.alphabet).ids),
      prime: primes.map((line) => primeFrom(line, writer.alphabet)),
      bias,
      seed,
      ...(closing >= 0 && { closing }),
      lanes,
      onProgress: ({ finished }) =>
        onProgress?.({ finished: k * texts.length + finished, samples: biases.length * texts.length }),
    });
    const written = samples.map(({ points }, k) => ({ id: primes[k].id, text: texts[k], points }));
    const readings = await readHandwriting(reader.network, written, reader.alphabet, { lanes });
    all.push({ bias, samples, readings: readings.map(ofItsOwn) });
  }
  return all;
}

/** Lines of which the reader misreads at most a quarter. */
export const readableLines = (readings: Reading[]): number =>
  readings.filter(({ errors, characters }) => errors <= characters / 4).length;
