/** Pages of handwriting, as in Figures 9, 11 and 15–21. */
import type { Spec } from "./render.ts";
import { stackLines, type Stroke } from "./strokes.ts";

/** A group of lines that belong together. */
export interface Block {
  /** Each line's strokes (`strokesOf`), y downwards. */
  lines: Stroke[][];
  /** One short text for each line, written to its left. */
  labels?: string[];
  /** Draw a rule under the first line: what is above it is real, what is below follows it. */
  rule?: boolean;
}

/** In pixels. */
const width = 720, pen = 1.5, gap = 16, blockGap = 34;

/**
 * Blocks of lines below each other, all at one scale, left edges aligned, widths and heights in true proportion.
 *
 * @returns a Vega-Lite specification: one line mark with a detail for each stroke, labels and rules.
 */
export function handwritingPage(blocks: Block[]): Spec {
  const labelled = blocks.some((block) => block.labels);
  const all = stackLines(blocks.flatMap((block) => block.lines), { width, left: labelled ? 64 : 16, gap });
  const points: { x: number; y: number; s: number; k: number }[] = [];
  const labels: { y: number; text: string }[] = [];
  const rules: { x: number; x2: number; y: number }[] = [];
  let lineNumber = 0, strokeNumber = 0, shift = 0;
  for (const block of blocks) {
    block.lines.forEach((_, k) => {
      const line = all.lines[lineNumber++];
      const positions = line.flat();
      let top = Infinity, bottom = -Infinity, right = 0;
      for (const { x, y } of positions) {
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
        right = Math.max(right, x);
      }
      for (const stroke of line) {
        // A stroke of one point is a dot; a line mark needs two to show it.
        const drawn = stroke.length > 1 ? stroke : [stroke[0], { x: stroke[0].x + 0.1, y: stroke[0].y }];
        for (const { x, y } of drawn) {
          points.push({ x: tenth(x), y: tenth(y + shift), s: strokeNumber, k: points.length });
        }
        strokeNumber++;
      }
      if (block.labels?.[k] !== undefined && positions.length > 0) {
        labels.push({ y: tenth((top + bottom) / 2 + shift), text: block.labels[k] });
      }
      if (block.rule && k === 0 && positions.length > 0) {
        rules.push({ x: labelled ? 64 : 16, y: tenth(bottom + shift + gap / 2), x2: tenth(right) });
        shift += gap / 2;
      }
    });
    shift += blockGap;
  }
  const height = Math.ceil(all.height + Math.max(shift - blockGap, 0));
  const x = { field: "x", type: "quantitative", scale: { domain: [0, width], nice: false }, axis: null };
  const y = { field: "y", type: "quantitative", scale: { domain: [height, 0], nice: false }, axis: null };
  const layer: Spec[] = [{
    data: { values: points },
    mark: { type: "line", strokeWidth: pen, strokeCap: "round", strokeJoin: "round", color: "black" },
    encoding: { x, y, order: { field: "k", type: "quantitative" }, detail: { field: "s", type: "nominal" } },
  }];
  if (rules.length > 0) {
    layer.push({
      data: { values: rules },
      mark: { type: "rule", color: "#888" },
      encoding: { x, x2: { field: "x2" }, y },
    });
  }
  if (labels.length > 0) {
    layer.push({
      data: { values: labels },
      mark: { type: "text", align: "right", baseline: "middle", fontSize: 13 },
      encoding: {
        x: { datum: 48, type: "quantitative", scale: x.scale, axis: null },
        y,
        text: { field: "text" },
      },
    });
  }
  return { width, height, padding: 0, layer };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
