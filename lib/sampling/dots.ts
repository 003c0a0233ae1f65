/** Ink that has shrunk to dots: a strong bias can hold the pen where it rests, so that nothing more can be read. */

import type { OffsetStatistics } from "../data/cleaning.ts";

/** A stroke that is smaller is a dot. In sensor units: small letters are some 150 high. */
const dotSize = 40;
/** The most dots that follow each other in IAM-OnDB's 12,179 lines; more than 4 do in one of a thousand. */
const mostDots = 7;

/** Whether more strokes in a row are dots than in any real line. `points`: 3 numbers each, normalised. */
export function hasShrunkToDots(points: ArrayLike<number>, { mean, std }: OffsetStatistics): boolean {
  let dots = 0, isBegun = false;
  let x = 0, y = 0, left = 0, right = 0, top = 0, bottom = 0;
  for (let k = 0; k < points.length; k += 3) {
    x += points[k] * std[0] + mean[0];
    y += points[k + 1] * std[1] + mean[1];
    if (!isBegun) {
      left = right = x;
      top = bottom = y;
    }
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    isBegun = points[k + 2] < 0.5;
    if (isBegun) continue;
    dots = Math.hypot(right - left, bottom - top) < dotSize ? dots + 1 : 0;
    if (dots > mostDots) return true;
  }
  return false;
}
