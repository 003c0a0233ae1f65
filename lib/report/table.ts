/** Tables: as Polars data frames, as CSV in `results/tables`, as HTML and text in notebooks. */
import type { DataFrame } from "nodejs-polars";
import { join } from "node:path";
import { resultsDirectory, writeFile } from "../files.ts";
import { formatDuration } from "./format.ts";
import { escapeXml } from "./svg.ts";
import type { PaperTable, PaperTableRow } from "./tables.ts";

const notRun = "not run";
const textColumns = new Set(["experiment", "recipe", "engine", "device"]);

/** A table with its data frame. As a cell's last value it displays itself. */
export interface DrawnTable {
  name: string;
  /** One row for each row of the table; `null` where nothing was run. */
  frame: DataFrame;
  csv: string;
  html: string;
  text: string;
}

/** Makes the data frame and writes `table-<number>.csv`, in which `not run` stands for what was not run. */
export async function table(
  data: PaperTable,
  { directory = join(resultsDirectory, "tables") }: { directory?: string } = {},
): Promise<DrawnTable> {
  const { default: polars } = await import("nodejs-polars");
  const records = data.rows.map(flatten);
  const columns = Object.keys(records[0]);
  const frame = polars.DataFrame(columns.map((column) => {
    const values = records.map((record) => record[column]);
    // A column of nulls alone would get no useful type of its own.
    const type = column in data.rows[0].keys || textColumns.has(column) ? polars.Utf8 : polars.Float64;
    return polars.Series(column, values, type);
  }));
  const name = `table-${data.number}`;
  const csv = frame.writeCSV({ nullValue: notRun }).toString();
  await writeFile(join(directory, `${name}.csv`), csv);
  const drawn = { name, frame, csv, html: tableHtml(data), text: tableText(data) };
  return Object.assign(drawn, {
    [Symbol.for("Jupyter.display")]: () => ({ "text/html": drawn.html, "text/plain": drawn.text }),
  });
}

/** A row as named values, one for each column of the data frame. */
function flatten(row: PaperTableRow): Record<string, string | number | null> {
  const record: Record<string, string | number | null> = { ...row.keys };
  for (const { name, paper, ours } of row.measures) {
    if (paper !== null) record[`${name} (paper)`] = paper;
    record[`${name} (ours)`] = ours;
  }
  return {
    ...record,
    experiment: row.experiment,
    recipe: row.run?.recipe ?? null,
    "epochs (ours)": row.run?.epochs ?? null,
    "training seconds": row.run?.seconds ?? null,
    engine: row.run?.engine ?? null,
    device: row.run?.device ?? null,
  };
}

/** Where ours come from, in one line. */
export function provenance({ experiment, run }: PaperTableRow): string {
  if (!run) return `${experiment}: ${notRun}`;
  return [
    run.recipe ? `${experiment}, recipe ${run.recipe}` : experiment,
    run.startedFrom ? `from the weights of ${run.startedFrom.experiment}` : "",
    run.epochs === undefined ? "" : `${shorten(run.epochs)} epochs`,
    run.seconds === undefined ? "" : `in ${formatDuration(run.seconds)}`,
    run.engine ? `engine ${run.engine}` : "",
    run.device ? `on ${run.device}` : "",
  ].filter(Boolean).join(", ");
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function shown(value: number | null, digits?: number): string {
  if (value === null) return notRun;
  if (Number.isNaN(value)) return "–";
  return digits === undefined ? shorten(value) : value.toFixed(digits);
}

function tableHtml({ number, caption, rows }: PaperTable): string {
  const keys = Object.keys(rows[0].keys);
  const { measures } = rows[0];
  const cell = (tag: string, text: string, attributes = "") =>
    `<${tag}${attributes}>${escapeXml(text)}</${tag}>`;
  const faint = ' style="color:#888"', right = ' style="text-align:right"';
  const head = keys.map((key) => cell("th", key, ' rowspan="2"')).join("") +
    measures.map(({ name, paper }) => cell("th", name, ` colspan="${paper === null ? 1 : 2}"`)).join("") +
    cell("th", "ours comes from", ' rowspan="2"');
  const subhead = measures.map(({ paper }) => (paper === null ? "" : "<th>paper</th>") + "<th>ours</th>")
    .join("");
  const body = rows.map((row) =>
    "<tr>" +
    Object.values(row.keys).map((value) => cell("td", value)).join("") +
    row.measures.map(({ digits, paper, ours }) =>
      (paper === null ? "" : cell("td", shown(paper, digits), right)) +
      cell("td", shown(ours, digits), ours === null ? faint : right)
    ).join("") +
    cell("td", provenance(row), row.run ? "" : faint) +
    "</tr>"
  ).join("\n");
  return `<table><caption>Table ${number}: ${escapeXml(caption)}</caption>
<thead><tr>${head}</tr><tr>${subhead}</tr></thead>
<tbody>${body}</tbody></table>`;
}

function tableText({ number, caption, rows }: PaperTable): string {
  const head = [
    ...Object.keys(rows[0].keys),
    ...rows[0].measures.flatMap(({ name, paper }) => paper === null ? [name] : [`${name} paper`, "ours"]),
    "ours comes from",
  ];
  const lines = rows.map((row) => [
    ...Object.values(row.keys),
    ...row.measures.flatMap(({ digits, paper, ours }) =>
      paper === null ? [shown(ours, digits)] : [shown(paper, digits), shown(ours, digits)]
    ),
    provenance(row),
  ]);
  const widths = head.map((_, k) => Math.max(...[head, ...lines].map((line) => line[k].length)));
  const written = [head, ...lines].map((line) =>
    line.map((text, k) => text.padEnd(widths[k])).join("  ").trimEnd()
  );
  return [`Table ${number}: ${caption}`, ...written].join("\n");
}
