/** Reading `.tar.gz` archives, file by file, without unpacking them to disk. */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import tar from "tar-stream";

/**
 * The files of the archive at `path` whose names end in `ending`, in the archive's order.
 * Throws if the archive is cut short or damaged.
 */
export async function* readArchive(
  path: string,
  ending: string,
): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
  const extract = tar.extract();
  const piped = pipeline(createReadStream(path), createGunzip(), extract);
  // A failure also ends the iteration below, where it is reported.
  piped.catch(() => {});
  try {
    for await (const entry of extract) {
      const { name, type, size } = entry.header;
      const wanted = type === "file" && name.endsWith(ending);
      const bytes = new Uint8Array(wanted ? size ?? 0 : 0);
      let at = 0;
      for await (const chunk of entry as AsyncIterable<Uint8Array>) {
        if (wanted) bytes.set(chunk, at);
        at += chunk.length;
      }
      if (wanted) yield { name, bytes };
    }
    await piped;
  } catch (error) {
    throw new Error(
      `${basename(path)} is damaged or was not downloaded to its end (${(error as Error).message}). ` +
        `Delete ${path} and get it anew: \`deno task data\` says from where.`,
      { cause: error },
    );
  }
}
