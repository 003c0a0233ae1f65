/** Figures: drawn once, written to a file, shown in notebooks. */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { checkOptions } from "../check_options.ts";
import { outputDirectory, writeFile } from "../files.ts";
import { type Bundle, display, displayMarkdown, inNotebook } from "./display.ts";
import { type Spec, specToSvg, svgToPng, themed } from "./render.ts";
import { hasSliders } from "./sliders/slider.ts";
import { svgSize } from "./svg.ts";

/** A drawn figure. As a cell's last value it displays itself; `show` displays it at its right size. */
export interface Figure {
  name: string;
  alt: string;
  caption: string;
  svg: string;
  png: Uint8Array<ArrayBuffer>;
  /** In CSS pixels; the PNG has twice as many. */
  width: number;
  height: number;
  bundle: Bundle;
  /** What front ends and the book are told of it beside its name and its size. */
  metadata?: Bundle;
}

export interface FigureOptions {
  /** The file name without its ending, such as `figure-09`. */
  name: string;
  /** What the figure shows, in words, for those who cannot see it. */
  alt: string;
  /** Markdown that is shown below: the figure's number, what to look for, what differs from the paper's. */
  caption?: string;
  /** What a picture of text shows, as an HTML element that takes the picture's place where text can be shown. */
  html?: string;
  /** Where the files go. Default `figures` in the output directory (`lib/files.ts`). */
  directory?: string;
}

// Larger specifications stay out of notebooks: the picture is there, and the data are in results/. What sliders move has no
// other place.
const largestLiveSpec = 20_000;

/** Draws a Vega-Lite specification, or takes an SVG text, and writes `<name>.svg` and `<name>.png`. */
export async function figure(source: Spec | string, options: FigureOptions): Promise<Figure> {
  checkOptions("figure", options, ["name", "alt", "caption", "html", "directory"]);
  const { name, alt, caption = "", html, directory = join(outputDirectory(), "figures") } = options;
  const svg = typeof source === "string" ? source : await specToSvg(source);
  const png = await svgToPng(svg);
  await writeFile(join(directory, `${name}.svg`), svg);
  await writeFile(join(directory, `${name}.png`), png);
  const bundle: Bundle = { "image/png": Buffer.from(png).toString("base64"), "text/plain": alt };
  if (html) bundle["text/html"] = html;
  if (typeof source !== "string" && (hasSliders(source) || JSON.stringify(source).length < largestLiveSpec)) {
    // JupyterLab and VS Code draw version 5; these specifications use nothing newer.
    bundle["application/vnd.vegalite.v5+json"] = {
      $schema: "https://vega.github.io/schema/vega-lite/v5.json",
      ...themed(source),
    };
  }
  const drawn = { name, alt, caption, svg, png, ...svgSize(svg), bundle };
  return Object.assign(drawn, { [Symbol.for("Jupyter.display")]: () => bundle });
}

/**
 * Displays a figure in a notebook at its size in CSS pixels, with its words where nbconvert looks for them and its name,
 * by which the book finds its drawing, and below it its caption as an output of its own, which the book takes for the
 * figure's. (A value's own display hook has no metadata, so that it would be shown twice as large.) Outside a notebook it
 * prints the figure's words.
 */
export async function show(drawing: Figure | Promise<Figure>): Promise<void> {
  const figure = await drawing, { data, metadata } = outputOf(figure);
  if (!inNotebook()) return printWords(figure);
  await display(data, metadata);
  if (figure.caption) await displayMarkdown(figure.caption, { caption: true });
}

/** A figure as an output, which front ends show at its size. */
export function outputOf(
  { name, bundle, alt, width, height, metadata }: Figure,
): Record<"data" | "metadata", Bundle> {
  return { data: bundle, metadata: { "image/png": { width, height, alt }, figure: name, ...metadata } };
}

/** What is left of a figure where there are no pictures. */
export function printWords({ alt, caption }: Figure): void {
  console.log([`[${alt}]`, caption].filter(Boolean).join("\n"));
}
