/** `deno task evaluate synthesis --legibility`: what a network that learned to read misreads, at several biases. */
import { openHandwriting } from "../data/mod.ts";
import type { Engine } from "../engine/mod.ts";
import { measureWriting } from "../evaluation/mod.ts";
import { type LegibilityRow, openTrained, writeLegibility } from "../runs/mod.ts";
import { randomTexts } from "../sampling/mod.ts";
import { someLines } from "../training/mod.ts";
import type { WeightsFile } from "../weights/mod.ts";
import { UsageError } from "./options.ts";
import { print } from "./output.ts";

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

/** Throws if these are not weights of a synthesis network, or if no reader's are shipped. */
export async function evaluateLegibility(engine: Engine, file: WeightsFile, options: Options): Promise<void> {
  const { experiment, network: { window } } = file.provenance;
  if (!window) throw new UsageError(`--legibility is for synthesis; ${experiment} has no text.`);
  const writer = await openTrained(engine, file), reader = await openTrained(engine, "reader");
  const { source, validation } = await openHandwriting();
  const { limit = 200, onProgress } = options;
  const written = await measureWriting(writer, reader, {
    lines: someLines(validation, limit),
    texts: randomTexts(validation, { count: limit, seed }),
    biases,
    seed,
    onProgress: ({ finished, samples }) => onProgress?.(finished, samples),
  });
  const beginning = (checksum: string) => checksum.slice(0, 12);
  const rows = written.map((row): LegibilityRow => ({
    ...row,
    seed,
    data: source,
    weights: beginning(file.checksum),
    reader: beginning(reader.file.checksum),
  }));
  if (options.record) await writeLegibility(options.run ?? experiment, rows);
  print(options.json ? JSON.stringify(rows, null, 2) : table(rows));
}

function table(rows: LegibilityRow[]): string {
  const line = (cells: (string | number)[]) =>
    cells.map((cell, k) => String(cell).padStart(k ? 13 : 12)).join("");
  return [
    line(["", "bias", "misread", "lost", "hard limit", "early end", "dots", "points/char"]),
    ...rows.map((row) =>
      line([
        row.what,
        row.bias ?? "",
        `${(100 * row.errorRate).toFixed(1)} %`,
        `${row.lost} of ${row.lines}`,
        row.hardLimit,
        row.stoppedEarly,
        `${(100 * row.dots).toFixed(1)} %`,
        row.pointsPerCharacter.toFixed(1),
      ])
    ),
  ].join("\n");
}
