/** Traits of a handwriting that can be measured, to see whether priming takes them over (Section 5.5). */
import type { Following } from "../runs/mod.ts";
import { quantile, straightLine } from "../statistics.ts";
import { deskew, type Stroke } from "./strokes.ts";

export interface Traits {
  /** Degrees to the right of upright (`slant`). */
  slant: number;
  /** In tablet units (`height`). */
  height: number;
  /** For each character that is not a space: the fewer, the more are joined. */
  strokesPerCharacter: number;
}

/** The traits of a line that says `text`. */
export function traits(strokes: Stroke[], text: string): Traits {
  const characters = text.replaceAll(" ", "").length;
  return {
    slant: slant(strokes),
    height: height(strokes),
    strokesPerCharacter: strokes.length / characters,
  };
}

/** Each trait's median over several lines, which a line that went astray does not move far. */
export function medianTraits(lines: Traits[]): Traits {
  const median = (name: keyof Traits) => quantile(lines.map((line) => line[name]), 0.5);
  return {
    slant: median("slant"),
    height: median("height"),
    strokesPerCharacter: median("strokesPerCharacter"),
  };
}

/** How a trait of what was written follows that of the lines it was primed with, in the same order: least squares over those
 * that have both. NaN where all are alike. */
export function following(primes: Traits[], written: Traits[], trait: keyof Traits): Following {
  return straightLine(
    primes.map((line, k): [number, number] => [line[trait], written[k][trait]])
      .filter((pair) => pair.every(Number.isFinite)),
  );
}

/**
 * The mean direction of the steps that go down the sheet, weighted by their length, in degrees to the right of
 * upright; NaN where no step goes down.
 */
export function slant(strokes: Stroke[]): number {
  let x = 0, y = 0;
  for (const stroke of strokes) {
    for (let k = 1; k < stroke.length; k++) {
      const dx = stroke[k].x - stroke[k - 1].x, dy = stroke[k].y - stroke[k - 1].y;
      if (dy <= Math.abs(dx)) continue; // y grows downwards; flatter steps are connections
      x += dx;
      y += dy;
    }
  }
  return y > 0 ? -Math.atan2(x, y) * 180 / Math.PI : NaN;
}

/** From the 10th to the 90th percentile of all points' heights, once the line lies level: most of a letter. */
export function height(strokes: Stroke[]): number {
  const y = deskew(strokes).flat().map((position) => position.y);
  return quantile(y, 0.9) - quantile(y, 0.1);
}
