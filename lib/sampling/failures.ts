/** How often synthesis fails, over many texts. */
import { checkOptions } from "../check_options.ts";
import type { Alphabet } from "../data/alphabet.ts";
import type { Line } from "../data/handwriting.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";
import { defaultTolerance, type FailureKind, failureKinds, failuresOf } from "./alignment.ts";
import { synthesise } from "./handwriting.ts";
import type { Sample } from "./lanes.ts";
import { readLines } from "./trace.ts";

export interface FailureOptions {
  /** How far the window may stray (`defaultTolerance`); each tolerance is counted for itself. */
  tolerances?: number[];
  lanes?: number;
  onProgress?: (progress: { finished: number; samples: number }) => void;
}
const failureNames = ["tolerances", "lanes", "onProgress"] as const satisfies (keyof FailureOptions)[];
export interface FailureMeasurement extends FailureOptions {
  /** Indices into the network's alphabet. */
  texts: ArrayLike<number>[];
  biases: number[];
  seed: number;
  maximumSteps?: number;
}

export interface FailureCount {
  tolerance: number;
  samples: number;
  /** Samples with at least one kind of failure. */
  failed: number;
  /** Samples with each kind; one sample may have several. */
  kinds: Record<FailureKind, number>;
  /** Points for each character, over all samples. */
  pointsPerCharacter: number;
  /** The samples that failed, by index. */
  failures: { text: number; kinds: FailureKind[] }[];
}
/** The samples of one bias. */
export type BiasFailures = { bias: number } & FailureCount;

/** Counts the samples that failed (`failuresOf`). */
export function countFailures(samples: Sample[], tolerance: number = defaultTolerance): FailureCount {
  const failures = samples.map((sample, text) => ({ text, kinds: failuresOf(sample, tolerance) }))
    .filter(({ kinds }) => kinds.length > 0);
  const having = (kind: FailureKind) => failures.filter(({ kinds }) => kinds.includes(kind)).length;
  const sum = (value: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + value(sample), 0);
  return {
    tolerance,
    samples: samples.length,
    failed: failures.length,
    kinds: Object.fromEntries(failureKinds.map((kind) => [kind, having(kind)])) as FailureCount["kinds"],
    pointsPerCharacter: sum(({ steps }) => steps) /
      sum((sample) => sample.characters.length - sample.primeCharacters),
    failures,
  };
}

/** Writes every text once at every bias, text k always with random stream k: a count for each bias and tolerance. */
export async function measureFailures(
  network: Network,
  options: FailureMeasurement,
): Promise<BiasFailures[]> {
  checkOptions("measureFailures", options, [...failureNames, "texts", "biases", "seed", "maximumSteps"]);
  const { tolerances = [defaultTolerance], biases, ...synthesis } = options;
  const counts: BiasFailures[] = [];
  for (const [k, bias] of biases.entries()) {
    const samples = await synthesise(network, {
      ...synthesis,
      bias,
      onProgress: ({ finished, samples }) =>
        synthesis.onProgress?.({ finished: k * samples + finished, samples: biases.length * samples }),
    });
    counts.push(...tolerances.map((tolerance) => ({ bias, ...countFailures(samples, tolerance) })));
  }
  return counts;
}

/**
 * The same count for real lines, whose writers neither skipped nor repeated: how often the measure itself errs, or the
 * network loses its way in a hand that it does not read well. A real line cannot hit the hard limit.
 */
export async function measureRealLines(
  network: Network,
  lines: Line[],
  alphabet: Alphabet,
  options: FailureOptions = {},
): Promise<FailureCount[]> {
  checkOptions("measureRealLines", options, failureNames);
  const { tolerances = [defaultTolerance], lanes, onProgress } = options;
  const read = await readLines(network, lines, alphabet, { lanes, onProgress });
  return tolerances.map((tolerance) => countFailures(read, tolerance));
}

/**
 * Texts that nobody wrote: words drawn at random from real transcriptions, joined by spaces.
 *
 * @param options.characters the texts' length, from and to.
 * @throws Error if the lines have no words, or none short enough.
 */
export function randomTexts(
  lines: Pick<Line, "text">[],
  options: { count: number; seed: number; characters?: [number, number] },
): string[] {
  checkOptions("randomTexts", options, ["count", "seed", "characters"]);
  const { count, seed, characters: [shortest, longest] = [20, 35] } = options;
  const words = lines.flatMap(({ text }) => text.split(/\s+/)).filter((word) =>
    /\p{L}/u.test(word) && word.length <= longest
  );
  if (words.length === 0) throw new Error("The lines have no words to make texts of.");
  return Array.from({ length: count }, (_, k) => {
    const random = new Random(seed, "random text", k);
    const length = shortest + random.integer(longest - shortest + 1);
    let text = words[random.integer(words.length)];
    for (;;) {
      const longer = `${text} ${words[random.integer(words.length)]}`;
      if (longer.length > length) return text;
      text = longer;
    }
  });
}
