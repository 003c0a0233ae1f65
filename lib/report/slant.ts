/** Traits of a handwriting that can be measured, to see whether priming takes them over (Section 5.5). */
import type { Stroke } from "./strokes.ts";

/**
 * The mean direction of the steps that go down the sheet, weighted by their length: `degrees` to the right of
 * upright, and `step`, their mean length. Both are NaN where no step goes down.
 */
export function slant(strokes: Stroke[]): { degrees: number; step: number } {
  let x = 0, y = 0, length = 0, steps = 0;
  for (const stroke of strokes) {
    for (let k = 1; k < stroke.length; k++) {
      const dx = stroke[k].x - stroke[k - 1].x, dy = stroke[k].y - stroke[k - 1].y;
      if (dy <= Math.abs(dx)) continue; // y grows downwards; flatter steps are connections
      x += dx;
      y += dy;
      length += Math.hypot(dx, dy);
      steps++;
    }
  }
  return { degrees: steps ? -Math.atan2(x, y) * 180 / Math.PI : NaN, step: length / steps };
}
