/** Downloading one file: resumed where it stopped, checked, refused if it is not the right one. */
import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";

export interface Expected {
  bytes?: number;
  /** In hexadecimal. */
  sha256?: string;
  /** In hexadecimal; for a file whose SHA-256 nobody has published. */
  md5?: string;
}

export interface DownloadOptions extends Expected {
  /** Called as bytes arrive; `total` is unknown to some servers. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** After so many seconds in which nothing arrives the transfer counts as broken; default 60. */
  silence?: number;
}

/** No file that is got here is larger, so that a server cannot fill the disk: 1 GiB. */
const largestDownload = 2 ** 30;

/**
 * Downloads `url` to `path`. What has arrived is kept in `path` + ".part", and a second call goes on from there.
 * Throws if the server cannot be reached, answers with an error or falls silent, if the transfer ends early (the part
 * stays), and if the file is not the expected one or larger (it is deleted).
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  const part = `${path}.part`;
  const arrived = await size(part);
  if (arrived === 0 || arrived !== options.bytes) await transfer(url, part, arrived, options);
  await verify(part, options, basename(path)).catch((error) => refuse(url, part, error.message));
  await Deno.rename(part, path);
}

/** Gets what is missing after the first `arrived` bytes, or all if the server cannot resume. */
async function transfer(url: string, part: string, arrived: number, options: DownloadOptions): Promise<void> {
  const { bytes, silence = 60, onProgress } = options;
  const limit = bytes ?? largestDownload;
  const stalled = new AbortController();
  const timer = setInterval(() => {
    if (performance.now() - heardAt > 1000 * silence) {
      stalled.abort(new Error(`nothing arrived for ${silence} s`));
    }
  }, Math.min(1000, 250 * silence));
  let heardAt = performance.now();
  try {
    const response = await ask(url, arrived, stalled.signal);
    if (response.status === 416 && arrived) {
      // More has arrived than the server has: not a part of this file.
      await response.body?.cancel();
      await Deno.remove(part);
      return await transfer(url, part, 0, options);
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`${url} answered ${response.status} ${response.statusText}.`);
    }
    const resumed = response.status === 206;
    const length = response.headers.get("content-length");
    let done = resumed ? arrived : 0;
    const total = length === null ? bytes : done + Number(length);
    await Deno.mkdir(dirname(part), { recursive: true });
    const file = await Deno.open(part, { write: true, create: true, append: resumed, truncate: !resumed });
    let failure = "";
    try {
      for await (const chunk of response.body) {
        heardAt = performance.now();
        done += chunk.length;
        if (done > limit) break;
        for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
        onProgress?.(done, total);
      }
    } catch (error) {
      failure = ` (${(error as Error).message})`;
    } finally {
      file.close();
    }
    if (done > limit) await refuse(url, part, `It has more than the ${limit} bytes expected.`);
    if (failure || (total !== undefined && done < total)) {
      throw new Error(
        `The transfer of ${url} ended after ${done} of ${total ?? "an unknown number of"} bytes${failure}. ` +
          "What has arrived is kept: run the command again to go on from there.",
      );
    }
  } finally {
    clearInterval(timer);
  }
}

/** Asks for what follows the first `arrived` bytes. */
async function ask(url: string, arrived: number, signal: AbortSignal): Promise<Response> {
  try {
    // Not compressed on the way, so that lengths and ranges are the file's.
    const headers = { "accept-encoding": "identity", ...(arrived && { range: `bytes=${arrived}-` }) };
    return await fetch(url, { headers, signal });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url} cannot be reached (${(cause as Error)?.message ?? message}).`, { cause: error });
  }
}

async function refuse(url: string, part: string, reason: string): Promise<never> {
  await Deno.remove(part);
  throw new Error(`${url} did not send the right file, which was deleted again. ${reason}`);
}

/** Throws if the file at `path` is not the expected one; `name` is what to call it. */
export async function verify(path: string, expected: Expected, name = basename(path)): Promise<void> {
  const bytes = await size(path);
  if (expected.bytes !== undefined && bytes !== expected.bytes) {
    throw new Error(`${name} has ${bytes} bytes, but ${expected.bytes} were expected.`);
  }
  for (const [algorithm, title] of [["sha256", "SHA-256"], ["md5", "MD5"]] as const) {
    const wanted = expected[algorithm];
    const found = wanted && await hashFile(path, algorithm);
    if (found !== wanted) throw new Error(`${name} has the ${title} ${found}, but ${wanted} was expected.`);
  }
}

async function hashFile(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of (await Deno.open(path)).readable) hash.update(chunk);
  return hash.digest("hex");
}

async function size(path: string): Promise<number> {
  return await Deno.stat(path).then((info) => info.size, () => 0);
}
