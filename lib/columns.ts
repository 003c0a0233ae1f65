/** Tables as text. */

/** Rows whose cells stand below each other, two blanks apart: on the left in the columns for which `isLeft` says so, else on
 * the right. */
export function inColumns(rows: string[][], isLeft: (column: number) => boolean): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    row.map((cell, k) => isLeft(k) ? cell.padEnd(widths[k]) : cell.padStart(widths[k])).join("  ").trimEnd()
  );
}
