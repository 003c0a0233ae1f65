/** A chart that grows in a notebook while its values are computed, with the time that is left. */
import { checkOptions } from "../check_options.ts";
import { formatDuration } from "../duration.ts";
import { lineChart, type Series } from "./curves.ts";
import { type Bundle, displayMarkdown, inNotebook, updatableDisplay } from "./display.ts";
import { type Figure, outputOf, printWords } from "./figure.ts";
import { specToSvg } from "./render.ts";

export interface GrowingOptions {
  x: string;
  y: string;
  /** How long it will take at most, in seconds: what is left of them stands above the chart. */
  seconds: number;
  /** Milliseconds between two drawings at the least. Default 1000. */
  pause?: number;
}

/** The most points of a curve that are drawn while it grows: a drawing is not to cost more than what it shows. */
const mostPoints = 120;

export class GrowingChart {
  readonly #series: Series[] = [];
  readonly #begun = performance.now();
  #drawn = -Infinity;
  #update?: (data: Bundle, metadata?: Bundle) => Promise<void>;

  constructor(readonly options: GrowingOptions) {
    checkOptions("GrowingChart", options, ["x", "y", "seconds", "pause"]);
  }

  /** Adds a point to the curve of that name, and draws if it is time. Outside a notebook the last point is printed. */
  async add(name: string, x: number, y: number): Promise<void> {
    let series = this.#series.find((other) => other.name === name);
    if (!series) this.#series.push(series = { name, points: [] });
    series.points.push({ x, y });
    const now = performance.now(), { pause = 1000 } = this.options;
    if (now - this.#drawn < pause) return;
    await this.#draw(name, x, y);
    this.#drawn = performance.now();
  }

  /** Puts the finished figure into the growing one's place, with its caption below. */
  async end(drawing: Figure | Promise<Figure>): Promise<void> {
    const figure = await drawing, { data, metadata } = outputOf(figure);
    if (!inNotebook()) return printWords(figure);
    this.#update ??= updatableDisplay();
    await this.#update(data, metadata);
    if (figure.caption) await displayMarkdown(figure.caption, { caption: true });
  }

  async #draw(name: string, x: number, y: number): Promise<void> {
    const left = Math.max(0, this.options.seconds - (performance.now() - this.#begun) / 1000);
    const words = `${name}: ${this.options.x} ${x}, ${y.toFixed(2)} ${this.options.y}, ${
      formatDuration(left)
    } left at most`;
    if (!inNotebook()) return console.log(words);
    const thinned = this.#series.map(({ name, points }) => {
      const every = Math.ceil(points.length / mostPoints);
      return { name, points: points.filter((_, k) => k % every === 0 || k === points.length - 1) };
    });
    const { x: xTitle, y: yTitle } = this.options;
    const title = `${formatDuration(left)} left at most`;
    const spec = { title, ...lineChart(thinned, { x: xTitle, y: yTitle }) };
    this.#update ??= updatableDisplay();
    await this.#update({ "image/svg+xml": await specToSvg(spec), "text/plain": words });
  }
}
