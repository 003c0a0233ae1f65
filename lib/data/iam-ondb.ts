/** The IAM On-Line Handwriting Database (Liwicki & Bunke 2005) as it is distributed. */
import { basename, join } from "node:path";
import { exists } from "../files.ts";
import { Account, type Skipped } from "./account.ts";
import { readTar } from "./archive.ts";
import { decodeBytes, readAtMost } from "./bytes.ts";
import { type Cleaning, mostReadings, offsets, type Stroke } from "./cleaning.ts";
import { parseWhiteboard } from "./ink.ts";

/** The official split lists: names of forms. */
export const splits = ["trainset", "testset_v", "testset_t", "testset_f"] as const;
export type Split = typeof splits[number];
/** What is validated on; the paper trains on all other splits (Section 4). */
export const validationSplit: Split = "testset_v";

const strokesArchive = "lineStrokes-all.tar.gz";
const textsArchive = "ascii-all.tar.gz";
/** The distribution's files that are read here. */
export const iamOnDbFiles = [strokesArchive, textsArchive, ...splits.map((split) => `${split}.txt`)];

/** A line before normalisation. */
export interface RawLine {
  id: string;
  split: Split;
  text: string;
  /** Δx, Δy in sensor units, end of stroke. */
  offsets: Float64Array;
}

/** Offsets are kept in 16 bits; a whole line is some 5,500 sensor units long. */
export const largestOffset = 32_767;

export interface RawHandwriting {
  lines: RawLine[];
  skipped: Skipped[];
  /** What else is worth knowing, in sentences. */
  notes: string[];
}

/** Bounds of what is read. The data base has 12,195 strokes' files of at most 0.1 MB, 444 MB in all, 1,907
 * transcriptions of at most 14 kB, 3 MB in all, and 7.7 million points. */
const bounds = {
  strokes: { largestFile: 4e6, largestTotal: 2e9 },
  texts: { largestFile: 1e6, largestTotal: 1e8 },
  list: 1e6,
  points: 2e7,
};

/**
 * All lines of the four splits, in the order of their names.
 * Throws if a file is missing, an archive damaged or larger than is plausible, a form both trained and validated on, or
 * a line there twice with different contents; single damaged lines are skipped and counted.
 */
export async function readIamOnDb(directory: string, cleaning: Cleaning): Promise<RawHandwriting> {
  for (const name of iamOnDbFiles) {
    if (!await exists(join(directory, name))) {
      throw new Error(
        `${name} is missing in ${directory}. IAM-OnDB needs all of: ${iamOnDbFiles.join(", ")}. ` +
          "`deno task data iam-ondb` says where to get it.",
      );
    }
  }
  const account = new Account();
  const splitOf = await readLists(directory, account);
  const texts = await readTranscripts(directory, account);
  const lines = new Map<string, RawLine>();
  const lineCounts = new Map<string, number>();
  const doubled = new Set<string>(), untimed: string[] = [], decimal: string[] = [];
  let points = 0;
  for await (
    const { name, bytes } of readArchive(join(directory, strokesArchive), "xml", bounds.strokes)
  ) {
    const { id, form, number } = lineName(name);
    const split = splitOf.get(form);
    if (!split) continue;
    lineCounts.set(form, Math.max(number, lineCounts.get(form) ?? 0));
    const strokes = readStrokes(bytes, id, account);
    if (!strokes) continue;
    const readings = strokes.flat();
    if (readings.some(({ time }) => time === undefined)) untimed.push(id);
    if (readings.some(({ x, y }) => !Number.isInteger(x) || !Number.isInteger(y))) decimal.push(id);
    const line = {
      id,
      split,
      text: texts.get(form)?.[number - 1] ?? "",
      offsets: Float64Array.from(offsets(strokes.map((stroke) => stroke.map(toWholeUnits)), cleaning)),
    };
    const before = lines.get(id);
    if (before && String(before.offsets) !== String(line.offsets)) {
      throw new Error(`${strokesArchive} in ${directory} has line ${id} twice, with different strokes.`);
    }
    if (before) doubled.add(id);
    lines.set(id, line);
    points += line.offsets.length / 3;
    if (points > bounds.points) {
      throw new Error(
        `${strokesArchive} in ${directory} has more than ${bounds.points.toLocaleString("en")} points.`,
      );
    }
  }
  account.note(doubled, (count, some) => `${strokesArchive} has ${count} lines twice: ${some}.`);
  account.note(
    untimed,
    (count, some) =>
      `${count} lines have points without a time, so that missing readings cannot be filled in: ${some}.`,
  );
  account.note(
    decimal,
    (count, some) =>
      `${count} lines have coordinates with decimals, which were rounded to whole sensor units: ${some}.`,
  );
  for (const split of splits) {
    const absent = [...splitOf].filter(([form, its]) => its === split && !lineCounts.has(form));
    account.note(
      absent.map(([form]) => form),
      (count, some) => `${split}.txt names ${count} forms that have no line in ${strokesArchive}: ${some}.`,
    );
  }
  const usable = [...lines.values()].filter(({ id, text, offsets }) => {
    const { form, number } = lineName(id);
    const rows = texts.get(form)?.length;
    const problem = !(number >= 1)
      ? "name without the number of a line"
      : rows === undefined
      ? "no transcription"
      : rows !== lineCounts.get(form)
      ? "transcription with a different number of lines than the form"
      : !text
      ? "empty text"
      : !offsets.length
      ? "fewer than two points"
      : null;
    if (problem) account.skip(problem, id);
    return !problem;
  });
  usable.sort((a, b) => a.id < b.id ? -1 : 1);
  return { lines: usable, skipped: account.skipped, notes: account.notes };
}

/** Each form's split. Throws if a list names no form, or a form is in a list of either kind. */
async function readLists(directory: string, account: Account): Promise<Map<string, Split>> {
  const splitOf = new Map<string, Split>();
  const twice = new Set<string>();
  for (const split of splits) {
    const bytes = await readAtMost(join(directory, `${split}.txt`), bounds.list, "a list of forms");
    const forms = decodeBytes(bytes).split(/[\r\n]+/).map((row) => row.trim()).filter(Boolean);
    if (!forms.length) {
      throw new Error(`${split}.txt in ${directory} names no form; it should have one a line.`);
    }
    for (const form of forms) {
      const before = splitOf.get(form);
      if (before && (before === validationSplit) !== (split === validationSplit)) {
        throw new Error(
          `The form ${form} is both in ${before}.txt and in ${split}.txt in ${directory}: what is validated on must ` +
            "not be trained on. Take it out of one of the two.",
        );
      }
      if (before && before !== split) twice.add(form);
      else splitOf.set(form, split);
    }
  }
  account.note(twice, (count, some) => `${count} forms are in two lists that are trained on: ${some}.`);
  return splitOf;
}

/** Each form's rows of text. */
async function readTranscripts(directory: string, account: Account): Promise<Map<string, string[]>> {
  const texts = new Map<string, string[]>();
  const doubled = new Set<string>();
  for await (const { name, bytes } of readArchive(join(directory, textsArchive), "txt", bounds.texts)) {
    const form = stem(name), rows = transcriptRows(decodeBytes(bytes)), before = texts.get(form);
    if (before && before.join("\n") !== rows.join("\n")) {
      throw new Error(
        `${textsArchive} in ${directory} has two different transcriptions of the form ${form}.`,
      );
    }
    if (before) doubled.add(form);
    texts.set(form, rows);
  }
  account.note(
    doubled,
    (count, some) => `${textsArchive} has the transcriptions of ${count} forms twice: ${some}.`,
  );
  return texts;
}

/** The strokes of a line; `null`, with the reason in the account, if it cannot be used. */
function readStrokes(bytes: Uint8Array, id: string, account: Account): Stroke[] | null {
  let strokes: Stroke[];
  try {
    strokes = parseWhiteboard(decodeBytes(bytes));
  } catch (error) {
    account.skip("damaged XML", `${id}: ${(error as Error).message}`);
    return null;
  }
  if (strokes.reduce((sum, stroke) => sum + stroke.length, 0) <= mostReadings) return strokes;
  account.skip(`more than ${mostReadings.toLocaleString("en")} points`, id);
  return null;
}

const toWholeUnits = (reading: Stroke[number]) => ({
  ...reading,
  x: Math.round(reading.x),
  y: Math.round(reading.y),
});

/** The rows of a form's ascii file after `CSR:` (the corrected text), one for each line of handwriting. A run of "%"
 * stands for a line's end that the transcriber missed (form a08-551z). Runs of blanks become one. */
export function transcriptRows(file: string): string[] {
  const at = file.search(/^CSR:/m);
  if (at < 0) return [];
  const rows = file.slice(at + 4).trim().split(/\r\n|\r|\n|%{4,}/);
  return rows.map((row) => row.trim().replace(/\s+/g, " "));
}

/** An archive's files that end in `.ending`, in capitals too; "._" begins what macOS adds of its own. */
async function* readArchive(
  path: string,
  ending: string,
  bound: { largestFile: number; largestTotal: number },
) {
  const isWanted = (name: string) =>
    name.toLowerCase().endsWith(`.${ending}`) && !basename(name).startsWith("._");
  try {
    yield* readTar(path, { isWanted, ...bound });
  } catch (error) {
    throw new Error(
      `${(error as Error).message} Delete ${path} and get it anew: \`deno task data\` says from where.`,
      { cause: error },
    );
  }
}

/** A file's name without folder and ending. */
const stem = (path: string) => basename(path).replace(/\.\w+$/, "");

/** `…/a01-000u-03.xml` is line 3 of form a01-000u. */
function lineName(path: string): { id: string; form: string; number: number } {
  const id = stem(path);
  const at = id.lastIndexOf("-");
  return { id, form: id.slice(0, at), number: Number(id.slice(at + 1)) };
}
