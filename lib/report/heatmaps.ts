/** Figures 10, 13 and 14: what the network expects and reads while it writes. */
import { componentWeights, densityRaster, type PredictedLine } from "./density.ts";
import { largest, type Raster, rasterUrl, stretch } from "./raster.ts";
import type { Spec } from "./render.ts";
import { boundsOf, type OffsetScale, penPositions, type Position, strokesOf } from "./strokes.ts";

/** In pixels. */
const width = 680;

/** The densities, per square unit of the tablet, of the first and the last colour: the same in Figures 10 and 14, so that they can
 * be compared, and on a logarithmic scale, since a prediction after a lift is spread a thousand times as wide as one within
 * a stroke. */
const densityColours = { floor: 3e-6, maximum: 3e-3 };

/**
 * The sum of the successive predictions' densities over the sheet (top) and the components' weights over time
 * (bottom), as a Vega-Lite specification. Ends of strokes are marked and numbered in both, since the one runs over space and the
 * other over time.
 */
export function densityHeatMap(line: PredictedLine): Spec {
  const sheet = densityRaster(line, width);
  const weights = componentWeights(line.mixtures);
  const weightsHeight = 5 * weights.rows;
  const lifts = endsOfStrokes(line).map(({ t, x, y }, k) => ({
    name: String(k + 1),
    t,
    x: (x - sheet.left) / sheet.pixel,
    y: (y - sheet.top) / sheet.pixel,
  }));
  const time = { type: "quantitative", scale: { domain: [0, weights.columns], nice: false } };
  const across = { type: "quantitative", scale: { domain: [0, width], nice: false }, axis: null };
  const downwards = { type: "quantitative", scale: { domain: [sheet.rows, 0], nice: false }, axis: null };
  return {
    padding: 8,
    spacing: 14,
    resolve: { scale: { color: "independent" }, legend: { color: "independent" } },
    vconcat: [
      {
        title: heading("Predicted pen locations, summed over time (× an end of a stroke)"),
        ...image(width, sheet.rows, rasterUrl(sheet, densityColours), {
          color: colourBar("density", {
            type: "log",
            domain: [densityColours.floor, densityColours.maximum],
          }, { values: [1e-5, 1e-4, 1e-3], format: ".0e" }),
        }, [
          mark(lifts, { type: "point", shape: "cross", angle: 45, size: 40, color: "white" }, {
            x: { ...across, field: "x" },
            y: { ...downwards, field: "y" },
          }),
          mark(lifts, { type: "text", color: "white", fontSize: 10, dx: 9, dy: -7 }, {
            x: { ...across, field: "x" },
            y: { ...downwards, field: "y" },
            text: { field: "name" },
          }),
        ]),
      },
      {
        title: heading(
          "Weights of the mixture components; dashed: the first prediction after an end of a stroke",
        ),
        ...image(
          width,
          weightsHeight,
          rasterUrl(stretch(weights, 2 * width, 2 * weightsHeight), { maximum: 1, exponent: 0.5 }),
          {
            x: { ...time, datum: 0, axis: { title: "time step", tickCount: 10, grid: false } },
            y: {
              type: "quantitative",
              datum: 0,
              scale: { domain: [weights.rows + 0.5, 0.5], nice: false },
              axis: { title: "component", values: [1, weights.rows], grid: false },
            },
            color: colourBar("weight π", { type: "pow", exponent: 0.5, domain: [0, 1] }, {
              values: [0, 0.1, 0.25, 0.5, 1],
            }),
          },
          [
            mark(lifts, { type: "rule", color: "white", strokeDash: [3, 3], opacity: 0.8 }, {
              x: { ...time, field: "t" },
            }),
            mark(lifts, { type: "text", fontSize: 10, baseline: "bottom", dy: -2 }, {
              x: { ...time, field: "t" },
              y: { value: 0 },
              text: { field: "name" },
            }),
          ],
        ),
      },
    ],
  };
}

/** Where and after how many steps the pen is lifted; the line's own end is none. */
function endsOfStrokes({ points, scale }: PredictedLine): { t: number; x: number; y: number }[] {
  return penPositions(points, scale).map((position, k) => ({ ...position, t: k + 1 }))
    .filter(({ t }, k, all) => points[3 * k + 2] >= 0.5 && t < all.length);
}

/** A line of writing and where the soft window lay while it was written. */
export interface ReadLine {
  text: string;
  /** 3·T numbers: Δx, Δy (normalised), end of stroke. */
  points: ArrayLike<number>;
  /** T rows: φ(t, u) for u = 1..U (Eq. 46); further entries, such as U + 1's, are not drawn. */
  window: ArrayLike<number>[];
  scale?: OffsetScale;
}

/**
 * φ(t, u) over time (across) and the text's characters (upwards), with the pen trace beneath, as a Vega-Lite
 * specification. The writing is laid out so that each letter stands below the time at which it was written.
 */
export function windowHeatMap(line: ReadLine): Spec {
  const characters = [...line.text];
  const steps = line.window.length, U = characters.length;
  if (
    steps === 0 || U === 0 || line.points.length !== 3 * steps || line.window.some((row) => row.length < U)
  ) {
    throw new RangeError(
      `Expected a text and, for each point, a weight for each of its characters; found ${U} characters, ` +
        `${line.points.length / 3} points and ${steps} rows of weights, the shortest of ` +
        `${steps > 0 ? Math.min(...line.window.map((row) => row.length)) : 0}.`,
    );
  }
  const height = U * Math.min(Math.max(360 / U, 9), 16);
  const weights: Raster = { columns: steps, rows: U, values: new Float64Array(steps * U) };
  line.window.forEach((row, t) => {
    for (let u = 1; u <= U; u++) weights.values[(U - u) * steps + t] = row[u - 1];
  });
  const most = largest(weights);
  const time = { type: "quantitative", scale: { domain: [0, steps], nice: false } };
  const upwards = {
    type: "quantitative",
    scale: { domain: [0.5, U + 0.5], nice: false },
    axis: null,
  };
  const trace = traceOverTime(line);
  return {
    padding: 8,
    spacing: 6,
    vconcat: [
      {
        title: heading("Window weights φ(t, u)"),
        width,
        height,
        layer: [
          image(
            width,
            height,
            rasterUrl(stretch(weights, 2 * width, Math.round(2 * height)), { exponent: 0.7 }),
            {
              color: colourBar("φ", { type: "pow", exponent: 0.7, domain: [0, most] }, {
                values: [0, 0.5, 1, 2, 4].filter((value) => value <= most),
              }),
              x: { ...time, datum: 0, axis: { title: null, tickCount: 10, grid: false, labels: false } },
              y: { ...upwards, datum: 0.5 },
            },
          ),
          {
            data: { values: characters.map((character, k) => ({ u: k + 1, character })) },
            mark: { type: "text", angle: 270, font: "DejaVu Sans Mono", fontSize: 11, baseline: "middle" },
            encoding: { x: { value: -10 }, y: { ...upwards, field: "u" }, text: { field: "character" } },
          },
        ],
      },
      {
        width,
        height: trace.height,
        data: { values: trace.values },
        mark: { type: "line", strokeWidth: 1.2, strokeCap: "round", strokeJoin: "round", color: "black" },
        encoding: {
          x: { ...time, field: "t", axis: { title: "time step", tickCount: 10, grid: false } },
          y: {
            field: "y",
            type: "quantitative",
            axis: null,
            scale: { domain: [trace.height, 0], nice: false },
          },
          order: { field: "k", type: "quantitative" },
          detail: { field: "s", type: "nominal" },
        },
      },
    ],
  };
}

/**
 * The trace on the axis of time: each place of the sheet is drawn at the moment when the pen, on average over a few
 * letters, passed it. That stretches the writing here and there, but keeps the order of everything on it.
 */
function traceOverTime(line: ReadLine) {
  const positions = penPositions(line.points, line.scale);
  const bounds = boundsOf([positions]);
  const pixel = bounds.width > 0 ? width / bounds.width : 1;
  const momentOf = inverse(trend(positions, Math.max(8, Math.round(positions.length / 16))));
  const values: { t: number; y: number; s: number; k: number }[] = [];
  strokesOf(line.points, line.scale).forEach((stroke, s) => {
    for (const { x, y } of stroke) {
      // A wild start or end must not widen the figure.
      const t = Math.min(Math.max(momentOf(x), -0.02 * positions.length), 1.02 * positions.length);
      values.push({
        t: Math.round(100 * t) / 100,
        y: Math.round(10 * ((y - bounds.top) * pixel + 6)) / 10,
        s,
        k: values.length,
      });
    }
  });
  return { values, height: Math.ceil(bounds.height * pixel) + 12 };
}

/** x over time, smoothed by a line fitted through `reach` points to either side, and made to grow throughout. */
function trend(positions: Position[], reach: number): number[] {
  let last = -Infinity;
  return positions.map((_, t) => {
    const from = Math.max(0, t - reach), to = Math.min(positions.length - 1, t + reach);
    const n = to - from + 1, middle = (from + to) / 2;
    let sum = 0, covariance = 0, variance = 0;
    for (let k = from; k <= to; k++) {
      sum += positions[k].x;
      covariance += (k - middle) * positions[k].x;
      variance += (k - middle) ** 2;
    }
    const fitted = sum / n + (variance > 0 ? covariance / variance * (t - middle) : 0);
    return last = Math.max(fitted, last);
  });
}

/** For growing `values`, the function from a value to its (fractional) index; beyond the ends it goes on straight. */
function inverse(values: number[]): (value: number) => number {
  const last = values.length - 1;
  const mean = Math.max((values[last] - values[0]) / Math.max(last, 1), 1e-9);
  return (value) => {
    if (value <= values[0]) return 0.5 + (value - values[0]) / mean;
    if (value >= values[last]) return last + 0.5 + (value - values[last]) / mean;
    let low = 0, high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (values[middle] <= value) low = middle;
      else high = middle;
    }
    return 0.5 + low + (value - values[low]) / (values[high] - values[low]);
  };
}

function heading(text: string) {
  return { text, fontSize: 12, fontWeight: "normal", anchor: "start", frame: "group" };
}

/** A picture that fills a view; `axes` are encodings that carry nothing but an axis or a legend; `above` is drawn on it. */
function image(width: number, height: number, url: string, axes: Spec, above: Spec[] = []): Spec {
  const picture = {
    data: { values: [{}] },
    mark: { type: "image", width, height, align: "left", baseline: "top", aspect: false },
    encoding: { x: { value: 0 }, y: { value: 0 }, url: { value: url } },
  };
  return { width, height, layer: [picture, mark([{}], { type: "point", opacity: 0 }, axes), ...above] };
}

function mark(values: Spec[], mark: Spec, encoding: Spec): Spec {
  return { data: { values }, mark, encoding };
}

/** The encoding whose legend says which colour of viridis stands for which number. */
function colourBar(title: string, scale: Spec & { domain: number[] }, legend: Spec = {}): Spec {
  return {
    datum: scale.domain[0],
    type: "quantitative",
    scale: { ...scale, scheme: "viridis" },
    // Without a format all values are rounded alike, 0.5 and 1.25 to whole numbers.
    legend: { title, gradientOpacity: 1, gradientLength: 90, format: ".3~f", ...legend },
  };
}
