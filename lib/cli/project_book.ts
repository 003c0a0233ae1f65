/** The project's book: its live pages, and every notebook that has been executed. */
import { join } from "node:path";
import { exists, root } from "../files.ts";
import { writeBook } from "../jupyter/book.ts";
import type { BookPage, StaticPage } from "../jupyter/book_page.ts";
import { joinLines, type Notebook, readNotebook } from "../jupyter/notebook_file.ts";
import { findNotebooks, notebookName, notebooksDirectory } from "../jupyter/notebooks.ts";
import { buildLive } from "../live/build.ts";

const title = "Generating Sequences With Recurrent Neural Networks";

/** What the book begins with; its links are seen from the notebooks. */
const introduction = `
The experiments of the paper by **Alex Graves** (2013, [arXiv:1308.0850](https://arxiv.org/abs/1308.0850)), which taught a network
to write by predicting one point at a time, and brought attention into deep learning on the way: every figure and table, made by
the notebooks below from networks that were trained here.

![Lines by people, and below each of them lines in that hand by the network](../results/figures/figure-21.svg)

*Above each rule a line by a person, below it lines in that hand by the network, which had read it once (Figure 21).*

**Where to begin**

- *To see it:* let the network [write your own text](../results/book/live-pen.html), in this browser.
- *With an hour:* [Section 5](5-handwriting-synthesis.ipynb), in which a pen learns to look at a text.
- *From the beginning:* [Section 1](1-introduction.ipynb), where a network dreams.
- *To know what held:* [every claim of the paper](6-conclusions.ipynb), with what was measured.
- *To teach it:* [a plan of seven sessions](teaching.ipynb), and for each equation the line that computes it.
`;

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
  const isOwn = notebooks === notebooksDirectory;
  if (isOwn) {
    try {
      first = await buildLive(directory);
    } catch (error) {
      problems.push(`without its live pages: ${(error as Error).message}`);
    }
  }
  const drawings = await readDrawings(join(results, "notebooks", "figures"));
  const book = {
    title,
    pages,
    first,
    introduction: isOwn ? { markdown: introduction, path: join(notebooks, "index") } : undefined,
    directory,
    drawings,
  };
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
