/** Where the network expected the pen: the densities of successive predictions on one sheet (Figures 10 and 14). */
import { type Mixture, normal } from "../equations/mod.ts";
import { boundsOf, type OffsetScale, penPositions } from "./strokes.ts";
import type { Raster } from "./raster.ts";

/** A line and what was predicted while it was written. */
export interface PredictedLine {
  /** 3·T numbers: Δx, Δy (normalised), end of stroke. */
  points: ArrayLike<number>;
  /** T mixtures: `mixtures[t]` is the prediction of `points[t]`, made when the points before it were known. */
  mixtures: Mixture[];
  /** What undoes the normalisation; left out, the offsets are taken as they are. */
  scale?: OffsetScale;
}

/** The part of a line from one point to before another, as if it were all. */
export function partOf(
  { points, mixtures, scale }: PredictedLine,
  [from, to]: [number, number],
): PredictedLine {
  return { points: Array.from(points).slice(3 * from, 3 * to), mixtures: mixtures.slice(from, to), scale };
}

/** A raster that lies on the sheet: pixel (column, row) covers the square at `left + column·pixel`, `top + row·pixel`. */
export interface SheetRaster extends Raster {
  left: number;
  top: number;
  /** Side of a pixel, in on-line units. */
  pixel: number;
}

/**
 * Σ_t Pr(pen position after step t | what was written before), on a sheet around the writing.
 *
 * Components are blurred by half a pixel, so that a sharp one does not fall between the pixels' centres.
 *
 * @param columns width of the raster in pixels; its height follows from the writing's proportions.
 * @throws RangeError if there is not one mixture for each point, or no point.
 */
export function densityRaster({ points, mixtures, scale }: PredictedLine, columns = 760): SheetRaster {
  const positions = penPositions(points, scale);
  if (mixtures.length !== positions.length || positions.length === 0) {
    throw new RangeError(
      `Expected one mixture for each point; found ${mixtures.length} for ${positions.length}.`,
    );
  }
  const bounds = boundsOf([positions]);
  const margin = 0.25 * Math.max(bounds.height, bounds.width / 8, 1e-6);
  const pixel = (bounds.width + 2 * margin) / columns;
  const sheet: SheetRaster = {
    left: bounds.left - margin,
    top: bounds.top - margin,
    pixel,
    columns,
    rows: Math.ceil((bounds.height + 2 * margin) / pixel),
    values: new Float64Array(0),
  };
  sheet.values = new Float64Array(sheet.columns * sheet.rows);
  mixtures.forEach((mixture, t) => {
    const pen = t === 0 ? { x: 0, y: 0 } : positions[t - 1];
    addMixture(sheet, pen, mixture, scale ?? { mean: [0, 0], std: [1, 1] });
  });
  return sheet;
}

const blur = 0.5; // pixels; sums over pixel centres are then right to 2 %
const reach = 5; // standard deviations; what lies beyond could not be seen

function addMixture(
  sheet: SheetRaster,
  pen: { x: number; y: number },
  mixture: Mixture,
  scale: OffsetScale,
): void {
  const { left, top, pixel, columns, rows, values } = sheet;
  for (let j = 0; j < mixture.weights.length; j++) {
    const weight = mixture.weights[j];
    if (weight < 1e-4) continue;
    // In pixels from here on.
    const x = (pen.x + mixture.mean1[j] * scale.std[0] + scale.mean[0] - left) / pixel - 0.5;
    const y = (pen.y + mixture.mean2[j] * scale.std[1] + scale.mean[1] - top) / pixel - 0.5;
    const plain1 = mixture.std1[j] * scale.std[0] / pixel, plain2 = mixture.std2[j] * scale.std[1] / pixel;
    const std1 = Math.sqrt(plain1 ** 2 + blur ** 2), std2 = Math.sqrt(plain2 ** 2 + blur ** 2);
    const rho = mixture.correlation[j] * plain1 * plain2 / (std1 * std2);
    const density = normal({ mean1: x, mean2: y, std1, std2, rho, oneMinusRhoSquare: 1 - rho ** 2 });
    const share = weight / (pixel * pixel);
    const firstRow = Math.max(0, Math.ceil(y - reach * std2));
    const lastRow = Math.min(rows - 1, Math.floor(y + reach * std2));
    const firstColumn = Math.max(0, Math.ceil(x - reach * std1));
    const lastColumn = Math.min(columns - 1, Math.floor(x + reach * std1));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        values[row * columns + column] += share * density(column, row);
      }
    }
  }
}

/** π^j_t: one row for each component, one column for each step. */
export function componentWeights(mixtures: Mixture[]): Raster {
  const columns = mixtures.length, rows = mixtures[0]?.weights.length ?? 0;
  const values = new Float64Array(columns * rows);
  mixtures.forEach(({ weights }, t) => weights.forEach((weight, j) => values[j * columns + t] = weight));
  return { columns, rows, values };
}
