/** `log.csv`: how a training went. */
import { numberOf, parseCsv } from "../csv.ts";
import type { LogRow } from "./checkpoint.ts";

type Numbers = Omit<LogRow, "deviations">;

const columns: { name: string; key: keyof Numbers; format: (value: number) => string }[] = [
  { name: "update", key: "update", format: String },
  { name: "epoch", key: "epoch", format: (value) => value.toFixed(3) },
  { name: "seconds", key: "seconds", format: (value) => value.toFixed(1) },
  { name: "training loss", key: "trainingLoss", format: (value) => value.toFixed(4) },
  { name: "validation loss", key: "validationLoss", format: (value) => value.toFixed(4) },
  { name: "rate", key: "rate", format: (value) => value.toPrecision(4) },
];
/** Only trainings with adaptive noise have these: KL(Q‖P)/N, and a column of each matrix' mean σ. */
const divergence = "divergence", deviation = "σ ";

export function logCsv(rows: LogRow[]): string {
  const names = Object.keys(rows.findLast((row) => row.deviations)?.deviations ?? {});
  const learned = names.length > 0 ? [divergence, ...names.map((name) => deviation + name)] : [];
  const lines = rows.map((row) =>
    [
      ...columns.map(({ key, format }) => format(row[key]!)),
      ...learned.length > 0 ? [row.divergence?.toFixed(4) ?? ""] : [],
      ...names.map((name) => row.deviations?.[name].toPrecision(4) ?? ""),
    ].join(",")
  );
  return [[...columns.map(({ name }) => name), ...learned].join(","), ...lines, ""].join("\n");
}

/** The opposite of `logCsv`. Throws, naming `where` the text is from, if the columns are others or a cell is no number. */
export function parseLogCsv(text: string, where: string): LogRow[] {
  const { header, lines } = parseCsv(text, where), expected = columns.map(({ name }) => name);
  const learned = header.slice(expected.length);
  if (
    !expected.every((name, k) => header[k] === name) ||
    !learned.every((name, k) => k === 0 ? name === divergence : name.startsWith(deviation))
  ) throw new Error(`${where}: expected the columns ${expected.join(",")}, found ${header.join(",")}.`);
  return lines.map(({ cells, where }) => {
    const numbers = columns.map(({ key }, k) => {
      const mayBeNonFinite = key === "trainingLoss" || key === "validationLoss";
      return [key, numberOf(cells[k], where, { mayBeNonFinite })];
    });
    const row = Object.fromEntries(numbers) as LogRow;
    const [nats, ...deviations] = cells.slice(columns.length);
    if (!nats) return row;
    return {
      ...row,
      divergence: numberOf(nats, where),
      deviations: Object.fromEntries(
        deviations.map((cell, k) => [learned[k + 1].slice(deviation.length), numberOf(cell, where)]),
      ),
    };
  });
}
