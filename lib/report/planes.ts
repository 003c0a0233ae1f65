/** Mixture densities in the plane of the pen's offsets, as filled contours. */
import { checkOptions } from "../check_options.ts";
import { type Mixture, mixtureDensity } from "../equations/mod.ts";
import { type Raster, rasterUrl } from "./raster.ts";
import type { Spec } from "./render.ts";

/** What lies inside a contour, and its colour: the smallest regions that hold so much of the probability. */
const regions = [
  { share: 0.5, colour: "#08306b" },
  { share: 0.9, colour: "#4292c6" },
  { share: 0.99, colour: "#c6dbef" },
];
const outside = "#ffffff";

export interface PlaneOptions {
  /** What of the plane is shown, in the offsets' units. */
  x1?: [number, number];
  x2?: [number, number];
  /** Of each panel, in pixels. */
  width?: number;
}
const planeNames = ["x1", "x2", "width"] as const satisfies (keyof PlaneOptions)[];

/**
 * The number of regions, 0 to 3, that each pixel of the plane lies in. The regions are those of highest density: no
 * smaller ones hold 50, 90 and 99 % of what lies in the frame.
 */
export function densityRegions(
  mixture: Mixture,
  columns: number,
  rows: number,
  options: PlaneOptions = {},
): Raster {
  checkOptions("densityRegions", options, planeNames);
  const { x1: [left, right], x2: [bottom, top] } = frame(options);
  const densities = Float64Array.from({ length: columns * rows }, (_, k) => {
    const column = k % columns, row = Math.floor(k / columns);
    return mixtureDensity(
      mixture,
      left + (column + 0.5) / columns * (right - left),
      top - (row + 0.5) / rows * (top - bottom),
    );
  });
  const falling = densities.toSorted((a, b) => b - a);
  const total = falling.reduce((a, b) => a + b, 0);
  const thresholds = regions.map(({ share }) => {
    let held = 0;
    return falling.find((density) => (held += density) >= share * total) ?? 0;
  });
  return {
    columns,
    rows,
    values: densities.map((density) => thresholds.filter((threshold) => density >= threshold).length),
  };
}

/** Panels side by side, one for each mixture, with a cross at each component's mean, as a Vega-Lite specification. */
export function mixturePlanes(
  panels: { name: string; mixture: Mixture }[],
  options: PlaneOptions = {},
): Spec {
  checkOptions("mixturePlanes", options, planeNames);
  const { x1, x2 } = frame(options), { width = 190 } = options;
  const height = Math.round(width * (x2[1] - x2[0]) / (x1[1] - x1[0]));
  const axis = (field: string, domain: [number, number], title: string) => ({
    field,
    type: "quantitative",
    title,
    scale: { domain, nice: false },
    axis: { tickCount: width < 200 ? 3 : 5, grid: false },
  });
  const x = axis("x1", x1, "x₁"), y = axis("x2", x2, "x₂");
  const colour = {
    field: "region",
    type: "nominal",
    sort: null,
    title: "of the probability",
    scale: { range: regions.map(({ colour }) => colour) },
    legend: { symbolOpacity: 1, symbolType: "square" },
  };
  return {
    spacing: 12,
    hconcat: panels.map(({ name, mixture }) => ({
      title: { text: name, fontSize: 12, fontWeight: "normal", anchor: "middle" },
      width,
      height,
      layer: [
        {
          data: { values: [{}] },
          mark: { type: "image", width, height, align: "left", baseline: "top", aspect: false },
          encoding: {
            x: { value: 0 },
            y: { value: 0 },
            url: {
              value: rasterUrl(densityRegions(mixture, 2 * width, 2 * height, options), {
                maximum: regions.length,
                colours: [outside, ...regions.map(({ colour }) => colour).reverse()],
              }),
            },
          },
        },
        {
          data: { values: regions.map(({ share }) => ({ region: `${100 * share} %` })) },
          mark: { type: "point", filled: true, opacity: 0 },
          encoding: { color: colour },
        },
        {
          data: { values: Array.from(mixture.mean1, (mean1, j) => ({ x1: mean1, x2: mixture.mean2[j] })) },
          mark: { type: "point", shape: "cross", size: 50, color: "#d62728", filled: true, opacity: 1 },
          encoding: { x, y },
        },
      ],
    })),
  };
}

const frame = ({ x1 = [-3.5, 3.5], x2 = [-2.5, 2.5] }: PlaneOptions) => ({ x1, x2 });
