/** The folder of notebooks. */
import { basename, join } from "node:path";
import { exists, root } from "../files.ts";

export const notebooksDirectory = join(root, "notebooks");

/** A notebook's name: its file's, without the ending. */
export function notebookName(path: string): string {
  return basename(path, ".ipynb");
}

/**
 * The notebooks of a folder in the order of their names, which is the paper's. With `starts`, those whose name begins
 * with one of them. Throws when a start fits none, and when there are no notebooks at all.
 */
export async function findNotebooks(
  directory = notebooksDirectory,
  starts: string[] = [],
): Promise<string[]> {
  const names: string[] = [];
  if (await exists(directory)) {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (isFile && name.endsWith(".ipynb")) names.push(notebookName(name));
    }
  }
  if (!names.length) throw new Error(`There are no notebooks in ${directory}.`);
  names.sort(new Intl.Collator("en", { numeric: true }).compare);
  const unknown = starts.find((start) => !names.some((name) => name.startsWith(start)));
  if (unknown !== undefined) {
    throw new Error(`No notebook begins with '${unknown}'. There are ${names.join(", ")}.`);
  }
  return names
    .filter((name) => !starts.length || starts.some((start) => name.startsWith(start)))
    .map((name) => join(directory, `${name}.ipynb`));
}
