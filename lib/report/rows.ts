/** Any rows as a small table: HTML in a notebook, aligned text elsewhere. */
import { checkOptions } from "../check_options.ts";
import { inColumns } from "../columns.ts";
import { escapeXml } from "./svg.ts";

export type Row = Record<string, string | number | null | undefined>;

/**
 * A table of `rows`, one column for each name in the first. As a cell's last value it displays itself.
 * Numbers that are not whole are shown with `digits` significant digits.
 */
export function rowsTable(
  rows: Row[],
  options: { caption?: string; digits?: number } = {},
) {
  checkOptions("rowsTable", options, ["caption", "digits"]);
  const { caption = "", digits = 4 } = options;
  const columns = Object.keys(rows[0] ?? {});
  const show = (value: Row[string]) =>
    typeof value === "number" && !Number.isInteger(value)
      ? String(Number(value.toPrecision(digits)))
      : String(value ?? "–");
  const cells = rows.map((row) => columns.map((column) => show(row[column])));
  const isNumber = columns.map((column) => rows.every((row) => typeof row[column] !== "string"));
  // Front ends differ in where they align what says nothing about it.
  const align = (k: number) => ` style="text-align:${isNumber[k] ? "right" : "left"}"`;
  const html = `<table>${caption && `<caption>${escapeXml(caption)}</caption>`}<thead><tr>${
    columns.map((column, k) => `<th${align(k)}>${escapeXml(column)}</th>`).join("")
  }</tr></thead><tbody>${
    cells.map((row) => `<tr>${row.map((cell, k) => `<td${align(k)}>${escapeXml(cell)}</td>`).join("")}</tr>`)
      .join("\n")
  }</tbody></table>`;
  const lines = inColumns([columns, ...cells], (k) => !isNumber[k]);
  const text = [...(caption ? [caption] : []), ...lines].join("\n");
  return {
    rows,
    html,
    text,
    [Symbol.for("Jupyter.display")]: () => ({ "text/html": html, "text/plain": text }),
  };
}
