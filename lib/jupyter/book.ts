/** The book: executed notebooks as a static site that needs no network, one page each. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFile } from "../files.ts";
import { anchor, escapeHtml, highlight, renderLatex, renderMarkdown } from "./markdown.ts";
import { type Cell, joinLines, type MultiLine, type Notebook, type Output } from "./notebook_file.ts";

export interface BookPage {
  /** The notebook's file, from which its links are seen. */
  path: string;
  /** What its execution made of it. */
  notebook: Notebook;
}
/** A page that is no notebook. */
export interface StaticPage {
  title: string;
  /** What is to be seen there, for the index. */
  about: string;
  /** Its file in the book; its styles and scripts are there already. */
  address: string;
  /** HTML. */
  main: string;
  styles: string[];
  scripts: string[];
}
export interface Book {
  title: string;
  pages: BookPage[];
  /** They stand before the notebooks. */
  first?: StaticPage[];
  directory: string;
}

interface Place {
  directory: string;
  page: BookPage;
  pages: BookPage[];
  /** Copies a picture into the book when its pages are written; returns its address there. */
  addPicture: (from: string) => string;
  /** Takes what is wrong in the cell that is being rendered. */
  report: (problem: string) => void;
}

/**
 * Writes the book: `index.html`, a page for each notebook, styles, fonts and pictures. Returns what is wrong with it
 * (formulas that cannot be typeset, links that are malformed, pictures that are missing), in words.
 */
export async function writeBook({ title, pages, first = [], directory }: Book): Promise<string[]> {
  const pictures = new Map<string, { address: string; report: Place["report"] }>();
  const problems: string[] = [];
  for (const [i, page] of pages.entries()) {
    const cells = page.notebook.cells.map((cell, k) => {
      const report = (problem: string) =>
        void problems.push(`${basename(page.path)}, cell ${k + 1} of all: ${problem}`);
      const addPicture = (from: string) => {
        const address = `pictures/${basename(from)}`;
        pictures.set(from, { address, report });
        return address;
      };
      return renderCell(cell, { directory, page, pages, addPicture, report });
    });
    const [before, after] = [pages[i - 1], pages[i + 1]];
    const footer = `<footer><span>${before ? pageLink(before, "←") : ""}</span><span>${
      after ? pageLink(after, "→") : ""
    }</span></footer>`;
    await writeFile(
      join(directory, pageAddress(page)),
      html(
        pageTitle(page),
        navigation(title, pages, first, page),
        failureNote(page) + cells.join("\n") + footer,
      ),
    );
  }
  for (const page of first) {
    const nav = navigation(title, pages, first, page);
    await writeFile(join(directory, page.address), html(page.title, nav, page.main, page));
  }
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
  await writeFile(
    join(directory, "index.html"),
    html(
      title,
      navigation(title, pages, first),
      `<h1>${escapeHtml(title)}</h1>${[...live, ...list].join("\n")}`,
    ),
  );
  for (const [from, { address, report }] of pictures) {
    const picture = await Deno.readFile(from).catch((error) =>
      report(`no picture can be read: ${error.message}`)
    );
    if (picture) await writeFile(join(directory, address), picture);
  }
  await copyStyles(directory);
  return problems;
}

/** The first heading of a notebook, or its file's name. */
export function pageTitle({ notebook, path }: BookPage): string {
  for (const cell of notebook.cells) {
    const heading = cell.cell_type === "markdown" && joinLines(cell.source).match(/^# (.+)$/m);
    if (heading) return heading[1].trim();
  }
  return basename(path, ".ipynb");
}

function failureNote({ notebook }: BookPage): string {
  const failure = notebook.metadata.execution?.failure;
  return failure ? `<p class="failure">${escapeHtml(failure)}</p>` : "";
}

function pageAddress({ path }: BookPage): string {
  return `${basename(path, ".ipynb")}.html`;
}

function pageLink(page: BookPage, mark = ""): string {
  return `<a href="${encodeURI(pageAddress(page))}">${mark} ${escapeHtml(pageTitle(page))}</a>`;
}

/** The first paragraph under a notebook's title. */
function abstract(notebook: Notebook): string {
  const first = notebook.cells.find((cell) => cell.cell_type === "markdown");
  return joinLines(first?.source ?? "").split(/\n\s*\n/).find((paragraph) => !/^\s*(#|$)/.test(paragraph)) ??
    "";
}

function navigation(
  title: string,
  pages: BookPage[],
  first: StaticPage[],
  here?: BookPage | StaticPage,
): string {
  const live = first.map((page) =>
    `<a${page === here ? ' class="here"' : ""} href="${encodeURI(page.address)}">${
      escapeHtml(page.title)
    }</a>`
  );
  const entries = pages.map((page) => {
    if (page !== here) return `<a href="${encodeURI(pageAddress(page))}">${escapeHtml(pageTitle(page))}</a>`;
    const sections = page.notebook.cells
      .filter((cell) => cell.cell_type === "markdown")
      .flatMap((cell) =>
        [...joinLines(cell.source).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading.trim())
      )
      .map((heading) =>
        `<a class="section" href="#${encodeURI(anchor(heading))}">${escapeHtml(heading)}</a>`
      );
    return `<a class="here" href="#">${escapeHtml(pageTitle(page))}</a>${sections.join("")}`;
  });
  return `<nav><a class="title" href="index.html">${escapeHtml(title)}</a>${
    [...live, ...entries].join("")
  }</nav>`;
}

function html(
  title: string,
  nav: string,
  main: string,
  { styles, scripts }: Pick<StaticPage, "styles" | "scripts"> = { styles: [], scripts: [] },
): string {
  const links = styles.map((address) => `<link rel="stylesheet" href="${encodeURI(address)}">\n`);
  const programs = scripts.map((address) => `<script src="${encodeURI(address)}"></script>\n`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="katex.min.css">
<link rel="stylesheet" href="highlight.css">
<link rel="stylesheet" href="book.css">
${links.join("")}</head>
<body>
${nav}
<main>
${main}
</main>
${programs.join("")}</body>
</html>
`;
}

function renderCell(cell: Cell, place: Place): string {
  const source = joinLines(cell.source);
  const options = {
    onMathError: (formula: string, problem: string) => place.report(`${formula.trim()}: ${problem}`),
    onLink: (address: string, isImage: boolean) => linkFromBook(address, isImage, place),
  };
  if (cell.cell_type === "raw") return "";
  if (cell.cell_type === "markdown") return `<section>${renderMarkdown(source, options)}</section>`;
  const code = `<pre class="input"><code>${highlight(source, "typescript")}</code></pre>`;
  const hidden = cell.metadata.tags?.includes("hide-input");
  const input = hidden ? `<details><summary>code</summary>${code}</details>` : source.trim() && code;
  const outputs = cell.outputs ?? [];
  return [
    input,
    ...outputs.filter((output, k) => k === 0 || captionOf(output) === undefined).map((output) => {
      const caption = captionOf(outputs[outputs.indexOf(output) + 1]);
      return renderOutput(output, options, caption && renderMarkdown(caption, options));
    }),
  ].join("\n");
}

/** The text of an output that is the caption of the one before it, as `show` marks them. */
function captionOf(output?: Output): string | undefined {
  if (output?.output_type !== "display_data" || !output.metadata.caption) return undefined;
  return joinLines(output.data["text/markdown"] as MultiLine);
}

function renderOutput(
  output: Output,
  options: Parameters<typeof renderMarkdown>[1],
  caption?: string,
): string {
  const captioned = (content: string) =>
    `<figure>${content}${caption ? `<figcaption>${caption}</figcaption>` : ""}</figure>`;
  if (output.output_type === "stream") {
    return `<pre class="text ${output.name}">${escapeHtml(joinLines(output.text))}</pre>`;
  }
  if (output.output_type === "error") {
    return `<pre class="error">${escapeHtml(`${output.ename}: ${output.evalue}`)}</pre>`;
  }
  const { data, metadata } = output;
  const form = (type: string) => type in data ? joinLines(data[type] as MultiLine) : undefined;
  const text = form("text/plain");
  const table = form("text/html");
  if (table !== undefined) {
    const block = `<div class="table">${table}</div>`;
    return caption ? captioned(block) : block;
  }
  const prose = form("text/markdown");
  if (prose !== undefined) return `<section>${renderMarkdown(prose, options)}</section>`;
  const formula = form("text/latex");
  if (formula !== undefined) return renderLatex(formula, options);
  for (const type of ["image/svg+xml", "image/png", "image/jpeg"]) {
    const picture = form(type);
    if (picture === undefined) continue;
    // A drawing stands as a picture of its own, since two drawings in one page may use the same ids.
    const base64 = type === "image/svg+xml" ? encodeBase64(picture) : picture.replace(/\s/g, "");
    const { width, height } = metadata[type] as { width?: number; height?: number } ?? {};
    const size = width && height ? ` width="${width}" height="${height}"` : "";
    const address = `data:${type};base64,${base64}`;
    return captioned(`<img alt="${escapeHtml(text ?? "")}"${size} src="${address}">`);
  }
  return text === undefined ? "" : `<pre class="text">${escapeHtml(text)}</pre>`;
}

function encodeBase64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

/** Links between notebooks become links between pages; pictures come along; other files stay where they are. */
function linkFromBook(
  address: string,
  isImage: boolean,
  { directory, page, pages, addPicture, report }: Place,
): string {
  if (/^([a-z][a-z0-9+.-]*:|\/|#)/i.test(address)) return address;
  const [, path, rest] = address.match(/^([^?#]*)(.*)$/s)!;
  let target: string;
  try {
    target = resolve(dirname(page.path), decodeURI(path));
  } catch {
    report(`the link ${address} is malformed: expected UTF-8 behind each %. It stays as it is.`);
    return address;
  }
  const other = pages.find((other) => resolve(other.path) === target);
  if (other) return encodeURI(pageAddress(other)) + rest;
  if (isImage) return encodeURI(addPicture(target));
  return encodeURI(relative(directory, target).replaceAll("\\", "/")) + rest;
}

async function copyStyles(directory: string): Promise<void> {
  const copy = async (specifier: string, name: string) =>
    await writeFile(
      join(directory, name),
      await Deno.readFile(fileURLToPath(import.meta.resolve(specifier))),
    );
  await copy("./book.css", "book.css");
  await copy("highlight.js/styles/github.css", "highlight.css");
  await copy("katex/dist/katex.min.css", "katex.min.css");
  const fonts = join(dirname(fileURLToPath(import.meta.resolve("katex/dist/katex.min.css"))), "fonts");
  for await (const { name } of Deno.readDir(fonts)) {
    if (name.endsWith(".woff2")) {
      await writeFile(join(directory, "fonts", name), await Deno.readFile(join(fonts, name)));
    }
  }
}
