/** What a probability bias does (Eqs. 61, 62): to a density in the plane, and to a text that was written at several. */
import type { Spec } from "../render.ts";
import { boundsOf, type Stroke } from "../strokes.ts";
import { csvData, slider } from "./slider.ts";

/** Of the plane: what is shown of it, in the offsets' units, and the side of a pixel. */
export interface PlaneFrame {
  x1: [number, number];
  x2: [number, number];
  step: number;
}

/**
 * The density that ŷ_t stands for under a bias by slider, as a Vega-Lite specification. The components' weights and deviations stand
 * beside it.
 *
 * @param outputs ŷ_t `[6M + 1]`, as `mixtureOf` takes them.
 */
export function biasPlane(outputs: ArrayLike<number>, { x1, x2, step }: PlaneFrame): Spec {
  const M = (outputs.length - 1) / 6;
  const hat = (block: number, j: number) => outputs[1 + block * M + j];
  const each = (expression: (j: number) => string) =>
    Array.from({ length: M }, (_, j) => expression(j)).join(" + ");
  const unnormalised = (j: number) => `exp(${hat(0, j)} * (1 + b))`;
  const weight = (j: number) => `(${unnormalised(j)} / (${each(unnormalised)}))`; // Eq. 62
  const sigma = (block: number, j: number) => `exp(${hat(block, j)} - b)`; // Eq. 61
  const density = (j: number, at1: string, at2: string) => {
    const rho = Math.tanh(hat(5, j)), C = 1 / (1 - rho * rho); // Eqs. 22, 37
    const d1 = `((${at1} - ${hat(1, j)}) / ${sigma(3, j)})`,
      d2 = `((${at2} - ${hat(2, j)}) / ${sigma(4, j)})`;
    const Z = `(pow(${d1}, 2) + pow(${d2}, 2) - ${2 * rho} * ${d1} * ${d2})`; // Eq. 25
    // Eq. 24 times π, but for the 2π
    return `${weight(j)} * exp(-${C / 2} * ${Z}) * ${Math.sqrt(C)} / (${sigma(3, j)} * ${sigma(4, j)})`;
  };
  const all = (at1: string, at2: string) => each((j) => density(j, at1, at2));
  // The higher of the means' densities is that of the highest place, or all but.
  const peak = `max(${
    Array.from({ length: M }, (_, k) => `(${all(String(hat(1, k)), String(hat(2, k)))})`).join(", ")
  })`;
  const columns = Math.round((x1[1] - x1[0]) / step), rows = Math.round((x2[1] - x2[0]) / step);
  const axis = (field: string, title: string, domain: [number, number]) => ({
    field,
    type: "quantitative",
    title,
    scale: { domain, nice: false },
    axis: { grid: false },
  });
  const size = 6;
  return {
    params: [slider("b", "bias b", [0, 5, 0.1], 0)],
    hconcat: [
      {
        width: size * columns,
        height: size * rows,
        data: { sequence: { start: 0, stop: columns * rows, as: "k" } },
        transform: [
          { calculate: `${x1[0]} + ${step} * (datum.k % ${columns})`, as: "left" },
          { calculate: `${x2[0]} + ${step} * floor(datum.k / ${columns})`, as: "low" },
          // Beyond its pixel by a little, lest a seam shows.
          { calculate: `datum.left + ${1.08 * step}`, as: "right" },
          { calculate: `datum.low + ${1.08 * step}`, as: "high" },
          { calculate: all(`(datum.left + ${step / 2})`, `(datum.low + ${step / 2})`), as: "density" },
          { calculate: `min(1, datum.density / ${peak})`, as: "share" },
        ],
        mark: { type: "rect", clip: true },
        encoding: {
          x: axis("left", "x₁", x1),
          x2: { field: "right" },
          y: axis("low", "x₂", x2),
          y2: { field: "high" },
          color: {
            field: "share",
            type: "quantitative",
            scale: {
              domain: [0, 1],
              type: "pow",
              exponent: 0.5,
              interpolate: "rgb",
              range: ["#ffffff", "#c6dbef", "#4292c6", "#08306b"],
            },
            legend: {
              title: "density, as a share of the highest",
              titleLimit: 0,
              values: [0, 0.1, 0.5, 1],
              format: ".1f",
              orient: "bottom",
              gradientLength: 200,
            },
          },
        },
      },
      {
        width: 130,
        height: { step: 64 },
        title: { text: "weights π", fontWeight: "normal", fontSize: 12 },
        data: { values: Array.from({ length: M }, (_, j) => ({ j })) },
        transform: [
          { calculate: `[${Array.from({ length: M }, (_, j) => weight(j)).join()}][datum.j]`, as: "weight" },
          { calculate: `[${Array.from({ length: M }, (_, j) => sigma(3, j)).join()}][datum.j]`, as: "sigma" },
          { calculate: "'component ' + (datum.j + 1)", as: "name" },
          { calculate: "'σ₁ = ' + format(datum.sigma, '.3f')", as: "label" },
        ],
        encoding: {
          y: { field: "name", type: "nominal", title: null, axis: { domain: false, ticks: false } },
        },
        layer: [
          {
            mark: { type: "bar", height: 16, color: "#4292c6" },
            encoding: {
              x: {
                field: "weight",
                type: "quantitative",
                title: null,
                scale: { domain: [0, 1] },
                axis: { values: [0, 0.5, 1], grid: false },
              },
            },
          },
          {
            mark: { type: "text", align: "left", dy: 18, color: "#000" },
            encoding: { x: { value: 0 }, text: { field: "label" } },
          },
        ],
      },
    ],
  };
}

/**
 * One text as it was written at biases that are evenly spaced: a slider shows one of them, as a Vega-Lite specification.
 *
 * @param written by bias, rising; the strokes of `strokesOf`.
 */
export function biasedWriting(written: { bias: number; strokes: Stroke[] }[]): Spec {
  const [first, second] = written, last = written.at(-1)!;
  const rows = written.flatMap(({ bias, strokes }) => {
    const { left, top, height } = boundsOf(strokes);
    return strokes.flatMap((stroke, s) =>
      // A stroke of one point, which a line cannot show, becomes one of two.
      (stroke.length === 1 ? [stroke[0], { x: stroke[0].x + 1, y: stroke[0].y }] : stroke)
        .map(({ x, y }) => ({ b: bias, s, x: x - left, y: y - top - height / 2 }))
    );
  });
  const extent = (axis: "x" | "y") => {
    const values = rows.map((row) => row[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [left, right] = extent("x"), [top, bottom] = extent("y"), width = 680;
  const axis = (field: string, domain: number[]) => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain, nice: false, zero: false },
  });
  return {
    params: [slider("b", "bias b", [first.bias, last.bias, second.bias - first.bias], first.bias)],
    width,
    height: Math.max(60, Math.round(width * (bottom - top) / (right - left))),
    data: csvData(rows, { b: 2 }),
    transform: [{ filter: "abs(datum.b - b) < 1e-6" }],
    mark: { type: "line", color: "#1b2a6b", strokeWidth: 1.6, strokeCap: "round", strokeJoin: "round" },
    encoding: {
      x: axis("x", [left, right]),
      y: axis("y", [bottom, top]),
      detail: { field: "s" },
      order: { value: null },
    },
  };
}
