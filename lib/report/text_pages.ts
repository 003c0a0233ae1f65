/** Pages of raw text in a typewriter face, as in Figures 3–8. */
import { escapeXml, svgDocument } from "./svg.ts";

export interface TextPageOptions {
  /** Characters in a row; longer lines are broken at this column, as in the paper. Default 80. */
  columns?: number;
  /** Rows on a page. Default 64. */
  rows?: number;
  /** Which page of the text, from 1. Default 1. */
  page?: number;
}

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

/**
 * One page of text as SVG. The text may be the raw bytes of Wikipedia, real or generated.
 *
 * @throws RangeError if the text ends before the page begins.
 */
export function textPage(text: string | Uint8Array, options: TextPageOptions = {}): string {
  const { columns = 80, rows = 64, page = 1 } = options;
  const lines = wrapText(visibleText(text), columns).slice((page - 1) * rows, page * rows);
  if (lines.length === 0) {
    throw new RangeError(
      `The text has no page ${page} of ${rows} rows of ${columns} characters: give more text.`,
    );
  }
  const fontSize = 12, advance = 0.602 * fontSize, leading = 15, margin = 14;
  return svgDocument(
    Math.ceil(columns * advance + 2 * margin),
    lines.length * leading + 2 * margin,
    `<g font-family="DejaVu Sans Mono, monospace" font-size="${fontSize}" fill="black" xml:space="preserve">`,
    ...lines.map((line, row) => {
      // A no-break space is kept everywhere; xml:space alone is ignored by some viewers.
      const content = escapeXml(line.trimEnd()).replaceAll(" ", "\u00a0");
      return content && `<text x="${margin}" y="${margin + 11 + row * leading}">${content}</text>`;
    }),
    "</g>",
  );
}
