/** Figures with sliders in the book: drawn anew by Vega in the page itself, which needs no kernel and no network. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFile } from "../files.ts";
import { type Spec, vegaOf } from "../report/render.ts";
import { hasSliders } from "../report/sliders/slider.ts";
import type { Notebook, Output } from "./notebook_file.ts";

/** What Vega is given for each output that has sliders. */
export type Charts = Map<Output, Spec>;

/** The scripts of a page with charts, which `copyChartScripts` puts into the book. */
export const chartScripts = ["vega.min.js", "charts.js"];

const mediaType = "application/vnd.vegalite.v5+json";

/** The charts of a notebook, compiled from Vega-Lite, so that a page loads Vega alone. */
export async function chartsOf({ cells }: Notebook): Promise<Charts> {
  const charts: Charts = new Map();
  for (const output of cells.flatMap(({ outputs }) => outputs ?? [])) {
    const spec = "data" in output ? output.data[mediaType] as Spec | undefined : undefined;
    if (spec && hasSliders(spec)) charts.set(output, await vegaOf(spec));
  }
  return charts;
}

/** A chart for `charts.js`, with the picture that stands there until the page has drawn it. */
export function chartHtml(chart: Spec, picture: string, alt: string): string {
  const json = JSON.stringify({ ...chart, description: alt }).replaceAll("<", "\\u003c");
  return `<div class="chart">${picture}<script type="application/json">${json}</script></div>`;
}

/** Puts the scripts of pages with charts into the book. */
export async function copyChartScripts(directory: string): Promise<void> {
  const files = [
    import.meta.resolve("vega").replace(/[^/]*$/, "vega.min.js"),
    import.meta.resolve("./page/charts.js"),
  ];
  for (const [k, file] of files.entries()) {
    await writeFile(join(directory, chartScripts[k]), await Deno.readFile(fileURLToPath(file)));
  }
}
