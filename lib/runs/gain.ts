/** `dynamic.csv`: what dynamic evaluation gains while it reads on (Section 3.1). */
import { join } from "node:path";
import { formatCsv, numberOf, readCsv } from "../csv.ts";
import { resultsDirectory, runName, writeFile } from "../files.ts";

/** All bits from the first symbol to this place, with fixed weights and with weights that go on learning. */
export interface GainRow {
  symbols: number;
  staticBits: number;
  dynamicBits: number;
}

/** The sums at about `places` places from what each symbol cost in nats. Throws if the two are not as long. */
export function gainRows(
  fixed: ArrayLike<number>,
  dynamic: ArrayLike<number>,
  places = 200,
): GainRow[] {
  if (fixed.length !== dynamic.length) {
    throw new RangeError(
      `Static and dynamic evaluation must score the same symbols: ${fixed.length} and ${dynamic.length}.`,
    );
  }
  const every = Math.ceil(fixed.length / places);
  const rows: GainRow[] = [];
  let staticBits = 0, dynamicBits = 0;
  for (let n = 1; n <= fixed.length; n++) {
    staticBits += fixed[n - 1] / Math.LN2;
    dynamicBits += dynamic[n - 1] / Math.LN2;
    if (n % every === 0 || n === fixed.length) rows.push({ symbols: n, staticBits, dynamicBits });
  }
  return rows;
}

const columns = ["symbols", "static bits", "dynamic bits"];
const gainPath = (run: string, results: string) => join(results, "runs", runName(run), "dynamic.csv");

export async function writeGain(run: string, rows: GainRow[], results = resultsDirectory): Promise<void> {
  const lines = rows.map(({ symbols, staticBits, dynamicBits }) => [
    symbols,
    staticBits.toFixed(1),
    dynamicBits.toFixed(1),
  ]);
  await writeFile(gainPath(run, results), formatCsv(columns, lines));
}

/** What was recorded of a run; empty where nothing was. Throws if the columns are others or a cell is no number. */
export async function readGain(run: string, results = resultsDirectory): Promise<GainRow[]> {
  return (await readCsv(gainPath(run, results), columns)).map(({ cells, where }) => {
    const [symbols, staticBits, dynamicBits] = cells.map((cell) => numberOf(cell, where));
    return { symbols, staticBits, dynamicBits };
  });
}
