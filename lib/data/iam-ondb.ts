/** The IAM On-Line Handwriting Database (Liwicki & Bunke 2005) as it is distributed. */
import { basename, join } from "node:path";
import { SaxesParser } from "saxes";
import { exists } from "../files.ts";
import { readArchive } from "./archive.ts";
import { type Cleaning, offsets, type Reading } from "./cleaning.ts";

/** The official split lists: names of forms. */
export const splits = ["trainset", "testset_v", "testset_t", "testset_f"] as const;
export type Split = typeof splits[number];

/** The distribution's files that are read here. */
export const iamOnDbFiles = ["lineStrokes-all.tar.gz", "ascii-all.tar.gz", ...splits.map((s) => `${s}.txt`)];

/** A line before normalisation. */
export interface RawLine {
  id: string;
  split: Split;
  text: string;
  /** Δx, Δy in sensor units, end of stroke. */
  offsets: number[];
}

/** Lines that were left out, by reason. */
export interface Skipped {
  reason: string;
  count: number;
  /** The first few. */
  examples: string[];
}

/**
 * All lines of the four splits, in the order of their names.
 * Throws if a file is missing or an archive damaged; single damaged lines are skipped and counted.
 */
export async function readIamOnDb(
  directory: string,
  cleaning: Cleaning,
): Promise<{ lines: RawLine[]; skipped: Skipped[] }> {
  for (const name of iamOnDbFiles) {
    if (!await exists(join(directory, name))) {
      throw new Error(
        `${name} is missing in ${directory}. IAM-OnDB needs all of: ${iamOnDbFiles.join(", ")}. ` +
          "`deno task data iam-ondb` says where to get it.",
      );
    }
  }
  const splitOf = new Map<string, Split>();
  for (const split of splits) {
    const list = await Deno.readTextFile(join(directory, `${split}.txt`));
    const forms = list.split("\n").map((row) => row.trim()).filter(Boolean);
    if (!forms.length) {
      throw new Error(`${split}.txt in ${directory} names no form; it should have one a line.`);
    }
    for (const form of forms) splitOf.set(form, split);
  }
  const texts = new Map<string, string[]>();
  for await (const { name, bytes } of readArchive(join(directory, "ascii-all.tar.gz"), ".txt")) {
    texts.set(basename(name, ".txt"), transcriptRows(decode(bytes)));
  }

  const skips = new Map<string, Skipped>();
  const skip = (reason: string, id: string) => {
    const entry = skips.get(reason) ?? { reason, count: 0, examples: [] };
    if (entry.count++ < 5) entry.examples.push(id);
    skips.set(reason, entry);
  };
  const lines: RawLine[] = [];
  const lineCounts = new Map<string, number>();
  for await (const { name, bytes } of readArchive(join(directory, "lineStrokes-all.tar.gz"), ".xml")) {
    const { id, form, number } = lineName(name);
    const split = splitOf.get(form);
    if (!split) continue;
    lineCounts.set(form, Math.max(number, lineCounts.get(form) ?? 0));
    let strokes: Reading[][];
    try {
      strokes = parseStrokes(decode(bytes));
    } catch {
      skip("damaged XML", id);
      continue;
    }
    const text = texts.get(form)?.[number - 1] ?? "";
    lines.push({ id, split, text, offsets: offsets(strokes, cleaning) });
  }
  const usable = lines.filter(({ id, text, offsets }) => {
    const { form } = lineName(id);
    const rows = texts.get(form)?.length;
    const problem = rows === undefined
      ? "no transcription"
      : rows !== lineCounts.get(form)
      ? "transcription with a different number of lines than the form"
      : !text
      ? "empty text"
      : !offsets.length
      ? "fewer than two points"
      : null;
    if (problem) skip(problem, id);
    return !problem;
  });
  usable.sort((a, b) => a.id < b.id ? -1 : 1);
  return { lines: usable, skipped: [...skips.values()] };
}

/** The rows of a form's ascii file after `CSR:` (the corrected text), one for each line of handwriting. A run of "%"
 * stands for a line's end that the transcriber missed (form a08-551z). Runs of blanks become one. */
export function transcriptRows(file: string): string[] {
  const at = file.search(/^CSR:/m);
  if (at < 0) return [];
  const rows = file.slice(at + 4).trim().split(/\r?\n|%{4,}/);
  return rows.map((row) => row.trim().replace(/\s+/g, " "));
}

/** The strokes of a line's XML file. Throws if it is not well-formed or a point has no numbers. */
export function parseStrokes(xml: string): Reading[][] {
  const strokes: Reading[][] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "Stroke") strokes.push([]);
    if (name !== "Point") return;
    const [x, y, time] = ["x", "y", "time"].map((key) => Number.parseFloat(attributes[key]));
    if (!Number.isFinite(x + y + time)) {
      throw new Error(`A point without x, y and time: ${JSON.stringify(attributes)}`);
    }
    if (!strokes.length) throw new Error("A point outside of any stroke.");
    strokes.at(-1)!.push({ x, y, time });
  });
  parser.write(xml).close();
  return strokes.filter((stroke) => stroke.length);
}

/** `…/a01-000u-03.xml` is line 3 of form a01-000u. */
function lineName(path: string): { id: string; form: string; number: number } {
  const id = basename(path, ".xml");
  const at = id.lastIndexOf("-");
  return { id, form: id.slice(0, at), number: Number(id.slice(at + 1)) };
}

const latin1 = new TextDecoder("iso-8859-1");
const decode = (bytes: Uint8Array) => latin1.decode(bytes);
