/** `deno task evaluate <experiment> --primed …`: how a synthesis network writes after real lines (Section 5.5). */
import { openHandwriting } from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { characterErrorRate, lostLines, measurePriming, readableLines } from "../evaluation/mod.ts";
import { strokesOf } from "../report/mod.ts";
import { rowsTable } from "../report/rows.ts";
import { following, traits } from "../report/traits.ts";
import { type PrimingRow, writePriming } from "../runs/mod.ts";
import { randomTexts } from "../sampling/mod.ts";
import { someLines } from "../training/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { openWriterAndReader } from "./writer_and_reader.ts";

/** Those of the paper's Figures 18–19 and 20–21. */
const biases = [0, 1];
const seed = 55;

interface Options {
  primed: PrimingRow["primes"];
  /** Real lines, each with a random text after it. Default 200. */
  limit?: number;
  /** Keep the table in `results/runs/<run>/priming.csv`. */
  record?: boolean;
  /** Default: the experiment. */
  run?: string;
  json?: boolean;
  onProgress?: (done: number, all: number) => void;
}

/** The table, for people or as JSON. Throws if these are not weights of a synthesis network, or if no reader's are shipped. */
export async function evaluatePriming(engine: Engine, file: WeightsFile, options: Options): Promise<string> {
  const { writer, reader, measuredWith } = await openWriterAndReader(engine, file, "primed");
  const { source, statistics, ...sets } = await openHandwriting();
  const { primed, limit = 200, onProgress } = options;
  const primes = someLines(sets[primed], limit);
  const texts = randomTexts(sets.validation, { count: primes.length, seed });
  const written = await measurePriming(writer, reader, {
    primes,
    texts,
    biases,
    seed,
    onProgress: ({ finished, samples }) => onProgress?.(finished, samples),
  });
  const traitsOf = (points: Float32Array, text: string) => traits(strokesOf(points, statistics), text);
  const own = primes.map(({ points, text }) => traitsOf(points, text));
  const rows = written.map(({ bias, samples, readings }): PrimingRow => {
    const after = samples.map(({ points }, k) => traitsOf(points, texts[k]));
    return {
      primes: primed,
      bias,
      lines: primes.length,
      errorRate: characterErrorRate(readings),
      readable: readableLines(readings),
      lost: lostLines(readings),
      slant: following(own, after, "slant"),
      height: following(own, after, "height"),
      strokesPerCharacter: following(own, after, "strokesPerCharacter"),
      seed,
      data: source,
      ...measuredWith,
    };
  });
  if (options.record) await writePriming(options.run ?? file.provenance.experiment, rows);
  return options.json ? JSON.stringify(rows, null, 2) : table(rows);
}

function table(rows: PrimingRow[]): string {
  const inWords = ({ slope, correlation }: PrimingRow["slant"]) =>
    `${slope.toFixed(2)} (${correlation.toFixed(2)})`;
  return rowsTable(
    rows.map((row) => ({
      "primed with": `${row.primes} lines`,
      bias: row.bias,
      misread: `${(100 * row.errorRate).toFixed(1)} %`,
      readable: `${row.readable} of ${row.lines}`,
      lost: row.lost,
      "slant's slope (correlation)": inWords(row.slant),
      "size's": inWords(row.height),
      "strokes'": inWords(row.strokesPerCharacter),
    })),
  ).text;
}
