/** Handwriting, point by point: without a text (Section 4.3) and synthesis from one (Sections 5.3–5.5). */
import { checkOptions } from "../check_options.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";
import { type Job, laneNames, type LaneOptions, runAll, type Sample } from "./lanes.ts";
import type { Prime } from "./prime.ts";

/** What both kinds of sampling take. */
interface Sampling extends LaneOptions {
  seed: number;
  /** The probability bias b ≥ 0 (Eqs. 61–62), one for all or one for each sample. Default 0: unbiased. */
  bias?: number | number[];
}
const samplingNames = ["seed", "bias", ...laneNames] as const satisfies (keyof Sampling)[];

export interface PenSampling extends Sampling {
  /** Number of samples. */
  count: number;
  /** Points in each sample. */
  steps: number;
}

/**
 * Samples of the prediction network, `count` of them with 3 · `steps` numbers each: normalised Δx, Δy, end of stroke.
 * Sample k depends on `seed` and k alone (see `synthesise`).
 *
 * @throws RangeError if the network needs a text or predicts symbols, or if the bias is negative.
 */
export async function samplePen(network: Network, options: PenSampling): Promise<Float32Array[]> {
  checkOptions("samplePen", options, [...samplingNames, "count", "steps"]);
  if (network.config.window) {
    throw new RangeError("This network writes a given text: sample it with `synthesise`.");
  }
  const biases = spread(options.bias ?? 0, options.count);
  const jobs = biases.map((bias, k): Job => ({
    index: k,
    random: new Random(options.seed, "pen sample", k),
    bias,
    limit: options.steps,
    clamped: new Float32Array(0),
  }));
  const samples = await runAll(network, jobs, options);
  return samples.map(({ points }) => points);
}

/** The default of `maximumSteps`: what only a pen that has stopped getting on reaches. A real line has about 25 points
 * a character (of 12,179 in IAM-OnDB all but 11 keep below 100 + 40 a character), but a biased pen lingers where a
 * real one rests for a moment, since the bias makes staying, the likeliest next point, likelier still: up to 58 points
 * a character were seen at biases of 1 and 2 in samples that then came to their end. */
export function defaultMaximumSteps(characters: number): number {
  return 100 + 100 * characters;
}

export interface Synthesis extends Sampling {
  /** What each sample is to say: indices into the network's alphabet. */
  texts: ArrayLike<number>[];
  /** A real line in whose style to go on writing (Section 5.5), one for all or one for each sample. */
  prime?: Prime | (Prime | undefined)[];
  /** Hard limit on the points drawn for a sample. Default `defaultMaximumSteps` of its text. */
  maximumSteps?: number;
  /** A character that every text is read with at its end, and that is not written: the index of the space. The window
   * is ahead of the pen, so that without it the rule for the end often cuts the last letter short. A stroke that was
   * begun at that character when the sample ends would be the next word's, and is dropped. */
  closing?: number;
  /** The random stream of each sample. Default its index. Samples with the same stream make the same choices, as far
   * as what they choose from agrees: as when only the bias differs. */
  streams?: number[];
}

/**
 * Handwriting for texts. Sampling ends at the first drawn point x_t for which φ(t, U+1) > φ(t, u) for all
 * 1 ≤ u ≤ U (Section 5.3). The null vector and a prime's clamped points are no points of the sample: the rule is not
 * asked there, so a sample has at least one point.
 *
 * With a prime (x, c), the text is c' = c + s, the inputs are clamped to x for its T points, and sampling goes on from
 * there (Section 5.5). `primeFrom` puts a space between c and s.
 *
 * Samples are computed side by side, each with its own stream of random numbers: one depends on `seed`, its stream,
 * its text, bias and prime, not on its neighbours. (On engines whose matrix product rounds differently for another
 * number of rows this holds up to that rounding.)
 *
 * @throws RangeError if the network has no window, a text is empty, or a bias is negative.
 */
export async function synthesise(network: Network, options: Synthesis): Promise<Sample[]> {
  checkOptions("synthesise", options, [
    ...samplingNames,
    "texts",
    "prime",
    "maximumSteps",
    "closing",
    "streams",
  ]);
  return await runAll(network, synthesisJobs(network, options), options);
}

/** The samples that `synthesise` makes, yet to be made; throws as it does. */
export function synthesisJobs(network: Network, options: Synthesis): Job[] {
  const { texts, seed, bias = 0, prime, maximumSteps, closing, streams } = options;
  if (!network.config.window) {
    throw new RangeError(
      "This network has no window and cannot be given a text: sample it with `samplePen`.",
    );
  }
  const biases = spread(bias, texts.length);
  const primes = spread(prime, texts.length);
  return texts.map((text, k): Job => {
    if (text.length === 0) throw new RangeError(`Text ${k} is empty: there is nothing to write.`);
    const isClosed = closing !== undefined;
    const characters = [...Array.from(primes[k]?.characters ?? []), ...Array.from(text)];
    return {
      index: k,
      random: new Random(seed, "handwriting sample", streams?.[k] ?? k),
      bias: biases[k],
      limit: maximumSteps ?? defaultMaximumSteps(text.length),
      clamped: primes[k]?.points ?? new Float32Array(0),
      characters: Int32Array.from(isClosed ? [...characters, closing] : characters),
      isClosed,
      primeCharacters: primes[k]?.characters.length,
    };
  });
}

/** One value for each of `count` samples. */
function spread<T>(value: T | T[], count: number): T[] {
  if (!Array.isArray(value)) return Array.from({ length: count }, () => value);
  if (value.length !== count) {
    throw new RangeError(
      `There are ${count} samples, but values for ${value.length}: give one each, or one for all.`,
    );
  }
  return value;
}
