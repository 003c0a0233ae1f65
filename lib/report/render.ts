/** Specifications to SVG and SVG to PNG, without a browser. The libraries are loaded at the first use. */
import { fontFiles } from "./fonts.ts";
import { svgSize } from "./svg.ts";

/** A Vega-Lite specification, as plain JSON. */
export type Spec = Record<string, unknown>;

/**
 * How every figure looks; a specification's own `config` goes over it. All colours are told, those that Vega would choose
 * too: a front end with a dark theme puts white letters in place of those that are not.
 */
export const theme = {
  font: "DejaVu Sans, sans-serif",
  background: "white",
  title: { anchor: "start", fontSize: 14, color: "#000", subtitleColor: "#000" },
  style: { "guide-label": { fill: "#000" }, "guide-title": { fill: "#000" } },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    gridColor: "#eee",
    domainColor: "#888",
    tickColor: "#888",
  },
  legend: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 0 },
  view: { stroke: null },
};

/** The specification with the theme filled in. */
export function themed(spec: Spec): Spec {
  return { ...spec, config: { ...theme, ...(spec.config as Spec | undefined) } };
}

/** How Vega lays out text where there is no canvas: its guess of a width is a quarter too wide for DejaVu Sans, and leaves
 * figures with an empty right side. */
interface TextMetrics {
  height: (item: unknown) => number;
  width: (item: unknown, text: string) => number;
}

/** A Vega-Lite specification as one of Vega. Rejects with what Vega-Lite warned about, since a warning is a wrong figure. */
export async function vegaOf(spec: Spec): Promise<Spec> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const logger = vega.logger(vega.Warn), warnings = warningsOf(logger);
  const options = { logger };
  const { spec: compiled } = vegaLite.compile(
    themed(spec) as unknown as Parameters<typeof vegaLite.compile>[0],
    options,
  );
  throwWarnings(warnings);
  return compiled as unknown as Spec;
}

/** Draws a Vega-Lite specification. Rejects with what Vega or Vega-Lite warned about. */
export async function specToSvg(spec: Spec): Promise<string> {
  const vega = await import("vega"), compiled = await vegaOf(spec);
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
  textMetrics.width = (item, text) => Math.round(0.65 * text.length * textMetrics.height(item));
  const logger = vega.logger(vega.Warn), warnings = warningsOf(logger);
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
  try {
    vega.resetSVGDefIds(); // Else a gradient is named after how many were drawn before it.
    const svg = await view.toSVG();
    throwWarnings(warnings);
    return svg;
  } finally {
    view.finalize();
  }
}

/** The list to which a logger's warnings go from now on. */
function warningsOf(logger: { warn: (...messages: readonly unknown[]) => unknown }): string[] {
  const warnings: string[] = [];
  logger.warn = (...messages) => (warnings.push(messages.join(" ")), logger);
  return warnings;
}

function throwWarnings(warnings: string[]): void {
  if (warnings.length > 0) throw new Error(`Vega-Lite warned: ${warnings.join("; ")}`);
}

/** The most pixels of a PNG: drawing one takes some 10 bytes for each. */
const mostPixels = 32e6;

/** Pixels to a CSS pixel, each way: the 2 of a sharp screen, or as many as keep the PNG within 32 million pixels. */
export function pngDensity(svg: string): number {
  const { width, height } = svgSize(svg);
  return Math.min(2, Math.sqrt(mostPixels / (width * height)));
}

/**
 * Rasterises a picture on white, with the project's own fonts so that every machine draws the same.
 * It has `pngDensity` pixels to a CSS pixel.
 */
export async function svgToPng(svg: string): Promise<Uint8Array<ArrayBuffer>> {
  const { Resvg } = await import("@resvg/resvg-js");
  const picture = new Resvg(svg, {
    fitTo: { mode: "zoom", value: pngDensity(svg) },
    background: "white",
    font: {
      loadSystemFonts: false,
      fontFiles: await fontFiles(),
      defaultFontFamily: "DejaVu Sans",
    },
  });
  return new Uint8Array(picture.render().asPng());
}
