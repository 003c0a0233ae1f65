/** `deno task evaluate synthesis --legibility`: what a network that learned to read misreads, at several biases. */
import { openHandwriting } from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { measureWriting } from "../evaluation/mod.ts";
import { rowsTable } from "../report/rows.ts";
import { type LegibilityRow, writeLegibility } from "../runs/mod.ts";
import { randomTexts } from "../sampling/mod.ts";
import { someLines } from "../training/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { openWriterAndReader } from "./writer_and_reader.ts";

const biases = [0, 0.15, 0.5, 1, 2, 5, 10];
const seed = 54;

interface Options {
  /** Random texts at each bias, and real lines. Default 200. */
  limit?: number;
  /** Keep the table in `results/runs/<run>/legibility.csv`. */
  record?: boolean;
  /** Default: the experiment. */
  run?: string;
  json?: boolean;
  onProgress?: (done: number, all: number) => void;
}

/** The table, for people or as JSON. Throws if these are not weights of a synthesis network, or if no reader's are shipped. */
export async function evaluateLegibility(
  engine: Engine,
  file: WeightsFile,
  options: Options,
): Promise<string> {
  const { writer, reader, measuredWith } = await openWriterAndReader(engine, file, "legibility");
  const { source, validation } = await openHandwriting();
  const { limit = 200, onProgress } = options;
  const written = await measureWriting(writer, reader, {
    lines: someLines(validation, limit),
    texts: randomTexts(validation, { count: limit, seed }),
    biases,
    seed,
    onProgress: ({ finished, samples }) => onProgress?.(finished, samples),
  });
  const rows = written.map((row): LegibilityRow => ({
    ...row,
    seed,
    data: source,
    ...measuredWith,
  }));
  if (options.record) await writeLegibility(options.run ?? file.provenance.experiment, rows);
  return options.json ? JSON.stringify(rows, null, 2) : table(rows);
}

function table(rows: LegibilityRow[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return rowsTable(rows.map((row) => ({
    what: row.what,
    bias: row.bias,
    misread: percent(row.errorRate),
    lost: `${row.lost} of ${row.lines}`,
    "hard limit": row.hardLimit,
    "early end": row.stoppedEarly,
    dots: percent(row.dots),
    "points/char": row.pointsPerCharacter.toFixed(1),
  }))).text;
}
