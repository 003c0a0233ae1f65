/** The gain of dynamic evaluation (Section 3.1), as a Vega-Lite specification. */
import { checkOptions } from "../check_options.ts";
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
