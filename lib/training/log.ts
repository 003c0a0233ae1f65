/** `log.csv`: how a training went. */
import type { LogRow } from "./checkpoint.ts";

const columns: { name: string; key: keyof LogRow; format: (value: number) => string }[] = [
  { name: "update", key: "update", format: String },
  { name: "epoch", key: "epoch", format: (value) => value.toFixed(3) },
  { name: "seconds", key: "seconds", format: (value) => value.toFixed(1) },
  { name: "training loss", key: "trainingLoss", format: (value) => value.toFixed(4) },
  { name: "validation loss", key: "validationLoss", format: (value) => value.toFixed(4) },
  { name: "rate", key: "rate", format: (value) => value.toPrecision(4) },
];

export function logCsv(rows: LogRow[]): string {
  const lines = rows.map((row) => columns.map(({ key, format }) => format(row[key])).join(","));
  return [columns.map(({ name }) => name).join(","), ...lines, ""].join("\n");
}

/** The opposite of `logCsv`. Throws if the columns are others. */
export function parseLogCsv(text: string): LogRow[] {
  const [header, ...lines] = text.trimEnd().split("\n");
  const expected = columns.map(({ name }) => name).join(",");
  if (header !== expected) throw new Error(`A training log has the columns ${expected}; found ${header}.`);
  return lines.map((line) => {
    const values = line.split(",").map(Number);
    return Object.fromEntries(columns.map(({ key }, k) => [key, values[k]])) as unknown as LogRow;
  });
}
