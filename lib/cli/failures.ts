/** `deno task evaluate synthesis --failures`: how often samples of many texts fail, at several biases. */
import { encodeText, openHandwriting } from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { measureFailures, measureRealLines, randomTexts } from "../sampling/mod.ts";
import { type FailureRow, openTrained, writeFailures } from "../runs/mod.ts";
import { someLines } from "../training/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { UsageError } from "./options.ts";
import { print } from "./output.ts";

const biases = [0, 0.15, 0.5, 1, 2];
const tolerances = [1, 2, 3];
const seed = 54;

interface Options {
  /** Random texts, and real lines. Default 200. */
  limit?: number;
  /** Keep the counts in `results/runs/<run>/failures.csv`. */
  record?: boolean;
  /** Default: the experiment. */
  run?: string;
  json?: boolean;
  onProgress?: (done: number, all: number) => void;
}

/** Throws if these are not weights of a synthesis network. */
export async function evaluateFailures(engine: Engine, file: WeightsFile, options: Options): Promise<void> {
  const { experiment, network: { window } } = file.provenance;
  if (!window) {
    throw new UsageError(`--failures is for synthesis; ${experiment} has no text.`);
  }
  const { network, alphabet } = await openTrained(engine, file);
  const { source, validation } = await openHandwriting();
  const { limit = 200, onProgress } = options;
  const report = ({ finished, samples }: { finished: number; samples: number }) =>
    onProgress?.(finished, samples);
  const of = { seed, data: source, weights: file.checksum.slice(0, 12) };
  const texts = randomTexts(validation, { count: limit, seed }).map((text) => encodeText(text, alphabet).ids);
  const lines = someLines(validation, limit);
  const counts = [
    ...(await measureRealLines(network, lines, alphabet, { tolerances, onProgress: report }))
      .map((count) => ({ what: "real lines", bias: null, ...count, ...of }) as const),
    ...(await measureFailures(network, { texts, biases, tolerances, seed, onProgress: report }))
      .map((count) => ({ what: "random texts", ...count, ...of }) as const),
  ];
  if (options.record) await writeFailures(options.run ?? experiment, counts);
  print(options.json ? JSON.stringify(counts, null, 2) : table(counts));
}

function table(counts: FailureRow[]): string {
  const row = (cells: (string | number)[]) =>
    cells.map((cell, k) => String(cell).padStart(k ? 13 : 12)).join("");
  const kinds = Object.keys(counts[0].kinds);
  return [
    row(["", "bias", "tolerance", "failed", ...kinds]),
    ...counts.map(({ what, bias, tolerance, samples, failed, kinds }) =>
      row([what, bias ?? "", tolerance, `${failed} of ${samples}`, ...Object.values(kinds)])
    ),
  ].join("\n");
}
