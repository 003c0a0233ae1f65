/** Reading archives file by file, without unpacking them to disk, and never more than they can rightly hold. */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { unzipSync } from "fflate";
import tar from "tar-stream";

export interface ArchiveFile {
  name: string;
  bytes: Uint8Array;
}

/** What is read of an archive. A few compressed megabytes can stand for terabytes: hence the bounds. */
export interface Wanted {
  isWanted: (name: string) => boolean;
  /** The most bytes that a file which is wanted may have. */
  largestFile: number;
  /** The most bytes that all files together, wanted or not, may have. */
  largestTotal: number;
}

/**
 * The wanted files of the `.tar.gz` at `path`, in the archive's order.
 * Throws if the archive is cut short or damaged, or unpacks to more than the bounds.
 */
export async function* readTar(path: string, wanted: Wanted): AsyncGenerator<ArchiveFile> {
  const { isWanted, largestFile, largestTotal } = wanted;
  const extract = tar.extract();
  let total = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _, done) {
      total += chunk.length;
      done(total > largestTotal ? tooLarge("it unpacks", largestTotal) : null, chunk);
    },
  });
  const piped = pipeline(createReadStream(path), createGunzip(), count, extract);
  // A failure also ends the iteration below, where it is reported.
  piped.catch(() => {});
  try {
    for await (const entry of extract) {
      const { name, type, size = 0 } = entry.header;
      const isRead = type === "file" && isWanted(name);
      if (isRead && size > largestFile) throw tooLarge(`${name} in it unpacks`, largestFile);
      const bytes = new Uint8Array(isRead ? size : 0);
      let at = 0;
      for await (const chunk of entry as AsyncIterable<Uint8Array>) {
        if (isRead) bytes.set(chunk, at);
        at += chunk.length;
      }
      if (isRead) yield { name, bytes };
    }
    await piped;
  } catch (error) {
    throw damaged(path, error as Error);
  }
}

/**
 * The wanted files of the `.zip` at `path`.
 * Throws if it is damaged or unpacks to more than the bounds.
 */
export async function* readZip(path: string, wanted: Wanted): AsyncGenerator<ArchiveFile> {
  const { isWanted, largestFile, largestTotal } = wanted;
  try {
    const { size } = await Deno.stat(path);
    if (size > largestTotal) throw tooLarge("it comes", largestTotal);
    // fflate writes a file into as many bytes as the archive says that it has, and never more.
    const files = unzipSync(await Deno.readFile(path), {
      filter({ name, originalSize }) {
        if (!isWanted(name)) return false;
        if (originalSize > largestFile) throw tooLarge(`${name} in it unpacks`, largestFile);
        return true;
      },
    });
    for (const [name, bytes] of Object.entries(files)) yield { name, bytes };
  } catch (error) {
    throw damaged(path, error as Error);
  }
}

const tooLarge = (what: string, bytes: number) =>
  new Error(`${what} to more than the ${bytes.toLocaleString("en")} bytes that are plausible`);

const damaged = (path: string, error: Error) =>
  new Error(
    `${basename(path)} is damaged, was not downloaded to its end or is another file (${error.message}).`,
    { cause: error },
  );
