/** `results/samples/<run>.json`: texts that took minutes to draw, as the notebooks show them, and all it takes to draw them again. */
import { join } from "node:path";
import { checkOptions } from "../check_options.ts";
import { decodeText, readTyped, type Text } from "../data/mod.ts";
import { exists, resultsDirectory, runName, writeFile } from "../files.ts";
import type { Network } from "../network/network.ts";
import { sampleTexts } from "../sampling/mod.ts";
import * as is from "../schema.ts";

/** What decides which texts a network draws. */
export interface SampleOptions {
  /** What the network reads before it draws. */
  prime: string;
  temperature: number;
  seed: number;
  /** Symbols of each text. */
  length: number;
  /** Texts side by side. */
  count: number;
}
export interface Sample extends SampleOptions {
  /** Without the prime. */
  texts: string[];
}
export interface SampleRecord {
  /** SHA-256 of the weights that drew them. */
  weights: string;
  engine: string;
  /** The code that drew them, as in `run.json`. */
  revision: string | null;
  date: string;
  samples: Sample[];
}

/** What is recorded, by run: the sentences of notebook 3.1, and the four pages of Figures 5 to 8, which begin as every page of
 * Wikipedia's dump does. */
export const recordedSamples: Readonly<Record<string, SampleOptions[]>> = {
  char: [0.5, 0.8, 1].map((temperature) => ({ prime: "", temperature, seed: 31, length: 1000, count: 12 })),
  word: [0.5, 0.8, 1].map((temperature) => ({ prime: "", temperature, seed: 31, length: 200, count: 12 })),
  wikipedia: [{ prime: "  <page>\n    <title>", temperature: 1, seed: 5, length: 16_000, count: 1 }],
};

const sampleOptions = {
  prime: is.text,
  temperature: is.between(0),
  seed: is.integer(0),
  length: is.integer(1),
  count: is.integer(1),
};
const recordSchema: is.Schema<SampleRecord> = is.object({
  weights: is.sha256,
  engine: is.text,
  revision: is.nullable(is.text),
  date: is.text,
  samples: is.list(is.object({ ...sampleOptions, texts: is.list(is.text) })),
});

export const samplesPath = (run: string, results: string = resultsDirectory) =>
  join(results, "samples", `${runName(run)}.json`);

/**
 * Draws the texts. With fewer symbols or texts than another time, and the same weights, engine and options, they are the
 * beginnings of those. Throws if the prime has a symbol that the network does not know.
 */
export async function drawSample(
  trained: { network: Network; alphabet: { name: string; symbols: string[] } },
  options: SampleOptions,
  onSymbol?: () => void,
): Promise<string[]> {
  checkOptions("drawSample", options, ["prime", "temperature", "seed", "length", "count"]);
  const { prime, ...others } = options, { network, alphabet } = trained, { symbols } = alphabet;
  const level = alphabet.name as Text["level"];
  const ids = await sampleTexts(network, {
    ...others,
    prime: readTyped(prime, { level, symbols }),
    symbols: symbols.length,
    onSymbol,
  });
  return ids.map((drawn) => decodeText(drawn, { level, symbols }));
}

export async function writeSamples(
  run: string,
  record: SampleRecord,
  results: string = resultsDirectory,
): Promise<void> {
  await writeFile(samplesPath(run, results), JSON.stringify(record, null, 2) + "\n");
}

/** What was recorded; nothing where nothing was. Throws if it is not what a record of samples has. */
export async function readSamples(
  run: string,
  results: string = resultsDirectory,
): Promise<SampleRecord | undefined> {
  const path = samplesPath(run, results);
  return await exists(path) ? await is.readJson(path, recordSchema) : undefined;
}
