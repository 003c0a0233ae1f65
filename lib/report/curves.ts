/** Curves over training or test time, as Vega-Lite specifications. */
import { checkOptions } from "../check_options.ts";
import type { LogRow } from "../training/mod.ts";
import type { Spec } from "./render.ts";

/** A named series of points. */
export interface Series {
  name: string;
  points: { x: number; y: number }[];
}

export interface ChartOptions {
  x: string;
  y: string;
  width?: number;
  height?: number;
  /** Horizontal lines with names: the paper's results. */
  references?: { name: string; y: number }[];
  /** Single values, as dots: what was measured in the end. */
  dots?: { name: string; x: number; y: number }[];
  /** A logarithmic x axis. */
  logX?: boolean;
  /** A dot at every point, where there are few. */
  marks?: boolean;
}

/** 100k, but 0.1 and not 100m. */
const logAxis = {
  format: "~s",
  labelExpr: "datum.label && datum.value < 1 ? format(datum.value, '~g') : datum.label",
};

/** Lines, one colour for each series, with the paper's results as dashed lines. Points that are not finite are left out.
 * Throws a RangeError if none is left. */
export function lineChart(series: Series[], options: ChartOptions): Spec {
  checkOptions("lineChart", options, [
    ...["x", "y", "width", "height", "references", "dots", "logX", "marks"] as const,
  ]);
  const { x, y, width = 560, height = 300, references = [], dots = [], logX, marks } = options;
  const values = series.flatMap(({ name, points }) =>
    points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y))
      .map((point) => ({ x: significant(point.x), y: significant(point.y), name }))
  );
  if (values.length === 0) {
    throw new RangeError(
      `Nothing to draw: no point of ${series.map(({ name }) => `"${name}"`).join(", ")} is finite.`,
    );
  }
  const quantity = (field: string, title: string, scale: Spec = { zero: false }) => ({
    field,
    type: "quantitative",
    title,
    scale,
  });
  const place = {
    x: logX ? { ...quantity("x", x, { type: "log", nice: false }), axis: logAxis } : quantity("x", x),
    y: quantity("y", y),
    color: { field: "name", type: "nominal", title: null, sort: null },
  };
  const layer: Spec[] = [{
    data: { values },
    mark: { type: "line", strokeWidth: 1.8, ...(marks ? { point: { size: 24 } } : {}) },
    encoding: place,
  }];
  if (references.length > 0) {
    layer.push({
      data: { values: references.map((reference) => ({ ...reference, name: `paper: ${reference.name}` })) },
      mark: { type: "rule", strokeDash: [5, 4] },
      encoding: { y: place.y, color: place.color },
    });
  }
  if (dots.length > 0) {
    layer.push({
      data: { values: dots },
      mark: { type: "point", filled: true, size: 70, opacity: 1 },
      encoding: place,
    });
  }
  return { width, height, layer };
}

/** A small panel for each series, one below the other over one x axis. Values hold from their step to the next. */
export function stepPanels(series: Series[], options: { x: string; width?: number }): Spec {
  checkOptions("stepPanels", options, ["x", "width"]);
  const { x, width = 560 } = options;
  return {
    spacing: 8,
    vconcat: series.map(({ name, points }, k) => {
      const isLast = k === series.length - 1;
      return {
        width,
        height: 46,
        data: { values: points },
        mark: { type: "line", interpolate: "step-after", strokeWidth: 1.8 },
        encoding: {
          x: {
            field: "x",
            type: "quantitative",
            title: isLast ? x : null,
            axis: { labels: isLast, ticks: isLast, grid: false },
          },
          y: {
            field: "y",
            type: "quantitative",
            title: name,
            scale: { domain: [0, 1], nice: false, clamp: false },
            axis: { values: [0, 1], titleAngle: 0, titleAlign: "right", titleX: -24, titleY: 26 },
          },
        },
      };
    }),
  };
}

/**
 * Training and validation loss over a training.
 *
 * @param rows the log's rows. Losses that are not numbers, such as the first row's, are left out.
 * @param options.over what counts the time. Default epochs.
 * @param options.y the losses' unit. Default nats per sequence.
 * @param options.references the paper's results, as dashed lines.
 * @param options.validation what the validation loss was measured on. Default "validation".
 * @param options.result what the kept weights came to on the set that the references are of, as a dot where the training had
 * them: at the lowest validation loss.
 */
export function learningCurves(
  rows: LogRow[],
  options: {
    over?: "epochs" | "minutes";
    y?: string;
    references?: { name: string; y: number }[];
    validation?: string;
    result?: { name: string; y: number };
  } = {},
): Spec {
  checkOptions("learningCurves", options, ["over", "y", "references", "validation", "result"]);
  const { over = "epochs", y = "loss (nats per sequence)", references, validation = "validation", result } =
    options;
  const at = ({ epoch, seconds }: LogRow) => over === "epochs" ? epoch : seconds / 60;
  const series = [
    { name: "training", points: rows.map((row) => ({ x: at(row), y: row.trainingLoss })) },
    { name: validation, points: rows.map((row) => ({ x: at(row), y: row.validationLoss })) },
  ];
  const [best] = rows.filter(({ validationLoss }) => Number.isFinite(validationLoss))
    .sort((a, b) => a.validationLoss - b.validationLoss);
  const dots = result && best ? [{ ...result, x: at(best) }] : [];
  return lineChart(series, { x: over === "epochs" ? "epochs" : "training time (min)", y, references, dots });
}

/** Validation loss of several trainings, over what they had seen and over the time it took, side by side. */
export function compareTrainings(
  trainings: { name: string; rows: LogRow[] }[],
  options: { y?: string } = {},
): Spec {
  checkOptions("compareTrainings", options, ["y"]);
  const { y = "validation loss (nats per sequence)" } = options;
  const over = (x: string, at: (row: LogRow) => number) => {
    const series = trainings.map(({ name, rows }) => ({
      name,
      points: rows.filter((row) => at(row) > 0).map((row) => ({ x: at(row), y: row.validationLoss })),
    }));
    return lineChart(series, { x, y, width: 240, height: 260, logX: true, marks: true });
  };
  return {
    spacing: 0,
    hconcat: [
      over("points seen (passes over the training set)", ({ epoch }) => epoch),
      over("training time (min)", ({ seconds }) => seconds / 60),
    ],
  };
}

/**
 * What trainings had come to at the furthest point that all of them reached, by passes and by time: the words to `compareTrainings`.
 * Between two measurements the line from one to the other counts; `null` where a training was first measured later.
 */
export function compareAtCommon(
  trainings: { name: string; rows: LogRow[] }[],
): { by: string; at: number; losses: Record<string, number | null> }[] {
  const axes: [by: string, at: (row: LogRow) => number][] = [
    ["passes", ({ epoch }) => epoch],
    ["minutes", ({ seconds }) => seconds / 60],
  ];
  return axes.map(([by, place]) => {
    const curves = trainings.map(({ name, rows }) => ({
      name,
      points: rows.filter(({ validationLoss }) => Number.isFinite(validationLoss))
        .map((row) => ({ x: place(row), y: row.validationLoss })),
    }));
    const at = Math.min(...curves.map(({ points }) => points.at(-1)?.x ?? 0));
    return {
      by,
      at,
      losses: Object.fromEntries(curves.map(({ name, points }) => [name, valueAt(points, at)])),
    };
  });
}

/** On the line through points whose x grow; `null` before the first. */
function valueAt(points: { x: number; y: number }[], x: number): number | null {
  const next = points.findIndex((point) => point.x >= x);
  if (next < 0 || (next === 0 && points[0].x > x)) return null;
  const to = points[next], from = points[next - 1] ?? to;
  return to.x > from.x ? from.y + (x - from.x) / (to.x - from.x) * (to.y - from.y) : to.y;
}

function significant(value: number): number {
  return Number(value.toPrecision(6));
}
