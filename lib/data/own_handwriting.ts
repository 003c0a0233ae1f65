/** Handwriting of one's own: a folder of files with strokes, each with its text beside it (see data/README.md). */
import { join } from "node:path";
import { Account, someOf } from "./account.ts";
import { decodeBytes, readAtMost, splitRows } from "./bytes.ts";
import { type Cleaning, offsets } from "./cleaning.ts";
import { largestOffset, type RawHandwriting, type RawLine } from "./iam-ondb.ts";
import { type Ink, readInk } from "./ink.ts";
import { toSensorUnits } from "./sensor_units.ts";

const largestText = 1e6;
const inkEnding = /\.(json|inkml|svg|xml)$/i;
const textEnding = /\.txt$/i;
/** Names the lines to validate on, one a row. */
const validationList = /^validation\.txt$/i;
/** Without that list, one line in so many is validated on. */
const validationShare = 10;

/** The files in `directory` that are read, in order. Throws if it is no folder. */
export async function ownFiles(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (!isDirectory && !name.startsWith(".") && (inkEnding.test(name) || textEnding.test(name))) {
        names.push(name);
      }
    }
  } catch (error) {
    throw new Error(`${directory} is not a folder that can be read (${(error as Error).message}).`, {
      cause: error,
    });
  }
  return names.sort();
}

/**
 * The lines of a folder, in sensor units: NAME.json, .inkml, .svg or .xml with the strokes, NAME.txt with the text, in
 * one row for each line of handwriting in the file, unless the strokes' file tells it.
 * Lines that cannot be used are skipped and counted. Throws if there is nothing to read, or if `validation.txt` names a
 * line that there is not.
 */
export async function readOwnHandwriting(directory: string, cleaning: Cleaning): Promise<RawHandwriting> {
  const files = await ownFiles(directory);
  const inks = files.filter((name) => inkEnding.test(name));
  if (!inks.length) {
    throw new Error(
      `${directory} holds no handwriting: expected were files NAME.json, NAME.inkml or NAME.svg with strokes, and ` +
        "NAME.txt beside each with what is written (see data/README.md).",
    );
  }
  const account = new Account();
  const texts = new Map(
    files.filter((name) => textEnding.test(name) && !validationList.test(name))
      .map((name) => [name.replace(textEnding, ""), name]),
  );
  const used = new Set<string>();
  const lines: Omit<RawLine, "split">[] = [];
  const shortened: string[] = [];
  for (const name of inks) {
    const stem = name.replace(inkEnding, "");
    const textFile = texts.get(stem);
    used.add(stem);
    let read: Ink[], rows: string[];
    try {
      read = await readInk(join(directory, name));
      rows = textFile ? rowsOf(await readAtMost(join(directory, textFile), largestText, "a text")) : [];
    } catch (error) {
      account.skip("files that cannot be read", (error as Error).message);
      continue;
    }
    if (rows.length && rows.length !== read.length) {
      account.skip("text of other than one row a line", `${textFile}: ${rows.length} for ${read.length}`);
      continue;
    }
    for (const [k, ink] of read.entries()) {
      const id = read.length > 1 ? `${stem}-${k + 1}` : stem;
      const text = (rows[k] ?? ink.text ?? "").trim().replace(/\s+/g, " ");
      if (!text) {
        account.skip(`line without a text (${stem}.txt was looked for)`, id);
        continue;
      }
      try {
        const strokes = toSensorUnits(ink.strokes);
        const points = Float64Array.from(offsets(strokes, cleaning));
        if (!points.length) throw new Error("fewer than two points");
        const uncut = offsets(strokes, { ...cleaning, largestStep: null });
        if (uncut.some((value) => Math.abs(value) > largestOffset)) {
          throw new Error(`a step of more than ${largestOffset} sensor units`);
        }
        if (points.length < uncut.length) shortened.push(id);
        lines.push({ id, text, offsets: points });
      } catch (error) {
        account.skip("strokes that are no handwriting", `${id}: ${(error as Error).message}`);
      }
    }
  }
  const lonely = [...texts].filter(([stem]) => !used.has(stem)).map(([, name]) => name);
  account.note(lonely, (count, some) => `${count} texts have no strokes beside them: ${some}.`);
  account.note(
    shortened,
    (count, some) =>
      `${count} lines have steps over ${cleaning.largestStep} sensor units (twice the height of a line), which were ` +
      `removed: ${some}.`,
  );
  const list = files.find((name) => validationList.test(name));
  const validated = list
    ? await listed(join(directory, list), lines.map(({ id }) => id))
    : everyTenth(lines.map(({ id }) => id));
  return {
    lines: lines.map((line) => ({ ...line, split: validated.has(line.id) ? "testset_v" : "trainset" })),
    skipped: account.skipped,
    notes: account.notes,
  };
}

const rowsOf = (bytes: Uint8Array) => splitRows(decodeBytes(bytes)).map((row) => row.trim()).filter(Boolean);

async function listed(path: string, ids: string[]): Promise<Set<string>> {
  const names = rowsOf(await readAtMost(path, largestText, "a list of lines"));
  const unknown = names.find((name) => !ids.includes(name));
  if (unknown === undefined) return new Set(names);
  throw new Error(
    `${path} names '${unknown}', but there is no such line (or it cannot be used). Those there are: ${
      someOf(ids)
    }`,
  );
}

/** The tenth, the twentieth, …; the last if there are fewer. */
function everyTenth(ids: string[]): Set<string> {
  const chosen = ids.filter((_, k) => k % validationShare === validationShare - 1);
  return new Set(chosen.length ? chosen : ids.slice(-1));
}
