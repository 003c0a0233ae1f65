/** `log.csv`: how a training went. */
import * as v from "valibot";
import { formatCsv, numberOf, parseCsv } from "../csv.ts";
import * as is from "../schema.ts";

/** A row of `log.csv`. */
export interface LogRow {
  update: number;
  /** Points learned from, in passes over the training set. */
  epoch: number;
  seconds: number;
  /** Of the updates since the row before, in the experiment's unit. */
  trainingLoss: number;
  /** Of the averaged weights, on the validation sample. */
  validationLoss: number;
  rate: number;
  /** Adaptive noise: the prior's share of the description length, KL(Q‖P)/N in nats per sequence; with the training
   * loss, which is under noise, it makes the whole. */
  divergence?: number;
  /** Adaptive noise: the mean σ of each matrix and vector, by name. */
  deviations?: Record<string, number>;
}

/** A validation loss may be no number; `readLatest` reads it back from JSON's null. */
const anyLoss: is.Schema<number> = v.custom<number>((value) => typeof value === "number", "a number");
export const rowSchema: is.Schema<LogRow> = is.object({
  update: is.integer(0),
  epoch: is.between(0),
  seconds: is.between(0),
  trainingLoss: anyLoss,
  validationLoss: anyLoss,
  rate: is.between(0),
  divergence: is.optional(is.number),
  deviations: is.optional(v.record(v.string(), is.number, "an object of numbers")),
});

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
  const lines = rows.map((row) => [
    ...columns.map(({ key, format }) => format(row[key]!)),
    ...learned.length > 0 ? [row.divergence?.toFixed(4) ?? ""] : [],
    ...names.map((name) => row.deviations?.[name].toPrecision(4) ?? ""),
  ]);
  return formatCsv([...columns.map(({ name }) => name), ...learned], lines);
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
