/** The full data sets: where they come from, what belongs to them, and which are present. */
import { basename, dirname, join } from "node:path";
import { checkOptions } from "../check_options.ts";
import { dataDirectory, exists, root, writeFile } from "../files.ts";
import { readTar, readZip } from "./archive.ts";
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

export const sourceNames = ["iam-ondb", "penn-treebank", "enwik8"] as const;
export type SourceName = typeof sourceNames[number];

/** What is known of the sets: `data/sources.json`, or another file in its form. */
export async function readSources(
  path = join(root, "data", "sources.json"),
): Promise<Record<SourceName, Source>> {
  try {
    const sources = JSON.parse(await Deno.readTextFile(path));
    for (const name of sourceNames) {
      if (!Array.isArray(sources[name]?.files)) throw new Error(`it does not tell the files of ${name}`);
    }
    return sources;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      `Cannot use ${path} (${message}): expected was a file in the form of data/sources.json.`,
      { cause: error },
    );
  }
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

/** How to get a set, or what is missing of it, by hand. */
export function byHand(
  source: Source,
  directory = dataDirectory(),
  missing = source.files.map(({ name }) => name),
): string {
  const folder = join(directory, source.folder);
  const { archive, page } = source;
  const names = missing.join(", ");
  return archive
    ? `To get it by hand: download ${archive.url}, put ${archive.name} (or from it ${names}) into ${folder} and run ` +
      "the command again."
    : `Register at ${page}, download ${names} and put them into ${folder}.`;
}

/** Bounds what an archive may unpack to; simple-examples.tgz, the largest, unpacks to about 0.1 GB. */
const largestArchive = 2 ** 30;

/**
 * Downloads the set's archive, unless it was put into the folder by hand, and unpacks its files, each checked. A file
 * in the way that is not the right one is renamed to its name and ".wrong"; `report` is told so, for people.
 * Throws, with the address and the place for the file, if the archive cannot be had or holds the wrong files.
 */
export async function fetchSource(
  source: Source,
  options: Pick<DownloadOptions, "onProgress" | "silence"> & { report?: (message: string) => void } = {},
  directory = dataDirectory(),
): Promise<void> {
  checkOptions("fetchSource", options, ["onProgress", "silence", "report"]);
  const { archive } = source;
  if (!archive) {
    const { missing } = await sourceState(source, directory);
    throw new Error(
      `${source.title} cannot be downloaded without registration. ${byHand(source, directory, missing)}`,
    );
  }
  const { report, ...downloading } = options;
  const folder = join(directory, source.folder);
  const path = join(folder, archive.name);
  if (await exists(path)) {
    await verify(path, archive).catch(async ({ message }) => report?.(`${message} ${await setAside(path)}`));
  }
  if (!await exists(path)) {
    await download(archive.url, path, { ...archive, ...downloading }).catch((error) => {
      throw new Error(`${error.message}\n${byHand(source, directory)}`, { cause: error });
    });
  }
  const parts = await unpack(path, source.files).catch(async (error) => {
    throw new Error(`${error.message} ${await setAside(path)} Run the command again.`, { cause: error });
  });
  for (const { part, target } of parts) {
    if (await exists(target)) report?.(`${basename(target)}: ${await setAside(target)}`);
    await Deno.rename(part, target);
  }
  await Deno.remove(path);
}

/** Unpacks the set's files beside the archive, all or none. Throws if one is not in it or not the right one. */
async function unpack(path: string, files: SourceFile[]): Promise<{ part: string; target: string }[]> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const parts = new Map<string, { part: string; target: string }>();
  const read = path.endsWith(".zip") ? readZip : readTar;
  try {
    const wanted = {
      isWanted: (name: string) => byName.has(basename(name)),
      largestFile: Math.max(...files.map(({ bytes = largestArchive }) => bytes)),
      largestTotal: largestArchive,
    };
    for await (const { name, bytes } of read(path, wanted)) {
      const file = byName.get(basename(name))!, target = join(dirname(path), file.name);
      const part = `${target}.unpacked`;
      parts.set(file.name, { part, target });
      await writeFile(part, bytes);
      await verify(part, file, `${file.name} in ${basename(path)}`);
    }
    const missing = files.find(({ name }) => !parts.has(name));
    if (missing) {
      throw new Error(`${basename(path)} does not contain ${missing.name}: it is not the archive expected.`);
    }
  } catch (error) {
    for (const { part } of parts.values()) await Deno.remove(part).catch(() => {});
    throw error;
  }
  return [...parts.values()];
}

/** Moves a wrong file out of the way; it may be somebody's own. Tells, for people, where it is now. */
async function setAside(path: string): Promise<string> {
  await Deno.rename(path, `${path}.wrong`);
  return `What was there is now ${path}.wrong.`;
}
