/** The IAM On-Line Handwriting Database as the networks see it (Section 4). */
import { basename, join } from "node:path";
import { checkOptions } from "../check_options.ts";
import { cacheDirectory, exists } from "../files.ts";
import type { Skipped } from "./account.ts";
import { type Cleaning, defaultCleaning, normalise } from "./cleaning.ts";
import { decodeBytes, readAtMost, splitRows } from "./bytes.ts";
import { excerptDirectory, findSet } from "./find.ts";
import { iamOnDbFiles, validationSplit } from "./iam-ondb.ts";
import { readInk } from "./ink.ts";
import { readOwnHandwriting } from "./own_handwriting.ts";
import { openPacked, type Packed, packedFile, packLines, standIn, type Statistics } from "./packed.ts";
import { pointsOf } from "./sensor_units.ts";

/** One line of handwriting. */
export interface Line {
  /** The line's name in the data base, such as `a01-000u-01`. */
  id: string;
  /** What was written. */
  text: string;
  /** 3·T numbers: Δx, Δy (normalised), end of stroke (0 or 1) (Eq. 15). y grows downwards. */
  points: Float32Array;
}

export interface Handwriting {
  source: "iam-ondb" | "excerpt" | "own";
  /** trainset, testset_t and testset_f, as in the paper. */
  training: Line[];
  /** testset_v, as in the paper. */
  validation: Line[];
  /** What offsets are normalised with; the excerpt and handwriting of one's own, which is scaled to the same size, keep
   * those of IAM-OnDB's full training set. */
  statistics: Statistics;
  cleaning: Cleaning;
  /** SHA-256 of the cleaned data: names, texts and offsets. */
  checksum: string;
  skipped: Skipped[];
  /** What else is worth knowing of the data, in sentences. */
  notes: string[];
}

/** A few lines that the project carries, in the distribution's own format. */
export const handwritingExcerpt = join(excerptDirectory, "iam-ondb");

/**
 * The full data base if it lies under `iam-ondb` in the data directory, else the excerpt. The first call parses it
 * (half a minute); later ones read a packed copy. `directory` names its folder itself.
 * Throws if the data base is there but incomplete, damaged or unusable, or a folder was named that does not hold it.
 */
export async function openHandwriting(
  options: {
    cleaning?: Cleaning;
    directory?: string;
    cache?: string;
    /** Told, for people, when the data base has to be parsed. */
    report?: (message: string) => void;
  } = {},
): Promise<Handwriting> {
  checkOptions("openHandwriting", options, ["cleaning", "directory", "cache", "report"]);
  const { cleaning = defaultCleaning, cache = cacheDirectory } = options;
  const directory = options.directory ?? (await findSet("iam-ondb"))?.folder ?? handwritingExcerpt;
  const isFull = directory !== handwritingExcerpt;
  const report = isFull ? options.report : undefined;
  const packed = await openPacked(directory, cleaning, cache, report);
  if (isFull) return handwritingOf("iam-ondb", packed, cleaning, packed.statistics);
  // The excerpt keeps the whole lists of forms, of which it has few.
  return handwritingOf("excerpt", { ...packed, notes: [] }, cleaning, await knownStatistics(cleaning));
}

/** The folder and a file in it that together stand for IAM-OnDB on a machine that has it not; nothing where only the excerpt is
 * here. */
export async function packedHandwriting(
  report?: (message: string) => void,
): Promise<{ folder: string; name: string; bytes: Uint8Array<ArrayBuffer> } | undefined> {
  const found = await findSet("iam-ondb");
  if (!found) return undefined;
  const packed = await openPacked(found.folder, defaultCleaning, cacheDirectory, report);
  return { folder: basename(found.folder), name: packedFile, bytes: await standIn(packed, defaultCleaning) };
}

/**
 * Handwriting of one's own in `path`: a folder of strokes and texts (data/README.md), or IAM-OnDB's distribution.
 * Throws if there is no such folder, or no line in it to train or to validate on.
 */
export async function openOwnHandwriting(
  path: string,
  options: { cleaning?: Cleaning; cache?: string; report?: (message: string) => void } = {},
): Promise<Handwriting> {
  checkOptions("openOwnHandwriting", options, ["cleaning", "cache", "report"]);
  const { cleaning = defaultCleaning } = options;
  for (const name of iamOnDbFiles) {
    if (await exists(join(path, name))) return await openHandwriting({ ...options, directory: path });
  }
  const packed = await packLines(path, await readOwnHandwriting(path, cleaning));
  return handwritingOf("own", packed, cleaning, await knownStatistics(cleaning));
}

/**
 * The lines of handwriting in one file of strokes (JSON, InkML, SVG, IAM-OnDB's XML) of any unit and sampling, as the
 * networks see them: to prime with. Where the file has no text, the first line has that of the text file beside it
 * (`textBeside`); a line that has none there either has an empty one.
 * Throws, naming the file, if it cannot be read or is no handwriting.
 */
export async function openInk(path: string, cleaning: Cleaning = defaultCleaning): Promise<Line[]> {
  const statistics = await knownStatistics(cleaning);
  const beside = textBeside(path), besideText = await exists(beside) ? await firstRow(beside) : "";
  return (await readInk(path)).map(({ text: own = "", strokes }, k) => {
    // Its points depend on it: a hand that took long for its text is hurried.
    const text = own.trim() || (k === 0 ? besideText : "");
    try {
      return { id: basename(path), text, points: pointsOf(strokes, { text, cleaning, statistics }) };
    } catch (error) {
      throw new Error(`${path} is no line of handwriting: ${(error as Error).message}.`, { cause: error });
    }
  });
}

/** Where the text of a file of strokes is looked for: NAME.txt beside it. */
export const textBeside = (path: string): string => path.replace(/\.[^./\\]*$|$/, ".txt");

async function firstRow(path: string): Promise<string> {
  const rows = splitRows(decodeBytes(await readAtMost(path, 1e6, "a text")));
  return rows.map((row) => row.trim().replace(/\s+/g, " ")).find((row) => row !== "") ?? "";
}

function handwritingOf(
  source: Handwriting["source"],
  packed: Packed,
  cleaning: Cleaning,
  statistics: Statistics,
): Handwriting {
  const lines = packed.lines.map(({ id, text, split, start, points }) => ({
    split,
    line: {
      id,
      text,
      points: normalise(packed.offsets.subarray(3 * start, 3 * (start + points)), statistics),
    },
  }));
  return {
    source,
    training: lines.filter(({ split }) => split !== validationSplit).map(({ line }) => line),
    validation: lines.filter(({ split }) => split === validationSplit).map(({ line }) => line),
    statistics,
    cleaning,
    checksum: packed.checksum,
    skipped: packed.skipped,
    notes: packed.notes,
  };
}

/** The full training set's statistics, measured once and carried beside the excerpt. */
async function knownStatistics(cleaning: Cleaning): Promise<Statistics> {
  const path = join(handwritingExcerpt, "statistics.json");
  const known: { cleaning: Cleaning; statistics: Statistics }[] = JSON.parse(await Deno.readTextFile(path));
  const match = known.find((entry) =>
    entry.cleaning.interpolate === cleaning.interpolate && entry.cleaning.largestStep === cleaning.largestStep
  );
  if (match) return match.statistics;
  throw new Error(
    `The training set's mean and std are not known for the cleaning ${
      JSON.stringify(cleaning)
    }: without the full data base use one of ${
      known.map((entry) => JSON.stringify(entry.cleaning)).join(", ")
    }, or get the full data ` +
      "base (`deno task data iam-ondb`).",
  );
}
