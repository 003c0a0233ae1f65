/** The project's book: its live pages, and every notebook that has been executed. */
import { join } from "node:path";
import { exists, root } from "../files.ts";
import { writeBook } from "../jupyter/book.ts";
import type { BookPage, StaticPage } from "../jupyter/book_page.ts";
import { joinLines, type Notebook, readNotebook } from "../jupyter/notebook_file.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import { buildLive } from "../live/build.ts";

const title = "Generating Sequences With Recurrent Neural Networks";

export interface ProjectBook {
  /** Where `deno task reproduce` has written notebooks/. */
  results: string;
  /** Where the book is written; default book/ in `results`. */
  directory?: string;
  /** The folder of notebooks. Notebooks of other folders than the project's have no live pages. */
  notebooks?: string;
  /** The address under which the project's files can be read; default: where they lie. */
  repository?: string;
}

/** Writes the book; returns what is wrong with it, and which notebooks it has not, or not as they are now. */
export async function writeProjectBook(
  { results, directory = join(results, "book"), notebooks = notebooksDirectory, repository }: ProjectBook,
): Promise<{ problems: string[]; missing: string[] }> {
  const problems: string[] = [], missing: string[] = [], pages: BookPage[] = [];
  for (const path of await findNotebooks(notebooks)) {
    const name = notebookName(path), executed = join(results, "notebooks", `${name}.ipynb`);
    if (!await exists(executed)) {
      missing.push(`${name} has not been executed: it is not in the book`);
      continue;
    }
    try {
      const notebook = await readNotebook(executed);
      pages.push({ path, notebook });
      if (!haveSameCells(notebook, await readNotebook(path))) {
        missing.push(`${name} has been changed since it was executed: the book has it as it was`);
      }
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
  const drawings = await readDrawings(join(results, "notebooks", "figures"));
  const book = { title, pages, first, directory, drawings };
  const files = repository === undefined ? undefined : { root, url: repository.replace(/\/+$/, "") };
  return { problems: [...problems, ...await writeBook({ ...book, repository: files })], missing };
}

function haveSameCells(a: Notebook, b: Notebook): boolean {
  const cells = ({ cells }: Notebook) => JSON.stringify(cells.map(({ source }) => joinLines(source)));
  return cells(a) === cells(b);
}

/** The SVG files of a folder, by their names without the ending. */
async function readDrawings(folder: string): Promise<Map<string, string>> {
  const drawings = new Map<string, string>();
  if (!await exists(folder)) return drawings;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".svg")) continue;
    drawings.set(name.slice(0, -".svg".length), await Deno.readTextFile(join(folder, name)));
  }
  return drawings;
}
