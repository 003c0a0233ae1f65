/** The book: executed notebooks as a static site that needs no network, one page each. */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../bundle.ts";
import { writeFile } from "../files.ts";
import { fileAddress, type Place, renderCell, type Repository } from "./book_cells.ts";
import {
  type BookPage,
  type Contents,
  pageAddress,
  pageHtml,
  pageLink,
  type StaticPage,
} from "./book_page.ts";
import { type Charts, chartScripts, chartsOf, copyChartScripts } from "./charts.ts";
import { escapeHtml, renderMarkdown } from "./markdown.ts";
import { type Cell, joinLines, type Notebook, notebookText } from "./notebook_file.ts";
import { sectionsOf } from "./search_index.ts";

export interface Book {
  title: string;
  pages: BookPage[];
  /** They stand before the notebooks. */
  first?: StaticPage[];
  /** What the index begins with, in Markdown, and a file from where its links and pictures are seen. */
  introduction?: { markdown: string; path: string };
  directory: string;
  /** SVG of the figures that the notebooks showed, by their names, for those that are smaller so. */
  drawings?: Map<string, string>;
  /** Where files that the notebooks lead to are read; without it they are where they lie. */
  repository?: Repository;
}

/**
 * Writes the book: `index.html`, a page for each notebook and its executed copy, styles, fonts, pictures, search. Returns
 * what is wrong with it (formulas that cannot be typeset, links that are malformed, pictures that are missing), in words.
 */
export async function writeBook(book: Book): Promise<string[]> {
  const { title, pages, first = [], introduction, directory, drawings = new Map(), repository } = book;
  const contents: Contents = { title, pages, first };
  const files = new Map<string, { content: Uint8Array | string; report: Place["report"] }>();
  const problems: string[] = [];
  const charts: Charts = new Map();
  const render = (cell: Cell, page: BookPage, place: string) => {
    const report = (problem: string) => void problems.push(`${basename(page.path)}, ${place}: ${problem}`);
    const addFile = (name: string, content: Uint8Array | string) => {
      const address = unused(name, content, files);
      files.set(address, { content, report });
      return address;
    };
    return renderCell(cell, { directory, page, pages, first, repository, drawings, charts, addFile, report });
  };
  for (const [i, page] of pages.entries()) {
    const ofPage = await chartsOf(page.notebook);
    for (const [output, chart] of ofPage) charts.set(output, chart);
    const cells = page.notebook.cells.map((cell, k) => render(cell, page, `cell ${k + 1} of all`));
    const [before, after] = [pages[i - 1], pages[i + 1]];
    const footer = `<footer><span>${before ? pageLink(before, "←") : ""}</span><span>${
      after ? pageLink(after, "→") : ""
    }</span></footer>`;
    const main = sourceLine(page, directory, repository) + failureNote(page) + cells.join("\n") + footer;
    await writeFile(
      join(directory, pageAddress(page)),
      pageHtml(main, contents, page, ofPage.size > 0 ? chartScripts : []),
    );
    await writeFile(join(directory, executedCopy(page)), notebookText(page.notebook));
  }
  for (const page of first) {
    await writeFile(join(directory, page.address), pageHtml(page.main, contents, page));
  }
  const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const head = introduction &&
    render(
      { cell_type: "markdown", metadata: {}, source: introduction.markdown },
      { path: introduction.path, notebook },
      "the index's introduction",
    );
  await writeFile(join(directory, "index.html"), pageHtml(indexMain(contents, head), contents));
  for (const [address, { content, report }] of files) {
    const bytes = typeof content !== "string"
      ? content
      : await Deno.readFile(content).catch((error) => report(`no picture can be read: ${error.message}`));
    if (bytes) await writeFile(join(directory, address), bytes);
  }
  await copyStyles(directory);
  if (charts.size > 0) await copyChartScripts(directory);
  await writeSearch(contents, directory);
  return problems;
}

/** A name that no other content has. */
function unused(
  name: string,
  content: Uint8Array | string,
  files: Map<string, { content: unknown }>,
): string {
  const free = (candidate: string) => (files.get(candidate)?.content ?? content) === content;
  for (let k = 1;; k++) {
    const candidate = k === 1 ? name : name.replace(/(\.[^.]*)?$/, `-${k}$1`);
    if (free(candidate)) return candidate;
  }
}

function indexMain({ title, pages, first }: Contents, head = ""): string {
  const live = first.map(({ title, about, address }) =>
    `<h2><a href="${encodeURI(address)}">${escapeHtml(title)}</a></h2><p>${escapeHtml(about)}</p>`
  );
  const list = pages.map((page) => {
    const { execution } = page.notebook.metadata;
    const ran = execution
      ? `executed in ${Math.round(execution.seconds)} s, ${execution.date.slice(0, 10)}`
      : "";
    return `<h2>${pageLink(page)}</h2>${failureNote(page)}${renderMarkdown(abstract(page.notebook))}
<p class="faint">${ran}</p>`;
  });
  const introduction = head && `<div class="introduction">${head}</div>`;
  return `<h1>${escapeHtml(title)}</h1>${[introduction, ...live, ...list].join("\n")}`;
}

function executedCopy({ path }: BookPage): string {
  return `notebooks/${basename(path)}`;
}

/** Where to get a page's notebook. */
function sourceLine(page: BookPage, directory: string, repository?: Repository): string {
  const source = encodeURI(fileAddress(page.path, directory, repository));
  const ran = page.notebook.metadata.execution?.date.slice(0, 10);
  return `<p class="faint sources">Notebook: <a href="${source}">${
    escapeHtml(basename(page.path))
  }</a>, <a href="${encodeURI(executedCopy(page))}" download>its executed copy</a>${
    ran ? ` of ${ran}` : ""
  }</p>`;
}

function failureNote({ notebook }: BookPage): string {
  const failure = notebook.metadata.execution?.failure;
  return failure ? `<p class="failure">${escapeHtml(failure)}</p>` : "";
}

/** The first paragraph under a notebook's title. */
function abstract(notebook: Notebook): string {
  const first = notebook.cells.find((cell) => cell.cell_type === "markdown");
  return joinLines(first?.source ?? "").split(/\n\s*\n/).find((paragraph) => !/^\s*(#|$)/.test(paragraph)) ??
    "";
}

/** A page that was opened from a file can fetch none: what is searched is a script, too, which is loaded when it is wanted. */
async function writeSearch({ pages, first }: Contents, directory: string): Promise<void> {
  const sections = [
    ...first.map(({ title, about, address }) => ({ page: title, heading: title, address, text: about })),
    ...pages.flatMap(sectionsOf),
  ];
  await writeFile(join(directory, "sections.js"), `globalThis.bookSections = ${JSON.stringify(sections)};\n`);
  await writeFile(
    join(directory, "search.js"),
    await bundle(fileURLToPath(new URL("page/search.ts", import.meta.url))),
  );
}

async function copyStyles(directory: string): Promise<void> {
  const pathOf = (specifier: string) => fileURLToPath(import.meta.resolve(specifier));
  const copy = async (from: string, name: string) =>
    await writeFile(join(directory, name), await Deno.readFile(from));
  await copy(pathOf("./book.css"), "book.css");
  const light = await Deno.readTextFile(pathOf("highlight.js/styles/github.css"));
  const dark = await Deno.readTextFile(pathOf("highlight.js/styles/github-dark.css"));
  const styles = `${light}\n@media screen and (prefers-color-scheme: dark) {\n${dark}\n}\n`;
  await writeFile(join(directory, "highlight.css"), styles);
  const katex = pathOf("katex/dist/katex.min.css"), fonts = join(dirname(katex), "fonts");
  await copy(katex, "katex.min.css");
  for await (const { name } of Deno.readDir(fonts)) {
    if (name.endsWith(".woff2")) await copy(join(fonts, name), `fonts/${name}`);
  }
}
