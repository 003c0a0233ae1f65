/** `results/runs/<run>/failures.csv`: how often the run's network fails, as measured over many texts. */
import { join } from "node:path";
import { exists, resultsDirectory, writeFile } from "../files.ts";
import { failureKinds } from "./alignment.ts";
import type { FailureCount } from "./failures.ts";

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

const columns = ["what", "bias", "tolerance", "samples", "failed"];
const more = ["points per character", "seed", "data", "weights"];
const header = [...columns, ...failureKinds, ...more].join(",");
const failuresPath = (run: string, results: string) => join(results, "runs", run, "failures.csv");

export async function writeFailures(
  run: string,
  rows: FailureRow[],
  results: string = resultsDirectory,
): Promise<void> {
  const lines = rows.map(({ what, bias, tolerance, samples, failed, kinds, ...row }) =>
    [
      ...[what, bias ?? "", tolerance, samples, failed, ...failureKinds.map((kind) => kinds[kind])],
      ...[row.pointsPerCharacter.toFixed(2), row.seed, row.data, row.weights],
    ].join(",")
  );
  await writeFile(failuresPath(run, results), [header, ...lines, ""].join("\n"));
}

/** What was recorded; nothing where nothing was. Throws if the columns are others. */
export async function readFailures(run: string, results: string = resultsDirectory): Promise<FailureRow[]> {
  const path = failuresPath(run, results);
  if (!await exists(path)) return [];
  const [first, ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n");
  if (first !== header) throw new Error(`${path}: expected the columns ${header}; found ${first}.`);
  return lines.map((line) => {
    const [what, bias, tolerance, samples, failed, ...rest] = line.split(",");
    const counts = rest.splice(0, failureKinds.length);
    const [pointsPerCharacter, seed, data, weights] = rest;
    return {
      what: what as FailureRow["what"],
      bias: bias === "" ? null : Number(bias),
      tolerance: Number(tolerance),
      samples: Number(samples),
      failed: Number(failed),
      kinds: Object.fromEntries(
        failureKinds.map((kind, k) => [kind, Number(counts[k])]),
      ) as FailureRow["kinds"],
      pointsPerCharacter: Number(pointsPerCharacter),
      seed: Number(seed),
      data,
      weights,
    };
  });
}
