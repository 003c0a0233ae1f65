/** Figures that the reader moves: Vega-Lite's own sliders, which need no kernel. What they compute is in Vega's expressions. */
import type { Spec } from "../render.ts";

/** A slider of that name, which the figure's expressions can use. */
export function slider(
  name: string,
  label: string,
  range: [from: number, to: number, step: number],
  value: number,
): Spec {
  const [min, max, step] = range;
  return { name, value, bind: { input: "range", name: `${label} `, min, max, step } };
}

/** Whether a specification has sliders: a picture of it shows where they stand at first. */
export function hasSliders(spec: Spec): boolean {
  return Array.isArray(spec.params) &&
    spec.params.some((param) => "bind" in param && param.bind !== "scales");
}

/** Rows as CSV, a fifth of their length as JSON, each number with so many decimals (default 0). */
export function csvData(rows: Record<string, number>[], decimals: Record<string, number> = {}): Spec {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) =>
    names.map((name) => String(Number(row[name].toFixed(decimals[name] ?? 0)))).join()
  );
  return {
    values: [names.join(), ...lines].join("\n"),
    format: { type: "csv", parse: Object.fromEntries(names.map((name) => [name, "number"])) },
  };
}

/** A character as it is drawn alone: a space can be seen. */
export function visible(character: string): string {
  return character === " " ? "\u2423" : character;
}
