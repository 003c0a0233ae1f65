/** The one reader and writer of CSV files; every error of the reader has its place. */
// @ts-types="@types/d3-dsv"
import { csvFormatRows, csvParseRows } from "d3-dsv";
import { exists, readText } from "./files.ts";

/** A line of cells, with where it stands. */
export interface CsvLine {
  cells: string[];
  where: string;
}

export function formatCsv(header: string[], lines: (string | number)[][]): string {
  return csvFormatRows([header, ...lines.map((cells) => cells.map(String))]) + "\n";
}

/** Throws, naming `where` the text is from, if a line has more or fewer cells than the header. */
export function parseCsv(text: string, where: string): { header: string[]; lines: CsvLine[] } {
  const [header = [], ...others] = csvParseRows(text.trimEnd());
  const lines = others.map((cells, k) => {
    const place = `${where}, line ${k + 2}`;
    if (cells.length === header.length) return { cells, where: place };
    throw new Error(`${place}: expected ${header.length} cells, found ${cells.length}.`);
  });
  return { header, lines };
}

/** The lines of the file `path`; none where there is no file. Throws as `parseCsv` does, and if the columns are others. */
export async function readCsv(path: string, columns: string[]): Promise<CsvLine[]> {
  if (!await exists(path)) return [];
  const { header, lines } = parseCsv(await readText(path), path);
  if (header.join() === columns.join()) return lines;
  throw new Error(`${path}: expected the columns ${columns.join()}, found ${header.join()}.`);
}

/** A cell as a number. Throws unless it is a finite one or, where it may be, the text of another. */
export function numberOf(cell: string, where: string, { mayBeNonFinite = false } = {}): number {
  const value = Number(cell);
  if (cell.trim() && Number.isFinite(value)) return value;
  if (mayBeNonFinite && /^(NaN|-?Infinity)$/.test(cell)) return value;
  throw new Error(`${where}: expected a number, found ${JSON.stringify(cell.slice(0, 80))}.`);
}
