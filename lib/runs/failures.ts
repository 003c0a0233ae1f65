/** `results/runs/<run>/failures.csv`: how often the run's network fails, as measured over many texts. */
import { join } from "node:path";
import { formatCsv, numberOf, parseCsv } from "../csv.ts";
import { exists, readText, resultsDirectory, runName, writeFile } from "../files.ts";
import { type FailureCount, failureKinds } from "../sampling/mod.ts";

/** One row: a count with what it counts. */
export interface FailureRow extends Omit<FailureCount, "failures"> {
  what: "random texts" | "real lines";
  /** Of random texts. */
  bias: number | null;
  seed: number;
  /** Where the words and lines come from. */
  data: string;
  /** The beginning of the SHA-256 of the weights' file. */
  weights: string;
}

const columns = [
  ...["what", "bias", "tolerance", "samples", "failed"],
  ...failureKinds,
  ...["points per character", "seed", "data", "weights"],
];
const failuresPath = (run: string, results: string) => join(results, "runs", runName(run), "failures.csv");

export async function writeFailures(
  run: string,
  rows: FailureRow[],
  results: string = resultsDirectory,
): Promise<void> {
  const lines = rows.map(({ what, bias, tolerance, samples, failed, kinds, ...row }) => [
    ...[what, bias ?? "", tolerance, samples, failed, ...failureKinds.map((kind) => kinds[kind])],
    ...[row.pointsPerCharacter.toFixed(2), row.seed, row.data, row.weights],
  ]);
  await writeFile(failuresPath(run, results), formatCsv(columns, lines));
}

/** What was recorded; nothing where nothing was. Throws if the columns are others or a cell is no number. */
export async function readFailures(run: string, results: string = resultsDirectory): Promise<FailureRow[]> {
  const path = failuresPath(run, results);
  if (!await exists(path)) return [];
  const { header: found, lines } = parseCsv(await readText(path), path);
  if (found.join() !== columns.join()) {
    throw new Error(`${path}: expected the columns ${columns.join()}, found ${found.join()}.`);
  }
  return lines.map(({ cells, where }) => {
    const number = (cell: string) => numberOf(cell, where);
    const [what, bias, tolerance, samples, failed, ...rest] = cells;
    if (what !== "random texts" && what !== "real lines") {
      throw new Error(`${where}: expected random texts or real lines, found ${JSON.stringify(what)}.`);
    }
    const counts = rest.splice(0, failureKinds.length);
    const [pointsPerCharacter, seed, data, weights] = rest;
    return {
      what,
      bias: bias === "" ? null : number(bias),
      tolerance: number(tolerance),
      samples: number(samples),
      failed: number(failed),
      kinds: Object.fromEntries(
        failureKinds.map((kind, k) => [kind, number(counts[k])]),
      ) as FailureRow["kinds"],
      pointsPerCharacter: number(pointsPerCharacter),
      seed: number(seed),
      data,
      weights,
    };
  });
}
