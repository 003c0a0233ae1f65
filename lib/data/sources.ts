/** The full data sets: where they come from, what belongs to them, and which are present. */
import { basename, join } from "node:path";
import { unzipSync } from "fflate";
import { dataDirectory, exists, root, writeFile } from "../files.ts";
import { readArchive } from "./archive.ts";
import { download, type DownloadOptions, type Expected, verify } from "./download.ts";

interface SourceFile extends Expected {
  name: string;
}
export interface Source {
  title: string;
  /** Below the data directory. */
  folder: string;
  /** For people: what it is and how to ask for it. */
  page: string;
  terms: string;
  /** A `.tgz` or `.zip` that the files are in; without one they must be got by hand. */
  archive?: SourceFile & { url: string };
  files: SourceFile[];
}

export type SourceName = "iam-ondb" | "penn-treebank" | "enwik8";

/** `data/sources.json`. */
export async function readSources(): Promise<Record<SourceName, Source>> {
  return JSON.parse(await Deno.readTextFile(join(root, "data", "sources.json")));
}

export interface SourceState {
  missing: string[];
  /** Present, but not the file whose checksum is known. */
  different: string[];
}

/** Which files of a set are there. Hashes them: a second for the largest. */
export async function sourceState(source: Source, directory = dataDirectory()): Promise<SourceState> {
  const state: SourceState = { missing: [], different: [] };
  for (const file of source.files) {
    const path = join(directory, source.folder, file.name);
    if (!await exists(path)) state.missing.push(file.name);
    else if (await verify(path, file).then(() => false, () => true)) state.different.push(file.name);
  }
  return state;
}

/** How to get a set by hand. */
export function byHand(source: Source, directory = dataDirectory()): string {
  const folder = join(directory, source.folder);
  const { archive, page } = source;
  const names = source.files.map((file) => file.name).join(", ");
  return archive
    ? `To get it by hand: download ${archive.url}, put ${archive.name} (or from it ${names}) into ${folder} and run ` +
      "the command again."
    : `Register at ${page}, download ${names} and put them into ${folder}.`;
}

/**
 * Downloads the set's archive, unless it was put into the folder by hand, and unpacks its files, each checked.
 * Throws, with the address and the place for the file, if the archive cannot be had or holds the wrong files.
 */
export async function fetchSource(
  source: Source,
  onProgress?: DownloadOptions["onProgress"],
  directory = dataDirectory(),
): Promise<void> {
  const { archive } = source;
  if (!archive) {
    throw new Error(
      `${source.title} cannot be downloaded without registration. ${byHand(source, directory)}`,
    );
  }
  const folder = join(directory, source.folder);
  const path = join(folder, archive.name);
  if (await exists(path)) await verify(path, archive);
  else {
    await download(archive.url, path, { ...archive, onProgress }).catch((error) => {
      throw new Error(`${error.message}\n${byHand(source, directory)}`);
    });
  }
  const unpacked = path.endsWith(".zip") ? await unzip(path) : await untar(path, source.files);
  for (const file of source.files) {
    const bytes = unpacked.get(file.name);
    if (!bytes) {
      throw new Error(`${archive.name} does not contain ${file.name}: it is not the archive expected.`);
    }
    const target = join(folder, file.name);
    await writeFile(`${target}.unpacked`, bytes);
    await verify(`${target}.unpacked`, file, file.name).catch(async (error) => {
      await Deno.remove(`${target}.unpacked`);
      throw new Error(`${archive.name} does not hold the right files: ${error.message} Delete ${path}.`);
    });
    await Deno.rename(`${target}.unpacked`, target);
  }
  await Deno.remove(path);
}

async function unzip(path: string): Promise<Map<string, Uint8Array>> {
  return new Map(Object.entries(unzipSync(await Deno.readFile(path))));
}

async function untar(path: string, files: SourceFile[]): Promise<Map<string, Uint8Array>> {
  const unpacked = new Map<string, Uint8Array>();
  for await (const { name, bytes } of readArchive(path, ".txt")) {
    if (files.some((file) => file.name === basename(name))) unpacked.set(basename(name), bytes);
  }
  return unpacked;
}
