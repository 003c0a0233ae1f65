/** Bytes from files that may be anything: read up to a bound, and decoded as whatever they are written in. */

/** In place of a path: what is typed or piped into the command. */
export const standardInput = "-";

/** The bytes of the file at `path`, or of `standardInput`, which may have at most `limit`. Devices and pipes, which have no size, are read no
 * further either. Throws, naming the file, if it is larger or cannot be read; `what` it should be is told. */
export async function readAtMost(
  path: string,
  limit: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  try {
    const file = path === standardInput ? Deno.stdin : await Deno.open(path);
    for await (const chunk of file.readable) {
      total += chunk.length;
      if (total > limit) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new Error(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (total > limit) {
    const name = path === standardInput ? "Standard input" : path;
    throw new Error(`${name} has more than ${limit.toLocaleString("en")} bytes, too many for ${what}.`);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Text in UTF-8 or UTF-16, as its byte-order mark says, else in UTF-8 if it is that, else in Latin-1. */
export function decodeBytes(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("iso-8859-1").decode(bytes);
  }
}

/** The text in the file at `path`, or of `standardInput`, without a byte-order mark. Throws as `readAtMost` does, and if it is no text. */
export async function readTextAtMost(path: string, limit: number, what: string): Promise<string> {
  const text = decodeBytes(await readAtMost(path, limit, what)).replace(/^\ufeff/, "");
  demandText(text, path);
  return text;
}

/** Throws if the text from `path` has characters that none has: bytes of 0, as programs and pictures do. */
export function demandText(text: string, path: string): void {
  if (!text.includes("\0")) return;
  const name = path === standardInput ? "Standard input" : path;
  throw new Error(`${name} is no text: it has bytes of 0, as programs and pictures do.`);
}

/** Lines, however they end. */
export function splitRows(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
