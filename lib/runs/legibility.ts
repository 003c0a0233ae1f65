/** `results/runs/<run>/legibility.csv`: what a reader misreads of a synthesis network's writing, and what goes wrong in it. */
import { join } from "node:path";
import { formatCsv, numberOf, readCsv } from "../csv.ts";
import type { Writing } from "../evaluation/mod.ts";
import { resultsDirectory, runName, writeFile } from "../files.ts";

/** One row, with what it was measured on and with. */
export interface LegibilityRow extends Writing {
  seed: number;
  /** Where the words and lines come from. */
  data: string;
  /** The beginnings of the SHA-256 of both weights' files. */
  weights: string;
  reader: string;
}

type Numbers = Exclude<keyof Writing, "what" | "bias"> | "seed";
const numbers: { column: string; key: Numbers; digits: number }[] = [
  { column: "lines", key: "lines", digits: 0 },
  { column: "character error rate", key: "errorRate", digits: 4 },
  { column: "lost", key: "lost", digits: 0 },
  { column: "hard limit", key: "hardLimit", digits: 0 },
  { column: "stopped early", key: "stoppedEarly", digits: 0 },
  { column: "dots", key: "dots", digits: 4 },
  { column: "points per character", key: "pointsPerCharacter", digits: 2 },
  { column: "seed", key: "seed", digits: 0 },
];
const columns = ["what", "bias", ...numbers.map(({ column }) => column), "data", "weights", "reader"];
export const legibilityFile = "legibility.csv";
const pathOf = (run: string, results: string) => join(results, "runs", runName(run), legibilityFile);

export async function writeLegibility(
  run: string,
  rows: LegibilityRow[],
  results: string = resultsDirectory,
): Promise<void> {
  const lines = rows.map((row) => [
    row.what,
    row.bias ?? "",
    ...numbers.map(({ key, digits }) => row[key].toFixed(digits)),
    row.data,
    row.weights,
    row.reader,
  ]);
  await writeFile(pathOf(run, results), formatCsv(columns, lines));
}

/** What was recorded; nothing where nothing was. Throws if the columns are others or a cell is no number. */
export async function readLegibility(
  run: string,
  results: string = resultsDirectory,
): Promise<LegibilityRow[]> {
  return (await readCsv(pathOf(run, results), columns)).map(({ cells: [what, bias, ...cells], where }) => {
    if (what !== "random texts" && what !== "real lines") {
      throw new Error(`${where}: expected random texts or real lines, found ${JSON.stringify(what)}.`);
    }
    const values = numbers.map(({ key }, k) => [key, numberOf(cells[k], where)] as const);
    const [data, weights, reader] = cells.slice(numbers.length);
    return {
      what,
      bias: bias === "" ? null : numberOf(bias, where),
      ...Object.fromEntries(values) as Record<Numbers, number>,
      data,
      weights,
      reader,
    };
  });
}
