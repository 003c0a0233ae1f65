/** What text networks gain while they read (Sections 3.1, 3.2), as Vega-Lite specifications. */
import { checkOptions } from "../check_options.ts";
import type { ClosingRow, ContextRow } from "../evaluation/mod.ts";
import type { GainRow } from "../runs/mod.ts";
import { lineChart } from "./curves.ts";
import type { Spec } from "./render.ts";

/**
 * The gain of dynamic evaluation as it reads on: the means of both losses from the first symbol to each place, and
 * below by how much the one is less than the other. The first fiftieth, which is all noise, is left out.
 *
 * @param options.measure what is drawn of a mean in bits per symbol, such as 2^bits for a perplexity.
 */
export function dynamicEvaluationGain(
  rows: GainRow[],
  options: { x?: string; y?: string; measure?: (bitsPerSymbol: number) => number } = {},
): Spec {
  checkOptions("dynamicEvaluationGain", options, ["x", "y", "measure"]);
  const { x = "characters read", y = "bits per character, running mean", measure = (bits) => bits } = options;
  const from = (rows.at(-1)?.symbols ?? 0) / 50;
  const line = (name: string, value: (row: GainRow) => number) => ({
    name,
    points: rows.filter(({ symbols }) => symbols >= from).map((row) => ({ x: row.symbols, y: value(row) })),
  });
  const fixed = ({ symbols, staticBits }: GainRow) => measure(staticBits / symbols);
  const dynamic = ({ symbols, dynamicBits }: GainRow) => measure(dynamicBits / symbols);
  return {
    vconcat: [
      lineChart([line("static", fixed), line("dynamic", dynamic)], { x: "", y, height: 220 }),
      lineChart([line("static − dynamic", (row) => fixed(row) - dynamic(row))], {
        x,
        y: "gain",
        height: 110,
      }),
    ],
  };
}

/**
 * Bits over how much was read since the state was reset, and below what each fourfold of it gains, with a bar of two standard
 * errors to either side. Contexts stand where they begin. Gains stand logarithmically but around zero, so that a hundredth of a
 * bit can be told from none beside the first whole bits.
 */
export function memoryCurves(
  networks: { name: string; rows: ContextRow[] }[],
  options: { y?: string } = {},
): Spec {
  checkOptions("memoryCurves", options, ["y"]);
  const { y = "bits per byte" } = options;
  const x = "bytes read since the state was reset, at least";
  const gains = networks.flatMap(({ name, rows }) =>
    rows.flatMap(({ from, gain, error }) =>
      gain === null || error === null
        ? []
        : [{ name, x: from, gain, low: gain - 2 * error, high: gain + 2 * error }]
    )
  );
  const last = Math.max(...networks.flatMap(({ rows }) => rows.map(({ from }) => from)));
  const places = {
    field: "x",
    type: "quantitative",
    title: x,
    scale: { type: "log", domain: [1, last], nice: false },
  };
  const color = { field: "name", type: "nominal", title: null, sort: null };
  const axis = {
    title: "gained by four times as much",
    scale: { type: "symlog", constant: 0.003 },
    axis: { values: [-0.1, -0.01, 0, 0.01, 0.1, 1], format: "~g", labelOverlap: false },
  };
  const value = (field: string) => ({ field, type: "quantitative", ...axis });
  return {
    vconcat: [
      lineChart(
        networks.map(({ name, rows }) => ({
          name,
          points: rows.map(({ from, bits }) => ({ x: from, y: bits })),
        })),
        { x: "", y, height: 220, logX: true, marks: true },
      ),
      {
        width: 560,
        height: 160,
        data: { values: gains },
        layer: [
          {
            mark: { type: "rule", strokeDash: [2, 3], color: "gray" },
            encoding: { y: { datum: 0, type: "quantitative", ...axis } },
          },
          {
            mark: { type: "rule", strokeWidth: 1.8 },
            encoding: { x: places, y: value("low"), y2: { field: "high" }, color },
          },
          {
            mark: { type: "point", filled: true, size: 36, opacity: 1 },
            encoding: { x: places, y: value("gain"), color },
          },
        ],
      },
    ],
  };
}

/** How sure the network is that brackets close where they do, over how far back they were opened: as it was, and had it not
 * read what opens them. */
export function closingCurves(rows: ClosingRow[]): Spec {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const series = kinds.flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const points = (value: (row: ClosingRow) => number) =>
      own.map((row) => ({ x: Math.sqrt(row.from * row.to), y: value(row) }));
    return [
      { name: `${kind} was opened`, points: points(({ probability }) => probability) },
      { name: `${kind} without its beginning`, points: points(({ unopened }) => unopened) },
    ];
  });
  return lineChart(series, {
    x: "bytes since it was opened",
    y: "probability that it closes here",
    logX: true,
    marks: true,
  });
}
