/** Where things lie; the one way to write a file: to a temporary neighbour, then rename; and to read one: no further
 * than is sensible. */
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The folder of full data sets: the environment variable `GRAVES_DATA`, or `data/`. A relative path counts from the
 * project's root, also in a notebook, whose kernel runs in another folder.
 */
export function dataDirectory(): string {
  return resolve(root, Deno.env.get("GRAVES_DATA") || "data");
}
/** Packed data, made anew when missing, safe to delete: the environment variable `GRAVES_CACHE`, which counts from the
 * project's root where it is relative, or `.cache/`. */
export const cacheDirectory = resolve(root, Deno.env.get("GRAVES_CACHE") || ".cache");
/** Checkpoints of trainings under way: the environment variable `GRAVES_CHECKPOINTS`, which counts from the project's
 * root where it is relative, or `.checkpoints/`. */
export const checkpointDirectory = resolve(root, Deno.env.get("GRAVES_CHECKPOINTS") || ".checkpoints");
/** Weights, records, tables and figures: the environment variable `GRAVES_RESULTS`, which counts from the project's root
 * where it is relative, or `results/`. */
export const resultsDirectory = resolve(root, Deno.env.get("GRAVES_RESULTS") || "results");
/**
 * Where a notebook's figures/ and tables/ are written: the environment variable `GRAVES_OUTPUT`, or results/notebooks/,
 * which git ignores. Those in results/ change only by `deno task reproduce --update`.
 */
export function outputDirectory(): string {
  return resolve(root, Deno.env.get("GRAVES_OUTPUT") || join("results", "notebooks"));
}

/**
 * `name`, which becomes part of a path, if it is fit to be a run's or an experiment's. Throws otherwise: a path in its
 * place could lead to other people's files, and `word.part2` belongs to the weights of `word`.
 */
export function runName(name: string): string {
  if (isRunName(name)) return name;
  throw new Error(
    `${
      JSON.stringify(name)
    } cannot be a run's name: expected letters, digits, dots, dashes and underscores, ` +
      "neither . nor .. nor an ending such as .part2.",
  );
}
export const isRunName = (name: string): boolean =>
  /^[A-Za-z0-9._-]+$/.test(name) && !/^\.\.?$|\.part\d+$/.test(name);

/** Throws, naming the file, if `path` could not be written: known before the work that is to go there. */
export async function checkWritable(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: dirname(path), prefix: ".", suffix: ".part" }));
  } catch (error) {
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes `content` to `path` so that a reader sees the old file or the new one, never a part. Throws, naming the
 * file, if it cannot be written. */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(part, { write: true, createNew: true });
    try {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(part, path);
  } catch (error) {
    await Deno.remove(part).catch(() => {});
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** More than any file that is read as text needs. */
const longestText = 64e6;
/** More than the largest network's checkpoint needs. */
const longestFile = 8e9;

/**
 * The bytes of the regular file `path` from `from` on, `length` of them or all to its end. Throws, naming the file, if
 * it is missing, something else (a device or a pipe may never end), longer than `most` bytes, or too short.
 */
export async function readBytes(
  path: string,
  { from = 0, length, most = longestFile }: { from?: number; length?: number; most?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // Looked at before it is opened: to open a pipe is to wait for its other end.
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (!isFile) {
      throw new Error(`expected a file, found ${isDirectory ? "a folder" : "a device or a pipe"}.`);
    }
    if (size > most) throw new Error(`expected at most ${most} bytes, found ${size}.`);
    using file = await Deno.open(path);
    await file.seek(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length ?? Math.max(0, size - from));
    let done = 0;
    while (done < bytes.length) {
      const read = await file.read(bytes.subarray(done));
      if (!read) throw new Error(`expected ${from + bytes.length} bytes, found ${from + done}.`);
      done += read;
    }
    return bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`There is no file ${path}.`, { cause: error });
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** A text file whole. Throws as `readBytes` does, and if it is not UTF-8. */
export async function readText(path: string, most: number = longestText): Promise<string> {
  const bytes = await readBytes(path, { most });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${path}: expected text in UTF-8, found other bytes.`);
  }
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The SHA-256 of bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
