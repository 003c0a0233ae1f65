/** The one reader of CSV files: cells without quotes, and every error with its place. */

/** A line of cells, with where it stands. */
export interface CsvLine {
  cells: string[];
  where: string;
}

/** Throws, naming `where` the text is from, if a line has more or fewer cells than the header. */
export function parseCsv(text: string, where: string): { header: string[]; lines: CsvLine[] } {
  const [first, ...others] = text.trimEnd().split(/\r?\n/);
  const header = first.split(",");
  const lines = others.map((line, k) => {
    const cells = line.split(","), place = `${where}, line ${k + 2}`;
    if (cells.length === header.length) return { cells, where: place };
    throw new Error(`${place}: expected ${header.length} cells, found ${cells.length}.`);
  });
  return { header, lines };
}

/** A cell as a number. Throws unless it is a finite one or, where it may be, the text of another. */
export function numberOf(cell: string, where: string, { mayBeNonFinite = false } = {}): number {
  const value = Number(cell);
  if (cell.trim() && Number.isFinite(value)) return value;
  if (mayBeNonFinite && /^(NaN|-?Infinity)$/.test(cell)) return value;
  throw new Error(`${where}: expected a number, found ${JSON.stringify(cell.slice(0, 80))}.`);
}
