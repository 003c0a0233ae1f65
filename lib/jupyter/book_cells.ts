/** A notebook's cells and their outputs as HTML, each output in the form that is best in a book. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { svgSize } from "../report/svg.ts";
import { type BookPage, pageAddress, type StaticPage } from "./book_page.ts";
import { chartHtml, type Charts } from "./charts.ts";
import { escapeHtml, highlight, renderLatex, renderMarkdown } from "./markdown.ts";
import { type Cell, type DisplayOutput, joinLines, type MultiLine, type Output } from "./notebook_file.ts";

/** Where files that are not of the book can be read: those below the folder `root` at `url`. */
export interface Repository {
  root: string;
  url: string;
}

export interface Place {
  directory: string;
  page: BookPage;
  pages: BookPage[];
  first: StaticPage[];
  repository?: Repository;
  /** SVG of the figures that notebooks showed, by their names. */
  drawings: Map<string, string>;
  charts: Charts;
  /** Puts a file into the book when its pages are written: these bytes, or a copy of the file of that path. Returns its
   * address there. */
  addFile: (name: string, content: Uint8Array | string) => string;
  /** Takes what is wrong in the cell that is being rendered. */
  report: (problem: string) => void;
}

type Options = Parameters<typeof renderMarkdown>[1];

export function renderCell(cell: Cell, place: Place): string {
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
      return renderOutput(output, place, options, caption && renderMarkdown(caption, options));
    }),
  ].join("\n");
}

/** The text of an output that is the caption of the one before it, as `show` marks them. */
function captionOf(output?: Output): string | undefined {
  if (output?.output_type !== "display_data" || !output.metadata.caption) return undefined;
  return joinLines(output.data["text/markdown"] as MultiLine);
}

function renderOutput(output: Output, place: Place, options: Options, caption?: string): string {
  if (output.output_type === "stream") {
    return `<pre class="text ${output.name}">${escapeHtml(joinLines(output.text))}</pre>`;
  }
  if (output.output_type === "error") {
    return `<pre class="error">${escapeHtml(`${output.ename}: ${output.evalue}`)}</pre>`;
  }
  const name = figureOf(output);
  const captioned = (content: string) =>
    `<figure${name ? ` id="${escapeHtml(name)}"` : ""}>${content}${
      caption ? `<figcaption>${caption}</figcaption>` : ""
    }</figure>`;
  const form = (type: string) => type in output.data ? joinLines(output.data[type] as MultiLine) : undefined;
  const text = form("text/plain");
  if (typeof output.metadata.live === "string" && "image/png" in output.data) {
    return captioned(renderLive(output, output.metadata.live, place));
  }
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
    const image = renderPicture(output, type, picture, place), chart = place.charts.get(output);
    return captioned(chart ? chartHtml(chart, image, text ?? "") : image);
  }
  return text === undefined ? "" : `<pre class="text">${escapeHtml(text)}</pre>`;
}

/** A live page at work, by its address in the book: a picture, and the page when the reader asks for it. */
function renderLive(output: DisplayOutput, live: string, place: Place): string {
  const picture = renderPicture(output, "image/png", joinLines(output.data["image/png"] as MultiLine), place);
  const page = place.first.find(({ address }) => live.startsWith(`${address}#`));
  return !page
    ? picture
    : `${picture}<details class="live"><summary>Let the network write it here</summary><iframe
 title="${escapeHtml(page.title)}" loading="lazy" src="${escapeHtml(live)}"></iframe></details>`;
}

/** The name under which `show` has shown a figure, if a file can have it. */
function figureOf({ metadata: { figure } }: DisplayOutput): string | undefined {
  return typeof figure === "string" && /^[\w.-]+$/.test(figure) ? figure : undefined;
}

/** A picture in a file of its own, since two drawings in one page may use the same ids: its drawing, where there is one that
 * is no longer on its way to the reader, or as it is in the notebook. */
function renderPicture(output: DisplayOutput, type: string, picture: string, place: Place): string {
  const { width, height } = output.metadata[type] as { width?: number; height?: number } ?? {};
  const name = figureOf(output);
  let svg = type === "image/svg+xml" ? picture : undefined;
  let bytes: Uint8Array | undefined;
  try {
    if (svg === undefined) bytes = Uint8Array.fromBase64(picture);
  } catch {
    place.report(`expected a picture in base64, found ${JSON.stringify(picture.slice(0, 20))}.`);
    return "";
  }
  const drawing = place.drawings.get(name ?? "");
  if (drawing !== undefined && bytes && isSmaller(drawing, bytes)) {
    const size = svgSize(drawing);
    // A drawing of another size is of another execution.
    if (size.width === width && size.height === height) [svg, bytes] = [drawing, undefined];
  }
  const ending = svg !== undefined ? "svg" : type.replace(/^image\//, "");
  const file = `figures/${basename(place.page.path, ".ipynb")}/${name ?? "picture"}.${ending}`;
  const address = place.addFile(file, bytes ?? new TextEncoder().encode(svg));
  const alt = escapeHtml(joinLines(output.data["text/plain"] as MultiLine ?? ""));
  const size = width && height ? ` width="${width}" height="${height}"` : "";
  // On a dark page lines may be light; what a heat map says is in its colours.
  const kind = svg !== undefined && !svg.includes("<image") ? ' class="lines"' : "";
  return `<img${kind} alt="${alt}"${size} loading="lazy" src="${encodeURI(address)}">`;
}

/** Whether a text is smaller than bytes that cannot be made smaller, as web servers send them. */
function isSmaller(text: string, bytes: Uint8Array): boolean {
  return gzipSync(text).length < bytes.length;
}

/** Links between pages of the book stay in it; pictures come along; other files are where they are, or in the repository. */
function linkFromBook(address: string, isImage: boolean, place: Place): string {
  const { directory, page, pages, first, repository } = place;
  if (/^([a-z][a-z0-9+.-]*:|\/|#)/i.test(address)) return address;
  const [, path, rest] = address.match(/^([^?#]*)(.*)$/s)!;
  let target: string;
  try {
    target = resolve(dirname(page.path), decodeURI(path));
  } catch {
    place.report(`the link ${address} is malformed: expected UTF-8 behind each %. It stays as it is.`);
    return address;
  }
  const other = pages.find((other) => resolve(other.path) === target);
  if (other) return encodeURI(pageAddress(other)) + rest;
  // Notebooks lead to pages of the book as it lies in results/.
  const fixed = first.find(({ address }) => target.endsWith(join("book", address)));
  if (fixed) return encodeURI(fixed.address) + rest;
  if (isImage) return encodeURI(place.addFile(`pictures/${basename(target)}`, target));
  return encodeURI(fileAddress(target, directory, repository)) + rest;
}

/** Where a file that is not of the book is found from it. */
export function fileAddress(path: string, directory: string, repository?: Repository): string {
  const below = repository && relative(repository.root, path).replaceAll("\\", "/");
  return below !== undefined && !below.startsWith("..")
    ? `${repository!.url}/${below}`
    : relative(directory, path).replaceAll("\\", "/");
}
