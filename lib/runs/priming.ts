/** `results/runs/<run>/priming.csv`: how a synthesis network writes after real lines, and how much of their style it takes over. */
import { join } from "node:path";
import { formatCsv, numberOf, readCsv } from "../csv.ts";
import { resultsDirectory, runName, writeFile } from "../files.ts";

const sets = ["training", "validation"] as const;
const traits = ["slant", "height", "strokesPerCharacter"] as const;

/** A trait of samples against that of the lines before them: the slope of the straight line through all of them, 1 where it is
 * taken over and 0 where it is not, and their correlation. */
export interface Following {
  slope: number;
  correlation: number;
}

/** Random texts, each after another real line, at one bias. */
export interface PrimingRow extends Record<typeof traits[number], Following> {
  /** Of which lines: writers whom the network has seen, or not. */
  primes: typeof sets[number];
  /** The probability bias b. */
  bias: number;
  lines: number;
  /** What the reader misreads: errors over characters. */
  errorRate: number;
  /** Lines of which it misreads at most a quarter, and more than half. */
  readable: number;
  lost: number;
  seed: number;
  data: string;
  /** The beginnings of the SHA-256 of both weights' files. */
  weights: string;
  reader: string;
}

const numbers: { column: string; key: "bias" | "lines" | "errorRate" | "readable" | "lost" | "seed" }[] = [
  { column: "bias", key: "bias" },
  { column: "lines", key: "lines" },
  { column: "character error rate", key: "errorRate" },
  { column: "readable", key: "readable" },
  { column: "lost", key: "lost" },
  { column: "seed", key: "seed" },
];
const followings = traits.flatMap((trait) =>
  (["slope", "correlation"] as const).map((measure) => ({ trait, measure }))
);
const columns = [
  "primes",
  ...numbers.map(({ column }) => column),
  ...followings.map(({ trait, measure }) =>
    `${{ slant: "slant", height: "size", strokesPerCharacter: "strokes a character" }[trait]}: ${measure}`
  ),
  "data",
  "weights",
  "reader",
];
export const primingFile = "priming.csv";
const pathOf = (run: string, results: string) => join(results, "runs", runName(run), primingFile);

/** Keeps the rows, in place of those of the same set of primes. */
export async function writePriming(
  run: string,
  rows: PrimingRow[],
  results: string = resultsDirectory,
): Promise<void> {
  const others = (await readPriming(run, results)).filter((row) =>
    !rows.some(({ primes }) => primes === row.primes)
  );
  const all = [...others, ...rows].sort((a, b) => sets.indexOf(a.primes) - sets.indexOf(b.primes));
  const lines = all.map((row) => [
    row.primes,
    ...numbers.map(({ key }) => key === "errorRate" ? row[key].toFixed(4) : row[key]),
    ...followings.map(({ trait, measure }) => row[trait][measure].toFixed(3)),
    row.data,
    row.weights,
    row.reader,
  ]);
  await writeFile(pathOf(run, results), formatCsv(columns, lines));
}

/** What was recorded; nothing where nothing was. Throws if the columns are others or a cell is no number. */
export async function readPriming(run: string, results: string = resultsDirectory): Promise<PrimingRow[]> {
  return (await readCsv(pathOf(run, results), columns)).map(({ cells: [primes, ...cells], where }) => {
    const set = sets.find((name) => name === primes);
    if (!set) throw new Error(`${where}: expected ${sets.join(" or ")}, found ${JSON.stringify(primes)}.`);
    const values = numbers.map(({ key }, k) => [key, numberOf(cells[k], where)] as const);
    const [data, weights, reader] = cells.slice(numbers.length + followings.length);
    const following = (trait: typeof traits[number]): Following => {
      const [slope, correlation] = followings.flatMap((one, k) =>
        // Of lines that are all alike neither can be said.
        one.trait === trait ? [numberOf(cells[numbers.length + k], where, { mayBeNonFinite: true })] : []
      );
      return { slope, correlation };
    };
    return {
      primes: set,
      ...Object.fromEntries(values) as Record<typeof numbers[number]["key"], number>,
      slant: following("slant"),
      height: following("height"),
      strokesPerCharacter: following("strokesPerCharacter"),
      data,
      weights,
      reader,
    };
  });
}
