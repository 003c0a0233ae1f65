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
  /** What is written first, and left out, where no line of a hand is long enough to give it: its beginning is their prime.
   * Default: the longest line gives the hand. */
  carrier?: ArrayLike<number>;
  /** How often a line that failed (`failuresOf`), or of which much is misread, is begun anew with other chance. Default 2. */
  retries?: number;
  /** How often every line is written to begin with, each time with other chance; the best is kept. Default 1. With
   * `misread` a short line is written more often: together its candidates are as long as a line that gives a hand. */
  candidates?: number;
  /** How many characters of each line are misread, by whoever is to read them: of lines that went as well in all else, the
   * one that is misread least is the best. One that is misread by more than a fifth is begun anew, one by more than half, and
   * more than one character, has failed. */
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
/** A prime is a specimen's first words that are longer. In characters. The slant follows these as it does the whole line (over
 * 72 lines after 12 specimens at bias 1 with a correlation of 0.83), and 7.5 % is misread in place of 9.9 %; without a prime
 * 7.2 %. */
const primeLength = 6;

/** Attempts whose points are in memory at once, a prime's among them. */
const together = 1024;

/** The shares of a line that are misread from which it is begun anew, and has failed. At bias 1 one line in twenty is beyond
 * the first; of real lines, which are harder to read, three in ten are, and one in thirty is beyond the second. One letter alone
 * has not failed: a reader of lines takes no I for one. */
const doubtful = 1 / 5, illegible = 1 / 2;

/** The least Δx, in standard deviations, by which the lifted pen moves to the next word: most move further. */
const wordGap = 1;
/** The window's reading is a letter or two from the pen: so many letters and no more are a short word. */
const shortWord = 2;

/**
 * Writes lines in one hand, or in several. Each hand is drawn from chance (or is the prime's): its first line that has 20
 * characters, else the carrier, is written without a prime, and the others go on from its beginning.
 * Line k of all depends on `seed` and k, on its text, bias and prime, not on how many lines there are.
 *
 * @throws as `synthesise` does.
 */
export async function writeInOneHand(network: Network, options: HandOptions): Promise<WrittenLine[][]> {
  checkOptions("writeInOneHand", options, [
    ...["hands", "space", "seed", "bias", "prime", "statistics", "retries", "onProgress"] as const,
    ...["candidates", "misread", "carrier"] as const,
  ]);
  const { hands, prime, carrier } = options;
  const jobs = hands.flatMap((texts, hand) => texts.map((text) => ({ text, hand })))
    .map((job, stream): Job => ({ ...job, stream, prime }));
  const specimens = prime ? [] : hands.flatMap((_, hand) => specimenFrom(jobs, hand, carrier) ?? []);
  const others = jobs.filter((job) => !specimens.includes(job));
  const progress = { finished: 0, lines: 0 };
  for (const { text } of [...specimens, ...others]) progress.lines += candidatesOf(text, options);
  const lines = new Map<Job, WrittenLine>();
  const written = await writeLines(network, specimens, options, progress);
  const primes = new Map(specimens.map(({ hand }, n) => [hand, written[n].specimen]));
  specimens.forEach((job, n) => lines.set(job, written[n].line));
  const primed = others.map((job) => ({ ...job, prime: primes.get(job.hand) ?? prime }));
  (await writeLines(network, primed, options, progress)).forEach(({ line }, n) => lines.set(others[n], line));
  return hands.map((_, hand) => jobs.filter((job) => job.hand === hand).map((job) => lines.get(job)!));
}

interface Job {
  text: ArrayLike<number>;
  hand: number;
  stream: number;
  prime?: Prime;
}

/** The line that gives a hand; none for a hand without lines. */
function specimenFrom(jobs: Job[], hand: number, carrier?: ArrayLike<number>): Job | undefined {
  const lines = jobs.filter((job) => job.hand === hand);
  const long = lines.find(({ text }) => text.length >= longEnough);
  if (long || lines.length === 0) return long;
  // A stream that no line has.
  if (carrier) return { text: carrier, hand, stream: retryStride - 1 - hand };
  return lines.toSorted((a, b) => b.text.length - a.text.length)[0];
}

/** How often a line is written to begin with. Of 20 texts of one to five letters at bias 1 the reader takes 54 % of single
 * tries for what they say, and of the best of these after a carrier 83 %, all but x, Q, and I, which it sees as nothing. */
const candidatesOf = ({ length }: ArrayLike<number>, { candidates = 1, misread }: HandOptions) =>
  misread ? Math.max(candidates, Math.ceil(longEnough / length)) : candidates;

/** Lines side by side, each as often as there are to be candidates; those of which all fail are begun anew together. Try n,
 * from 0, has the stream that is n · `retryStride` further. */
async function writeLines(
  network: Network,
  jobs: Job[],
  options: HandOptions,
  progress: { finished: number; lines: number },
): Promise<{ line: WrittenLine; specimen: Prime }[]> {
  const { seed, bias = 0, space, statistics, retries = 2, misread, onProgress } = options;
  const best = new Array<{ line: WrittenLine; specimen: Prime }>(jobs.length);
  let again = jobs.map((_, k) => k);
  for (let round = 0; round <= retries && again.length > 0; round++) {
    const attempts = again.flatMap((k) => {
      const { text, prime, stream } = jobs[k], tries = best[k]?.line.tries ?? 0;
      const count = round === 0 ? candidatesOf(text, options) : 1;
      return Array.from(
        { length: count },
        (_, n) => ({ k, text, prime, tries: tries + count, stream: stream + (tries + n) * retryStride }),
      );
    });
    for (let from = 0; from < attempts.length; from += together) {
      const some = attempts.slice(from, from + together);
      const samples = await synthesise(network, {
        texts: some.map(({ text }) => text),
        prime: some.map(({ prime }) => prime),
        streams: some.map(({ stream }) => stream),
        bias,
        seed,
        closing: space,
        onProgress: ({ finished }) =>
          onProgress?.({ finished: progress.finished + finished, lines: progress.lines }),
      });
      progress.finished += some.length;
      const wrong = await misread?.(some.map(({ text }, n) => ({ text, points: samples[n].points })));
      for (const [n, { k, text, tries }] of some.entries()) {
        // Once it has been looked at, a sample's window takes many times the room of its points: it goes before the next.
        const sample = samples.shift()!, line = lineOf(sample, statistics);
        if (wrong) {
          line.misread = wrong[n];
          if (wrong[n] > Math.max(1, illegible * text.length)) line.failures.push("illegible");
        }
        if (!best[k] || isBetter(line, best[k].line)) best[k] = { line, specimen: specimenOf(sample, space) };
        best[k].line.tries = tries;
      }
    }
    again = again.filter((k) => {
      const { failures, misread = 0 } = best[k].line;
      return failures.length > 0 || misread > doubtful * jobs[k].text.length;
    });
    progress.lines += round < retries ? again.length : 0;
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
 * The beginning of a line without a prime, as one: whether the last letter of a whole one is complete when its window has
 * passed it is not certain, and what a prime lacks of its text the network would write first. It ends at a space, where the
 * lifted pen moves furthest while the window is about it; a short word behind it would leave in doubt which move that is.
 * A line where there is no such place stays whole.
 */
function specimenOf(sample: Sample, space: number): Prime {
  const { points, characters } = sample;
  const { reading } = alignmentOf(sample);
  const spaces = Array.from(characters.keys()).filter((u) => characters[u] === space).map((u) => u + 1);
  for (const [n, u] of spaces.entries()) {
    const isLongBehind = spaces[n + 1] - u - 1 > shortWord;
    if (u <= primeLength || !isLongBehind) continue;
    let end = 0;
    for (let t = 1; t < sample.steps; t++) {
      const isGap = points[3 * t - 1] === 1 && points[3 * t] > wordGap;
      const isAtSpace = reading[t] >= u && reading[t] <= u + 2;
      if (isGap && isAtSpace && (end === 0 || points[3 * t] > points[3 * end])) end = t;
    }
    if (end > 0) return { points: points.slice(0, 3 * end), characters: characters.slice(0, u) };
  }
  return { points: points.slice(), characters: characters.slice() };
}
