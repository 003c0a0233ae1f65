/** The project's book: its live pages, and every notebook that has been executed. */
import { join } from "node:path";
import { exists } from "../files.ts";
import { type BookPage, type StaticPage, writeBook } from "../jupyter/book.ts";
import { readNotebook } from "../jupyter/notebook_file.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import { buildLive } from "../live/build.ts";

const title = "Generating Sequences With Recurrent Neural Networks";

/** Writes `book/` in `out` from the notebooks that were executed into it; returns what is wrong with it. Notebooks of other
 * folders than the project's have no live pages. */
export async function writeProjectBook(
  { out, notebooks = notebooksDirectory }: { out: string; notebooks?: string },
): Promise<string[]> {
  const directory = join(out, "book"), problems: string[] = [];
  const pages: BookPage[] = [];
  for (const path of await findNotebooks(notebooks)) {
    const executed = join(out, "notebooks", `${notebookName(path)}.ipynb`);
    if (!await exists(executed)) continue;
    try {
      pages.push({ path, notebook: await readNotebook(executed) });
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  let first: StaticPage[] = [];
  if (notebooks === notebooksDirectory) {
    try {
      first = await buildLive(directory);
    } catch (error) {
      problems.push(`without its live pages: ${(error as Error).message}`);
    }
  }
  return [...problems, ...await writeBook({ title, pages, first, directory })];
}
