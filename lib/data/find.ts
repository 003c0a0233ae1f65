/** Where a data set is: the full set, or the excerpt where nothing else was asked for. */
import { join, resolve } from "node:path";
import { dataDirectory, exists, root } from "../files.ts";
import { someOf } from "./account.ts";
import { iamOnDbFiles } from "./iam-ondb.ts";
import { packedFile } from "./packed.ts";
import type { SourceName } from "./sources.ts";

/** Small parts of the sets, and stand-ins for them, that the project carries. `GRAVES_DATA=data/excerpts` takes them
 * also where the full sets are there. */
export const excerptDirectory = join(root, "data", "excerpts");

export const pennTreebankFiles = ["ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"];

/** How many bytes enwik8 has, or the beginning of it that is called `enwik8-prefix-<bytes>`. */
export const wikipediaSize = (name: string) => Number(name.split("-")[2] ?? 100_000_000);

const sets: Record<SourceName, { folder: string; isFile: (name: string) => boolean; expected: string }> = {
  "iam-ondb": {
    folder: "iam-ondb",
    isFile: (name) => iamOnDbFiles.includes(name) || name === packedFile,
    expected: `IAM-OnDB as it is distributed (${iamOnDbFiles.join(", ")}; the archives not unpacked)`,
  },
  "penn-treebank": {
    folder: "ptb",
    isFile: (name) => pennTreebankFiles.includes(name),
    expected: pennTreebankFiles.join(", "),
  },
  enwik8: {
    folder: "enwik8",
    isFile: (name) =>
      name === "enwik8" ||
      (/^enwik8-prefix-[1-9]\d*$/.test(name) && wikipediaSize(name) <= wikipediaSize("enwik8")),
    expected: "enwik8, or its beginning as enwik8-prefix-<bytes>",
  },
};

/**
 * The files of a set in its folder below the data directory; `null` where the excerpt stands in for it, which is so if
 * the directory has no such folder, or an empty one.
 * Throws if a directory was named (as argument or by `GRAVES_DATA`) that does not exist or holds none of the sets, and
 * if the set's folder holds other files only: no excerpt takes the place of what somebody meant to use. Where the
 * environment has `GRAVES_EXCERPTS=0`, none does at all.
 */
export async function findSet(name: SourceName, directory?: string): Promise<FoundSet | null> {
  const found = await search(name, directory);
  if (found || Deno.env.get("GRAVES_EXCERPTS") !== "0") return found;
  throw new Error(
    `The full data set ${name} is not in ${
      directory ?? dataDirectory()
    }, and with GRAVES_EXCERPTS=0 its excerpt ` +
      `will not do: \`deno task data ${name}\` gets the set or says from where.`,
  );
}

interface FoundSet {
  folder: string;
  files: string[];
}

async function search(name: SourceName, directory?: string): Promise<FoundSet | null> {
  const base = resolve(directory ?? dataDirectory());
  if (base === excerptDirectory) return null;
  const { isFile, expected } = sets[name];
  const folder = join(base, sets[name].folder);
  const found = await namesIn(folder);
  const files = found.filter(isFile);
  if (files.length) return { folder, files };
  if (found.length) {
    throw new Error(
      `${folder} holds ${someOf(found)}, but ${expected} were expected. ` +
        `\`deno task data ${name}\` gets them or says from where.`,
    );
  }
  const isDefault = directory === undefined && !Deno.env.get("GRAVES_DATA");
  if (isDefault) return null;
  const variable = directory === undefined ? " (GRAVES_DATA)" : "";
  const folders = Object.values(sets).map(({ folder }) => folder);
  const contents = await Promise.all(folders.map((own) => namesIn(join(base, own))));
  if (contents.some((names) => names.length)) return null;
  const problem = !await exists(base)
    ? `There is no folder ${base}${variable}`
    : `The folder ${base}${variable} holds none of the data sets${
      (await namesIn(base)).length ? ` but ${someOf(await namesIn(base))}` : ""
    }`;
  throw new Error(
    `${problem}. Expected was one with ${folders.join(", ")} in it; \`deno task data\` tells more. ` +
      `With GRAVES_DATA=data/excerpts the excerpts are used.`,
  );
}

/** The names in a folder, in order, without hidden files, downloads under way and files set aside. */
async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  if (await exists(folder)) { for await (const { name } of Deno.readDir(folder)) names.push(name); }
  return names.filter((name) => !/^\.|\.(part|wrong|unpacked)$/.test(name)).sort();
}
