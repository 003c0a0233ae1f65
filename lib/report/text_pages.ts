/** Pages of raw text in a typewriter face, as in Figures 3–8. */
import { checkOptions } from "../check_options.ts";
import { fallbackFont } from "./fonts.ts";
import { escapeXml, svgDocument } from "./svg.ts";

export interface TextPageOptions {
  /** Characters in a row; longer lines are broken at this column, as in the paper. Default 80. */
  columns?: number;
  /** Rows on a page. Default 64. */
  rows?: number;
  /** Which page of the text, from 1. Default 1. */
  page?: number;
}
const pageNames = ["columns", "rows", "page"] as const satisfies (keyof TextPageOptions)[];

/**
 * Bytes as text that can be seen: UTF-8 decoded, what is not UTF-8 as U+FFFD, and every character that has no
 * picture of its own replaced: control characters by their symbols (U+2400…), tabs by eight spaces, marks without
 * width and direction marks by U+FFFD.
 */
export function visibleText(text: string | Uint8Array): string {
  const decoded = typeof text === "string" ? text : new TextDecoder().decode(text);
  return decoded.replaceAll("\r\n", "\n").replaceAll("\t", "        ").replaceAll("\u00ad", "-")
    .replace(/[\p{C}\u2028\u2029]/gu, (character) => {
      const code = character.charCodeAt(0);
      // The joiners of Arabic and Indic scripts change their neighbours' shapes: they are seen.
      if (character === "\n" || character === "\u200c" || character === "\u200d") return character;
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
    });
}

/** Breaks visible text into rows of at most `columns` columns; a wide (East Asian) character takes two. */
export function wrapText(text: string, columns = 80): string[] {
  return text.split("\n").flatMap((line) => {
    const rows: string[] = [];
    let row = "", used = 0;
    for (const character of line) {
      const width = columnsOf(character);
      if (used + width > columns) {
        rows.push(row);
        row = "";
        used = 0;
      }
      row += character;
      used += width;
    }
    return [...rows, row];
  });
}

function columnsOf(character: string): number {
  if (/[\p{M}\u200c\u200d]/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
      .test(character)
    ? 2
    : 1;
}

/** The rows of one page. Throws RangeError if the text ends before the page begins. */
export function pageRows(text: string | Uint8Array, options: TextPageOptions = {}): string[] {
  checkOptions("pageRows", options, pageNames);
  const { columns = 80, rows = 64, page = 1 } = options;
  const lines = wrapText(visibleText(text), columns).slice((page - 1) * rows, page * rows);
  if (lines.length === 0) {
    throw new RangeError(
      `The text has no page ${page} of ${rows} rows of ${columns} characters: give more text.`,
    );
  }
  return lines.map((line) => line.trimEnd());
}

/**
 * One page of text as SVG. The text may be the raw bytes of Wikipedia, real or generated.
 *
 * @throws RangeError if the text ends before the page begins.
 */
export function textPage(text: string | Uint8Array, options: TextPageOptions = {}): string {
  checkOptions("textPage", options, pageNames);
  const lines = pageRows(text, options);
  const fontSize = 12, advance = 0.602 * fontSize, leading = 15, margin = 14;
  const family = `DejaVu Sans Mono, ${fallbackFont}, monospace`;
  return svgDocument(
    Math.ceil((options.columns ?? 80) * advance + 2 * margin),
    lines.length * leading + 2 * margin,
    `<g font-family="${family}" font-size="${fontSize}" fill="black" xml:space="preserve">`,
    ...lines.map((line, row) => {
      const runs = runsOf(line).map(({ text, column }) =>
        // A no-break space is kept everywhere; xml:space alone is ignored by some viewers.
        `<tspan x="${(margin + column * advance).toFixed(1)}">${
          escapeXml(text).replaceAll(" ", "\u00a0")
        }</tspan>`
      );
      return line && `<text y="${margin + 11 + row * leading}">${runs.join("")}</text>`;
    }),
    "</g>",
  );
}

/** The page as text that can be selected, searched and read aloud: an HTML element for notebooks and the book. */
export function textPageHtml(text: string | Uint8Array, options: TextPageOptions = {}): string {
  checkOptions("textPageHtml", options, pageNames);
  return `<pre class="page">${escapeXml(pageRows(text, options).join("\n"))}</pre>`;
}

/** A line in runs that each begin at their column, so that a character from a font of another width moves nothing behind
 * it: Latin, Greek and Cyrillic as they come, words that are written from the right as they are joined, all others one by one. */
function runsOf(line: string): { text: string; column: number }[] {
  const runs: { text: string; column: number; kind: string }[] = [];
  let column = 0;
  for (const character of line) {
    const kind = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/.test(character)
      ? "from the right"
      : character < "\u0530"
      ? "from the left"
      : "alone";
    const last = runs.at(-1), width = columnsOf(character);
    if (last && (width === 0 || (last.kind === kind && kind !== "alone"))) last.text += character;
    else runs.push({ text: character, column, kind });
    column += width;
  }
  return runs;
}
