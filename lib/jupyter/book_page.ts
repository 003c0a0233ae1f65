/** What every page of the book has around its content: the head, the navigation, the search. */
import { basename } from "node:path";
import { anchor, escapeHtml } from "./markdown.ts";
import { joinLines, type Notebook } from "./notebook_file.ts";

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

/** What a page's navigation leads to. */
export interface Contents {
  title: string;
  pages: BookPage[];
  /** They stand before the notebooks. */
  first: StaticPage[];
}

/** The first heading of a notebook, or its file's name. */
export function pageTitle({ notebook, path }: BookPage): string {
  for (const cell of notebook.cells) {
    const heading = cell.cell_type === "markdown" && joinLines(cell.source).match(/^# (.+)$/m);
    if (heading) return heading[1].trim();
  }
  return basename(path, ".ipynb");
}

/** A page's file in the book. */
export function pageAddress({ path }: BookPage): string {
  return `${basename(path, ".ipynb")}.html`;
}

export function pageLink(page: BookPage, mark = ""): string {
  return `<a href="${encodeURI(pageAddress(page))}">${mark} ${escapeHtml(pageTitle(page))}</a>`;
}

/** The whole of a page with this content; `here` is its place in the book, which the index has none of, `scripts` what a
 * notebook's page needs. */
export function pageHtml(
  main: string,
  contents: Contents,
  here?: BookPage | StaticPage,
  scripts: string[] = [],
): string {
  const isStatic = here !== undefined && "address" in here;
  const title = here === undefined ? contents.title : isStatic ? here.title : pageTitle(here);
  const links = (isStatic ? here.styles : []).map((address) =>
    `<link rel="stylesheet" href="${encodeURI(address)}">\n`
  );
  const programs = ["search.js", ...isStatic ? here.scripts : scripts].map((address) =>
    `<script src="${encodeURI(address)}"></script>\n`
  );
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
${navigation(contents, here)}
<main>
${main}
</main>
${programs.join("")}</body>
</html>
`;
}

function navigation({ title, pages, first }: Contents, here?: BookPage | StaticPage): string {
  const link = (isHere: boolean, address: string, title: string) =>
    `<a${isHere ? ' class="here" aria-current="page"' : ""} href="${encodeURI(address)}">${
      escapeHtml(title)
    }</a>`;
  const live = first.map((page) => link(page === here, page.address, page.title));
  const entries = pages.map((page) => {
    const entry = link(page === here, pageAddress(page), pageTitle(page));
    if (page !== here) return entry;
    const sections = page.notebook.cells
      .filter((cell) => cell.cell_type === "markdown")
      .flatMap((cell) =>
        [...joinLines(cell.source).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading.trim())
      )
      .map((heading) =>
        `<a class="section" href="#${encodeURI(anchor(heading))}">${escapeHtml(heading)}</a>`
      );
    return entry + sections.join("");
  });
  // The script that searches shows its field.
  return `<nav aria-label="Contents"><a class="title" href="index.html">${escapeHtml(title)}</a>
<search hidden><input id="search" type="search" placeholder="Search" aria-label="Search the book" autocomplete="off">
<p id="found-count" role="status"></p><ol id="found"></ol></search>
<details><summary>Contents</summary>${[...live, ...entries].join("")}</details></nav>`;
}
