/** Tables: as Polars data frames, as CSV files, as HTML and text in notebooks. */
import type { DataFrame } from "nodejs-polars";
import { join } from "node:path";
import { checkOptions } from "../check_options.ts";
import { outputDirectory, writeFile } from "../files.ts";
import type { RunRecord } from "../runs/mod.ts";
import { ownStages, totalOf } from "../weights/mod.ts";
import { inColumns } from "../columns.ts";
import { formatDuration } from "../duration.ts";
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
  options: { directory?: string } = {},
): Promise<DrawnTable> {
  checkOptions("table", options, ["directory"]);
  const { directory = join(outputDirectory(), "tables") } = options;
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
  const trained = row.run && howTrained(row.run);
  return {
    ...record,
    experiment: row.experiment,
    recipe: trained && trained.plan,
    "epochs (ours)": trained && trained.epochs,
    "training seconds": trained && trained.seconds,
    engine: trained && trained.engines.join("; "),
    device: trained && trained.device,
  };
}

/** What the experiment's own stages took, by what the last of them was trained, and from whose weights the first. */
function howTrained({ provenance }: RunRecord) {
  const stages = ownStages(provenance), [{ from }] = stages;
  return { ...stages.at(-1)!, ...totalOf(stages), from };
}

/** Where ours come from, in one line. */
export function provenance({ experiment, run }: PaperTableRow): string {
  if (!run) return `${experiment}: ${notRun}`;
  const { plan, from, recipe: { optimiser }, epochs, seconds, engines, device } = howTrained(run);
  return [
    `${experiment}, recipe ${plan}`,
    ...from === "random" ? [] : [`from the weights of ${from.experiment}`],
    // What the rows of the paper do not have, and their names do not say.
    ..."weightDecay" in optimiser && optimiser.weightDecay ? [`weight decay ${optimiser.weightDecay}`] : [],
    `${shorten(epochs)} epochs`,
    `in ${formatDuration(seconds)}`,
    `engine ${engines.join("; ")}`,
    `on ${device}`,
  ].join(", ");
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function shown(value: number | null, digits?: number): string {
  if (value === null) return notRun;
  if (Number.isNaN(value)) return "–";
  return digits === undefined ? shorten(value) : value.toFixed(digits);
}

/** Where the rows' values come from, each said once, and for each row the number of its note, from 1. */
function footnotes(rows: PaperTableRow[]): { notes: string[]; numbers: number[] } {
  const said = rows.map(provenance);
  const notes = [...new Set(said)];
  return { notes, numbers: said.map((note) => notes.indexOf(note) + 1) };
}

function tableHtml({ number, caption, rows }: PaperTable): string {
  const { notes, numbers } = footnotes(rows);
  const { keys, measures } = rows[0];
  // Front ends differ in where they align what says nothing about it.
  const cell = (tag: string, text: string, align: string, attributes = "") =>
    `<${tag} style="text-align:${align}"${attributes}>${escapeXml(text)}</${tag}>`;
  const head = [
    ...Object.keys(keys).map((key) => cell("th", key, "left", ' rowspan="2"')),
    ...measures.map(({ name, paper }) => cell("th", name, "right", ` colspan="${paper === null ? 1 : 2}"`)),
    cell("th", "note", "right", ' rowspan="2"'),
  ];
  const subhead = measures.flatMap(({ paper }) => paper === null ? ["ours"] : ["paper", "ours"]);
  const body = rows.map((row, k) => [
    ...Object.values(row.keys).map((value) => cell("td", value, "left")),
    ...row.measures.flatMap(({ digits, paper, ours }) => [
      ...(paper === null ? [] : [cell("td", shown(paper, digits), "right")]),
      cell("td", shown(ours, digits), ours === null ? "right;color:#888" : "right"),
    ]),
    cell("td", String(numbers[k]), "right"),
  ]);
  return `<div><table><caption>Table ${number}: ${escapeXml(caption)}</caption>
<thead><tr>${head.join("")}</tr><tr>${subhead.map((name) => cell("th", name, "right")).join("")}</tr></thead>
<tbody>${body.map((cells) => `<tr>${cells.join("")}</tr>`).join("\n")}</tbody></table>
<ol>${notes.map((note) => `<li>${escapeXml(note)}</li>`).join("\n")}</ol></div>`;
}

function tableText({ number, caption, rows }: PaperTable): string {
  const { notes, numbers } = footnotes(rows);
  const { keys, measures } = rows[0];
  const head = [
    ...Object.keys(keys),
    ...measures.flatMap(({ name, paper }) => paper === null ? [name] : [`${name} paper`, "ours"]),
    "note",
  ];
  const lines = rows.map((row, k) => [
    ...Object.values(row.keys),
    ...row.measures.flatMap(({ digits, paper, ours }) =>
      paper === null ? [shown(ours, digits)] : [shown(paper, digits), shown(ours, digits)]
    ),
    String(numbers[k]),
  ]);
  const written = inColumns([head, ...lines], (k) => k < Object.keys(keys).length);
  return [`Table ${number}: ${caption}`, ...written, ...notes.map((note, k) => `${k + 1}. ${note}`)].join(
    "\n",
  );
}
