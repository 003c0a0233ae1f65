/** Where things lie, and the one way to write a file: to a temporary neighbour, then rename. */
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
/** Packed data, made anew when missing: safe to delete. */
export const cacheDirectory = join(root, ".cache");
/** Checkpoints of trainings under way: the environment variable `GRAVES_CHECKPOINTS`, or `.checkpoints/`. */
export const checkpointDirectory = Deno.env.get("GRAVES_CHECKPOINTS") ?? join(root, ".checkpoints");
export const resultsDirectory = join(root, "results");

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

export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
