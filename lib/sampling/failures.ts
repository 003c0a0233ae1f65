/** How often synthesis fails, over many texts. */
import type { Line } from "../data/handwriting.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";
import { defaultTolerance, type FailureKind, failureKinds, failuresOf } from "./alignment.ts";
import { synthesise } from "./handwriting.ts";
import { faintLetters } from "./ink.ts";
import type { Sample } from "./lanes.ts";

export interface FailureMeasurement {
  /** How far the window may stray (`defaultTolerance`); each tolerance is counted for itself. */
  tolerances?: number[];
  /** The ink of real letters (`typicalInk`). */
  typical: ReadonlyMap<number, number>;
  lanes?: number;
  onProgress?: (progress: { finished: number; samples: number }) => void;
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
  /** The share of letters with little ink (`faintLetters`), over all samples. */
  faintLetters: number;
  /** The samples that failed, by index. */
  failures: { text: number; kinds: FailureKind[] }[];
}
/** The samples of one bias. */
export type BiasFailures = { bias: number } & FailureCount;

/** Counts the samples that failed (`failuresOf`), and the faint letters beside the ink of real ones (`typicalInk`). */
export function countFailures(
  samples: Sample[],
  typical: ReadonlyMap<number, number>,
  tolerance: number = defaultTolerance,
): FailureCount {
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
    faintLetters: faintLetters(samples, typical),
    failures,
  };
}

/** Writes every text once at every bias, text k always with random stream k: a count for each bias and tolerance. */
export async function measureFailures(
  network: Network,
  { tolerances = [defaultTolerance], typical, biases, ...synthesis }: FailureMeasurement,
): Promise<BiasFailures[]> {
  const counts: BiasFailures[] = [];
  for (const [k, bias] of biases.entries()) {
    const samples = await synthesise(network, {
      ...synthesis,
      bias,
      onProgress: ({ finished, samples }) =>
        synthesis.onProgress?.({ finished: k * samples + finished, samples: biases.length * samples }),
    });
    counts.push(...tolerances.map((tolerance) => ({ bias, ...countFailures(samples, typical, tolerance) })));
  }
  return counts;
}

/**
 * Texts that nobody wrote: words drawn at random from real transcriptions, joined by spaces.
 *
 * @param characters the texts' length, from and to.
 * @throws Error if the lines have no words, or none short enough.
 */
export function randomTexts(
  lines: Pick<Line, "text">[],
  { count, seed, characters: [shortest, longest] = [20, 35] }: {
    count: number;
    seed: number;
    characters?: [number, number];
  },
): string[] {
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
