/** Figure 13 in time: a slider moves the pen along its line, and the window along the text (Eq. 46). */
import type { ReadLine } from "../heatmaps.ts";
import type { Spec } from "../render.ts";
import { boundsOf, penPositions } from "../strokes.ts";
import { csvData, slider, visible } from "./slider.ts";

/** Weights below it are not drawn. */
const least = 0.05;

/** The line up to the slider's time step, the pen, and φ(t, u) above each character, as a Vega-Lite specification. */
export function readingSlider({ text, points, window, scale }: ReadLine): Spec {
  const T = points.length / 3, characters = [...text], U = characters.length, width = 680;
  const positions = penPositions(points, scale), bounds = boundsOf([positions]);
  let stroke = 0;
  const ink = positions.map(({ x, y }, t) => {
    const row = { t: t + 1, s: stroke, x: x - bounds.left, y: y - bounds.top };
    if (points[3 * t + 2] >= 0.5) stroke++;
    return row;
  });
  const weights = window.slice(0, T).flatMap((row, t) =>
    Array.from({ length: U }, (_, u) => ({ t: t + 1, u: u + 1, phi: row[u] })).filter(({ phi }) =>
      phi >= least
    )
  );
  const axis = (field: string, domain: number[]) => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain, nice: false, zero: false },
  });
  const place = { x: axis("x", [0, bounds.width]), y: axis("y", [bounds.height, 0]) };
  const line = (color: string, strokeWidth: number) => ({
    type: "line",
    color,
    strokeWidth,
    strokeCap: "round",
    strokeJoin: "round",
  });
  const path = { ...place, detail: { field: "s" }, order: { value: null } };
  const highest = Math.max(1, ...weights.map(({ phi }) => phi));
  const along = {
    field: "u",
    type: "quantitative",
    axis: null,
    scale: { domain: [0.4, U + 0.6], nice: false },
  };
  return {
    params: [slider("time", "time step t", [1, T, 1], Math.round(0.4 * T))],
    spacing: 12,
    vconcat: [
      {
        width,
        height: Math.round(width * bounds.height / bounds.width),
        data: csvData(ink),
        layer: [
          { mark: line("#ccc", 1.2), encoding: path },
          { transform: [{ filter: "datum.t <= time" }], mark: line("#1b2a6b", 1.8), encoding: path },
          {
            transform: [{ filter: "datum.t === time" }],
            mark: { type: "circle", size: 90, color: "#d62728", opacity: 1 },
            encoding: place,
          },
        ],
      },
      {
        width,
        height: 70,
        layer: [
          {
            data: csvData(weights, { phi: 2 }),
            transform: [{ filter: "datum.t === time" }],
            mark: { type: "bar", width: Math.min(20, 0.8 * width / U), color: "#f0a0a0" },
            encoding: {
              x: along,
              y: {
                field: "phi",
                type: "quantitative",
                title: "φ(t, u)",
                scale: { domain: [0, highest] },
                axis: { tickCount: 2, grid: false },
              },
            },
          },
          {
            data: { values: characters.map((character, u) => ({ u: u + 1, character: visible(character) })) },
            mark: { type: "text", baseline: "top", dy: 6, fontSize: 14, color: "#000" },
            encoding: { x: along, y: { value: 70 }, text: { field: "character" } },
          },
        ],
      },
    ],
  };
}
