/** A packed copy of the cleaned handwriting, so that it is parsed only once. */
import { join } from "node:path";
import { exists, sha256, writeFile } from "../files.ts";
import type { Cleaning } from "./cleaning.ts";
import { describeSkipped, type Skipped } from "./account.ts";
import {
  iamOnDbFiles,
  largestOffset,
  type RawHandwriting,
  readIamOnDb,
  type Split,
  validationSplit,
} from "./iam-ondb.ts";

/** Raise when parsing or cleaning changes, so that older copies are made anew. */
const version = 2;

/** A packed copy by this name stands for the data in whose folder it lies, where they are not themselves. */
export const packedFile = "packed.bin";
const keyOfStandIn = (cleaning: Cleaning) => JSON.stringify([version, cleaning]);

/** What the training set's offsets have in sensor units, after cleaning: x, y. */
export interface Statistics {
  mean: [number, number];
  std: [number, number];
  /** Points in a line. */
  meanLength: number;
}

export interface PackedLine {
  id: string;
  split: Split;
  text: string;
  /** Where the line begins among all points, and how many it has. */
  start: number;
  points: number;
}
interface Header {
  /** What the copy was made from; another key makes it stale. */
  key: string;
  lines: PackedLine[];
  statistics: Statistics;
  skipped: Skipped[];
  notes: string[];
  /** SHA-256 of the offsets and the lines. */
  checksum: string;
}
export interface Packed extends Omit<Header, "key"> {
  /** `[points, 3]`: Δx, Δy in sensor units, end of stroke. */
  offsets: Int16Array;
}

/**
 * The handwriting under `directory`, from its packed copy under `cache` if that is up to date and undamaged, else
 * parsed and packed anew; a copy that cannot be kept is no reason to fail. Layout of the file: SHA-256 of the rest (32 bytes), length of the header (uint32, little
 * endian), header (JSON, padded with blanks to an even length), offsets (int16, little endian).
 */
export async function openPacked(
  directory: string,
  cleaning: Cleaning,
  cache: string,
  report?: (message: string) => void,
): Promise<Packed> {
  const standIn = join(directory, packedFile);
  if (await exists(standIn)) {
    const packed = await readPacked(standIn, keyOfStandIn(cleaning));
    if (packed) return packed;
    throw new Error(
      `${standIn} is damaged, or was packed by other code or with another cleaning than ${
        JSON.stringify(cleaning)
      }: ` +
        "pack it anew (`deno task portable`), or put the data themselves in its place.",
    );
  }
  const key = JSON.stringify([version, directory, cleaning, await fingerprints(directory)]);
  const name = `iam-ondb-${
    (await sha256(new TextEncoder().encode(directory + JSON.stringify(cleaning)))).slice(0, 8)
  }`;
  const path = join(cache, `${name}.bin`);
  const packed = await readPacked(path, key);
  if (packed) return packed;
  report?.(`Parsing the handwriting in ${directory}; from now on a packed copy will be read…`);
  const made = await packLines(directory, await readIamOnDb(directory, cleaning));
  try {
    await writeFile(path, await encode(made, key));
  } catch (error) {
    report?.(`${(error as Error).message}. It will be parsed again; GRAVES_CACHE names another folder.`);
  }
  return made;
}

/** Sizes and times of the source files: enough to notice that one was replaced. */
async function fingerprints(directory: string): Promise<unknown[]> {
  return await Promise.all(iamOnDbFiles.map(async (name) => {
    const info = await Deno.stat(join(directory, name)).catch(() => null);
    return info && [info.size, info.mtime?.getTime()];
  }));
}

/** A packed copy that stands for the data: what is to lie in their folder as `packedFile`. */
export async function standIn(packed: Packed, cleaning: Cleaning): Promise<Uint8Array<ArrayBuffer>> {
  return await encode(packed, keyOfStandIn(cleaning));
}

async function encode({ offsets, ...rest }: Packed, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const header: Header = { key, ...rest };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = json.length + json.length % 2;
  const file = new Uint8Array(36 + padded + offsets.byteLength);
  new DataView(file.buffer).setUint32(32, padded, true);
  file.fill(32, 36, 36 + padded);
  file.set(json, 36);
  file.set(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength), 36 + padded);
  file.set(await digest(file.subarray(32)));
  return file;
}

/**
 * Lines that were read in `directory`, one after the other.
 * Throws unless there are lines to train on and lines to validate on, if an offset is beyond what a whiteboard can
 * record, and if all offsets are the same.
 */
export async function packLines(directory: string, raw: RawHandwriting): Promise<Packed> {
  demandLines(directory, raw);
  const { lines, skipped, notes } = raw;
  const total = lines.reduce((sum, line) => sum + line.offsets.length, 0);
  const offsets = new Int16Array(total);
  const packedLines: PackedLine[] = [];
  let at = 0;
  for (const { id, split, text, offsets: values } of lines) {
    const wide = values.find((value) => !(Math.abs(value) <= largestOffset));
    if (wide !== undefined) {
      throw new Error(
        `Line ${id} in ${directory} has an offset of ${wide}, more than the ${largestOffset} sensor units that are ` +
          "plausible: a whole line is some 5,500 long.",
      );
    }
    packedLines.push({ id, split, text, start: at / 3, points: values.length / 3 });
    offsets.set(values, at);
    at += values.length;
  }
  const statistics = measure(packedLines.filter((line) => line.split !== validationSplit), offsets);
  const [axis] = ["x", "y"].filter((_, k) => !(statistics.std[k] > 0));
  if (axis) {
    throw new Error(
      `All ${axis} offsets of the training lines in ${directory} are the same, so that they cannot be normalised: is ` +
        "this handwriting, in sensor units (a line is some thousand long)?",
    );
  }
  const names = await sha256(new TextEncoder().encode(JSON.stringify(packedLines)));
  const body = await sha256(new Uint8Array(offsets.buffer));
  const checksum = await sha256(new TextEncoder().encode(body + names));
  return { lines: packedLines, statistics, skipped, notes, checksum, offsets };
}

/** Throws unless there are lines to train on and lines to validate on. */
function demandLines(directory: string, { lines, skipped, notes }: RawHandwriting): void {
  const validated = lines.filter(({ split }) => split === validationSplit).length;
  const missing = validated === lines.length ? "train" : validated === 0 ? "validate" : null;
  if (!missing) return;
  const left = skipped.length ? ` Left out were: ${describeSkipped(skipped)}.` : "";
  throw new Error(
    [`${directory} has no usable line of handwriting to ${missing} on.${left}`, ...notes].join("\n"),
  );
}

/** `null` if there is no such file, or it is stale or damaged. */
async function readPacked(path: string, key: string): Promise<Packed | null> {
  const file = await Deno.readFile(path).catch(() => null);
  if (!file || file.length < 36) return null;
  const expected = await digest(file.subarray(32));
  if (expected.some((byte, k) => byte !== file[k])) return null;
  const start = 36 + new DataView(file.buffer).getUint32(32, true);
  const header: Header = JSON.parse(new TextDecoder().decode(file.subarray(36, start)));
  if (header.key !== key) return null;
  const { key: _, ...rest } = header;
  return { ...rest, offsets: new Int16Array(file.buffer, start) };
}

/** Mean and standard deviation over all points of the lines. */
function measure(lines: PackedLine[], offsets: Int16Array): Statistics {
  const sum = [0, 0], squares = [0, 0];
  let points = 0;
  for (const line of lines) {
    for (let k = 3 * line.start; k < 3 * (line.start + line.points); k += 3) {
      for (const axis of [0, 1]) {
        sum[axis] += offsets[k + axis];
        squares[axis] += offsets[k + axis] ** 2;
      }
    }
    points += line.points;
  }
  const mean = sum.map((total) => total / points) as [number, number];
  const std = squares.map((total, axis) => Math.sqrt(total / points - mean[axis] ** 2)) as [number, number];
  return { mean, std, meanLength: points / lines.length };
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
