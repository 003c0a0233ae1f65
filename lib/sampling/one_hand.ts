/** Several lines in one hand: one of them is written first, and the others are primed with it (Section 5.5). */
import { checkOptions } from "../check_options.ts";
import type { Network } from "../network/network.ts";
import { alignmentOf, type FailureKind, failuresOf } from "./alignment.ts";
import type { OffsetStatistics } from "../data/cleaning.ts";
import { hasShrunkToDots } from "./dots.ts";
import { synthesise } from "./handwriting.ts";
import type { Sample, StoppedBy } from "./lanes.ts";
import type { Prime } from "./prime.ts";

export interface HandOptions {
  /** Indices into the network's alphabet: lines, in as many hands as there are lists of them. */
  hands: ArrayLike<number>[][];
  /** The index of the space: it closes every line (`Synthesis.closing`), and stands between a prime and what follows. */
  space: number;
  seed: number;
  /** The probability bias b ≥ 0 (Eqs. 61–62). Default 0. */
  bias?: number;
  /** What undoes the normalisation of offsets: with it a line that has shrunk to dots has failed too. */
  statistics?: OffsetStatistics;
  /** A real line whose hand to take; without it the first line that is long enough gives each hand. */
  prime?: Prime;
  /** How often a line that failed (`failuresOf`) is begun anew with other chance. Default 2. */
  retries?: number;
  /** How often every line is written to begin with, each time with other chance; the best is kept. Default 1. */
  candidates?: number;
  /** How many characters of each line are misread, by whoever is to read them: of lines that went as well in all else, the
   * one that is misread least is the best, and one that is misread by more than half has failed. */
  misread?: (lines: { points: Float32Array; text: ArrayLike<number> }[]) => Promise<number[]>;
  /** Called after every step: lines begun anew count again, so `lines` may grow. */
  onProgress?: (progress: { finished: number; lines: number }) => void;
}

export interface WrittenLine {
  /** 3 numbers each, normalised: Δx, Δy, end of stroke. */
  points: Float32Array;
  stoppedBy: StoppedBy;
  /** What went wrong, in the best of the tries; empty if nothing did. */
  failures: (FailureKind | "dots" | "illegible")[];
  /** The places in the line's text, from 0, that the window skipped, went back to, and did not come to. */
  skipped: number[];
  repeated: number[];
  missing: number[];
  /** How many characters are misread, if that was asked for. */
  misread?: number;
  tries: number;
}

/** From a line's random stream to that of its next try: more than there are lines. */
export const retryStride = 2 ** 20;

/** A shorter line is no specimen of a hand, if there is a longer one. In characters. */
const longEnough = 20;

/** The least Δx, in standard deviations, by which the lifted pen moves to the next word: most move further. */
const wordGap = 1;
/** The window's reading is a letter or two from the pen: so many letters and no more are a short word. */
const shortWord = 2;

/**
 * Writes lines in one hand, or in several. Each hand is drawn from chance (or is the prime's): its first line that has 20
 * characters, else its longest, is written without a prime, and the others go on from that, as if they came in place of its end.
 * Line k of all depends on `seed` and k, on its text, bias and prime, not on how many lines there are.
 *
 * @throws as `synthesise` does.
 */
export async function writeInOneHand(network: Network, options: HandOptions): Promise<WrittenLine[][]> {
  checkOptions("writeInOneHand", options, [
    ...["hands", "space", "seed", "bias", "prime", "statistics", "retries", "onProgress"] as const,
    ...["candidates", "misread"] as const,
  ]);
  const { hands, prime } = options;
  const jobs = hands.flatMap((texts, hand) => {
    const long = texts.findIndex((text) => text.length >= longEnough);
    const longest = Math.max(...texts.map((text) => text.length));
    const specimen = long >= 0 ? long : texts.findIndex((text) => text.length === longest);
    return texts.map((text, k) => ({ text, hand, isSpecimen: !prime && k === specimen }));
  });
  const streams = jobs.map((_, k) => k);
  const primes: (Prime | undefined)[] = hands.map(() => prime);
  const lines = new Array<WrittenLine>(jobs.length);
  for (const isSpecimen of [true, false]) {
    const chosen = streams.filter((k) => jobs[k].isSpecimen === isSpecimen);
    const others = streams.length - chosen.length;
    const written = await writeLines(
      network,
      chosen.map((k) => ({ text: jobs[k].text, stream: k, prime: primes[jobs[k].hand] })),
      { ...options, before: isSpecimen ? 0 : others, all: streams.length },
    );
    chosen.forEach((k, n) => lines[k] = written[n].line);
    if (isSpecimen) chosen.forEach((k, n) => primes[jobs[k].hand] = written[n].specimen);
  }
  return hands.map((_, hand) => lines.filter((_, k) => jobs[k].hand === hand));
}

interface Job {
  text: ArrayLike<number>;
  stream: number;
  prime?: Prime;
}

/** Lines side by side, each as often as there are to be `candidates`; those of which all fail are begun anew together. Try n,
 * from 0, has the stream that is n · `retryStride` further. */
async function writeLines(
  network: Network,
  jobs: Job[],
  options: HandOptions & { before: number; all: number },
): Promise<{ line: WrittenLine; specimen: Prime }[]> {
  const { seed, bias = 0, space, statistics, retries = 2, candidates = 1, misread, before, all, onProgress } =
    options;
  const best = new Array<{ line: WrittenLine; specimen: Prime }>(jobs.length);
  let again = jobs.map((_, k) => k), done = candidates * before, lines = candidates * all, tries = 0;
  for (const count of [candidates, ...new Array<number>(retries).fill(1)]) {
    if (again.length === 0) break;
    const attempts = again.flatMap((k) => Array.from({ length: count }, (_, n) => ({ ...jobs[k], k, n })));
    const samples = await synthesise(network, {
      texts: attempts.map(({ text }) => text),
      prime: attempts.map(({ prime }) => prime),
      streams: attempts.map(({ stream, n }) => stream + (tries + n) * retryStride),
      bias,
      seed,
      closing: space,
      onProgress: ({ finished }) => onProgress?.({ finished: done + finished, lines }),
    });
    const wrong = await misread?.(attempts.map(({ text }, n) => ({ text, points: samples[n].points })));
    tries += count;
    for (const [n, { k, text }] of attempts.entries()) {
      // Once it has been looked at, a sample's window takes many times the room of its points: it goes before the next.
      const sample = samples.shift()!, line = lineOf(sample, statistics);
      if (wrong) {
        line.misread = wrong[n];
        if (wrong[n] > text.length / 2) line.failures.push("illegible");
      }
      if (!best[k] || isBetter(line, best[k].line)) best[k] = { line, specimen: specimenOf(sample, space) };
      best[k].line.tries = tries;
    }
    done += attempts.length;
    again = again.filter((k) => best[k].line.failures.length > 0);
    lines += again.length;
  }
  return best;
}

const isBetter = (a: WrittenLine, b: WrittenLine) =>
  a.failures.length < b.failures.length ||
  a.failures.length === b.failures.length && (a.misread ?? 0) < (b.misread ?? 0);

function lineOf(sample: Sample, statistics?: OffsetStatistics): WrittenLine {
  const { skipped, repeated, furthest } = alignmentOf(sample);
  const first = sample.primeCharacters + 1, last = sample.characters.length - 1;
  // Places in the line itself, without the prime before it and the space that closes it.
  const places = (characters: number[]) =>
    [...new Set(characters)].filter((u) => u >= first && u <= last).map((u) => u - first);
  const failures: WrittenLine["failures"] = failuresOf(sample);
  if (statistics && hasShrunkToDots(sample.points, statistics)) failures.push("dots");
  return {
    points: sample.points.slice(),
    stoppedBy: sample.stoppedBy,
    failures,
    skipped: failures.includes("skipped") ? places(skipped) : [],
    repeated: failures.includes("repeated") ? places(repeated) : [],
    missing: failures.includes("stopped early")
      ? places(Array.from({ length: last + 1 - furthest }, (_, n) => furthest + 1 + n))
      : [],
    tries: 1,
  };
}

/**
 * A line without a prime as one, but for its end: whether a line's last letter is complete when its window has passed it
 * is not certain, and what a prime lacks of its text the network would write first. It ends at a space, where the lifted pen
 * moves furthest while the window is about it; a short word behind it would leave in doubt which move that is.
 * A line where there is no such place stays whole.
 */
function specimenOf(sample: Sample, space: number): Prime {
  const { points, characters } = sample;
  const { reading } = alignmentOf(sample);
  let next = characters.length;
  for (let u = characters.length - 1; u > 1; u--) {
    if (characters[u - 1] !== space) continue;
    const isLongBehind = next - u - 1 > shortWord;
    next = u;
    let end = 0;
    for (let t = 1; isLongBehind && t < sample.steps; t++) {
      const isGap = points[3 * t - 1] === 1 && points[3 * t] > wordGap;
      const isAtSpace = reading[t] >= u && reading[t] <= u + 2;
      if (isGap && isAtSpace && (end === 0 || points[3 * t] > points[3 * end])) end = t;
    }
    if (end > 0) return { points: points.slice(0, 3 * end), characters: characters.slice(0, u) };
  }
  return { points: points.slice(), characters: characters.slice() };
}
