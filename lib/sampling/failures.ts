/** How often synthesis fails, over many texts. */
import type { Line } from "../data/handwriting.ts";
import type { Network } from "../network/network.ts";
import { Random } from "../random.ts";
import { type FailureKind, failureKinds, failuresOf } from "./alignment.ts";
import { synthesise } from "./handwriting.ts";

export interface FailureMeasurement {
  /** Indices into the network's alphabet. */
  texts: ArrayLike<number>[];
  biases: number[];
  seed: number;
  maximumSteps?: number;
  lanes?: number;
  onProgress?: (progress: { bias: number; finished: number; samples: number }) => void;
}

/** The samples of one bias. */
export interface FailureCount {
  bias: number;
  samples: number;
  /** Samples with at least one kind of failure. */
  failed: number;
  /** Samples with each kind; one sample may have several. */
  kinds: Record<FailureKind, number>;
  /** Points drawn for each character, over all samples. */
  pointsPerCharacter: number;
  /** The texts that failed, by index. */
  failures: { text: number; kinds: FailureKind[] }[];
}

/** Writes every text once at every bias, text k always with random stream k, and counts what failed (`failuresOf`). */
export async function measureFailures(
  network: Network,
  { texts, biases, seed, maximumSteps, lanes, onProgress }: FailureMeasurement,
): Promise<FailureCount[]> {
  const counts: FailureCount[] = [];
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  for (const bias of biases) {
    const samples = await synthesise(network, {
      texts,
      bias,
      seed,
      maximumSteps,
      lanes,
      onProgress: ({ finished, samples }) => onProgress?.({ bias, finished, samples }),
    });
    const failures = samples.map((sample, text) => ({ text, kinds: failuresOf(sample) }))
      .filter(({ kinds }) => kinds.length > 0);
    const having = (kind: FailureKind) => failures.filter(({ kinds }) => kinds.includes(kind)).length;
    counts.push({
      bias,
      samples: samples.length,
      failed: failures.length,
      kinds: Object.fromEntries(failureKinds.map((kind) => [kind, having(kind)])) as FailureCount["kinds"],
      pointsPerCharacter: samples.reduce((sum, { steps }) => sum + steps, 0) / characters,
      failures,
    });
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
