/** How well a synthesis network writes, over many texts and beside real lines: what a reader misreads of it, and what goes
 * wrong on the way. */
import { checkOptions } from "../check_options.ts";
import type { Alphabet, Line } from "../data/mod.ts";
import { encodeText } from "../data/mod.ts";
import type { Network } from "../network/network.ts";
import { alignmentOf, failuresOf, readLines, type Sample, synthesise } from "../sampling/mod.ts";
import { characterErrorRate, lostLines, readHandwriting } from "./legibility.ts";

/** The lines of one bias, or real ones. */
export interface Writing {
  what: "real lines" | "random texts";
  /** The probability bias b of random texts. */
  bias: number | null;
  lines: number;
  /** What the reader misreads: errors over characters. */
  errorRate: number;
  /** Lines of which it misreads more than half. */
  lost: number;
  /** Lines that had not come to their end when the points ran out. */
  hardLimit: number;
  /** Lines that ended before the window had come to the last character. */
  stoppedEarly: number;
  /** Share of letters and digits of which nothing but a dot was written. */
  dots: number;
  pointsPerCharacter: number;
}

/** A network with what its symbols mean. */
export interface Speller {
  network: Network;
  alphabet: Alphabet;
}

export interface WritingOptions {
  /** Real lines, the reader's ceiling. */
  lines: Line[];
  texts: string[];
  biases: number[];
  seed: number;
  lanes?: number;
  onProgress?: (progress: { finished: number; samples: number }) => void;
}

/** A letter whose ink is smaller, both ways, than this share of a real one's median size is a dot. */
const dotShare = 0.2;

/**
 * Writes every text once at every bias, text k always with random stream k, and has `reader` read what was written, and
 * real lines. Each text is read by the window with a space behind it (`closing`), so that its last letter is written out.
 */
export async function measureWriting(
  writer: Speller,
  reader: Speller,
  options: WritingOptions,
): Promise<Writing[]> {
  checkOptions("measureWriting", options, [
    "lines",
    "texts",
    "biases",
    "seed",
    "lanes",
    "onProgress",
  ]);
  const { lines, texts, biases, seed, lanes, onProgress } = options;
  const all = lines.length + biases.length * texts.length;
  const report = (before: number) => ({ finished }: { finished: number }) =>
    onProgress?.({ finished: before + finished, samples: all });
  const real = await readLines(writer.network, lines, writer.alphabet, { lanes, onProgress: report(0) });
  const sizes = real.flatMap((sample) => letterSizes(sample, writer.alphabet)).sort((a, b) => a - b);
  const dot = dotShare * (sizes[sizes.length >> 1] ?? 0);
  const rows = [
    await summarise({ what: "real lines", bias: null }, real, lines.map(({ text }) => text)),
  ];
  const closing = writer.alphabet.symbols.indexOf(" ");
  for (const [k, bias] of biases.entries()) {
    const samples = await synthesise(writer.network, {
      texts: texts.map((text) => encodeText(text, writer.alphabet).ids),
      bias,
      seed,
      ...(closing >= 0 && { closing }),
      lanes,
      onProgress: report(lines.length + k * texts.length),
    });
    rows.push(await summarise({ what: "random texts", bias }, samples, texts));
  }
  return rows;

  async function summarise(head: Pick<Writing, "what" | "bias">, samples: Sample[], texts: string[]) {
    const written = samples.map(({ points }, k) => ({ id: `${k}`, text: texts[k], points }));
    const readings = await readHandwriting(reader.network, written, reader.alphabet, { lanes });
    const failures = samples.map((sample) => failuresOf(sample));
    const letters = samples.flatMap((sample) => letterSizes(sample, writer.alphabet));
    return {
      ...head,
      lines: samples.length,
      errorRate: characterErrorRate(readings),
      lost: lostLines(readings),
      hardLimit: failures.filter((kinds) => kinds.includes("hard limit")).length,
      stoppedEarly: failures.filter((kinds) => kinds.includes("stopped early")).length,
      dots: letters.filter((size) => size < dot).length / letters.length,
      pointsPerCharacter: samples.reduce((sum, { steps }) => sum + steps, 0) / texts.join("").length,
    };
  }
}

/** The larger side of what was written of each letter and digit, in normalised units: 0 where nothing was. A point belongs to
 * the character that the window looked at most. */
export function letterSizes(sample: Sample, { symbols }: Alphabet): number[] {
  const { points, characters } = sample, { reading } = alignmentOf(sample);
  const sizes: number[] = [];
  const boxes = Array.from(characters, () => [Infinity, -Infinity, Infinity, -Infinity]);
  let x = 0, y = 0, down = true;
  reading.forEach((u, t) => {
    const from = [x, y];
    x += points[3 * t];
    y += points[3 * t + 1];
    // What a stroke covers begins where the pen comes down, not where it was lifted.
    for (const [a, b] of down && t > 0 ? [from, [x, y]] : [[x, y]]) {
      const box = boxes[u - 1];
      if (!box) continue;
      box[0] = Math.min(box[0], a);
      box[1] = Math.max(box[1], a);
      box[2] = Math.min(box[2], b);
      box[3] = Math.max(box[3], b);
    }
    down = points[3 * t + 2] === 0;
  });
  characters.forEach((symbol, k) => {
    if (k < sample.primeCharacters || !/[\p{L}\p{N}]/u.test(symbols[symbol])) return;
    const [left, right, top, bottom] = boxes[k];
    sizes.push(left > right ? 0 : Math.max(right - left, bottom - top));
  });
  return sizes;
}
