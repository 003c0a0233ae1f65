/** From pen positions to offsets, with the paper's two corrections of recording errors (Section 4). */

/** A reading of the whiteboard's sensor: position in sensor units, y downwards, and time in seconds if it is known. */
export interface Reading {
  x: number;
  y: number;
  time?: number;
}

/** What the pen did from one touch of the surface to the next lift. */
export type Stroke = Reading[];

/** The most readings that a line of handwriting may have: the longest of IAM-OnDB has 1,940. */
export const mostReadings = 20_000;

/** "Recording errors in the x, y data was corrected by interpolating to fill in for missing readings, and removing
 * steps whose length exceeded a certain threshold" (Section 4). The paper gives no numbers. */
export interface Cleaning {
  /** Fill in readings that the sensor missed within a stroke, on a straight line. */
  interpolate: boolean;
  /** Remove steps that are longer than this, in sensor units; `null` keeps all. What follows moves up. */
  largestStep: number | null;
}

/** 1000 units are about a sixth of a whiteboard's line: longer steps are one in 14,000, all with the pen lifted, while
 * gaps between words reach 700. See data/README.md for what this changes, for better and worse. */
export const defaultCleaning: Cleaning = { interpolate: true, largestStep: 1000 };
export const noCleaning: Cleaning = { interpolate: false, largestStep: null };

/** The sensor's time between two readings, in seconds (mean over all strokes: 0.0149). */
export const period = 0.015;
/** Up to here a pause is ordinary: the data base gives times in hundredths of a second. */
const ordinaryPause = 0.025;
/** From here on a pause within a stroke is a jump of the clock, not missing readings. */
export const longestPause = 1;

/**
 * Strokes as offsets: 3 numbers a point, Δx, Δy (sensor units) and whether the point ends a stroke. The first point
 * has no offset: a line of n readings gives n − 1 points, plus those interpolated, less those removed.
 */
export function offsets(strokes: Stroke[], cleaning: Cleaning): number[] {
  const points: number[] = [];
  let last: Reading | undefined;
  for (const stroke of cleaning.interpolate ? strokes.map(fillIn) : strokes) {
    stroke.forEach((reading, k) => {
      if (last) {
        const dx = reading.x - last.x, dy = reading.y - last.y;
        const end = k === stroke.length - 1 ? 1 : 0;
        if (cleaning.largestStep === null || Math.hypot(dx, dy) <= cleaning.largestStep) {
          points.push(dx, dy, end);
        } else if (end && points.length) points[points.length - 1] = 1;
      }
      last = reading;
    });
  }
  return points;
}

/** A stroke with its missing readings, rounded to whole sensor units like all others. */
function fillIn(stroke: Stroke): Stroke {
  return stroke.flatMap((reading, k) => {
    const before = stroke[k - 1];
    if (before?.time === undefined || reading.time === undefined) return [reading];
    const { time } = before, pause = reading.time - time;
    if (pause <= ordinaryPause || pause > longestPause) return [reading];
    const steps = Math.round(pause / period);
    return Array.from({ length: steps }, (_, n) => {
      const share = (n + 1) / steps;
      return {
        x: Math.round(before.x + share * (reading.x - before.x)),
        y: Math.round(before.y + share * (reading.y - before.y)),
        time: time + share * pause,
      };
    });
  });
}

/** Of a training set's offsets (Δx, Δy) in sensor units. */
export interface OffsetStatistics {
  mean: ArrayLike<number>;
  std: ArrayLike<number>;
}

/** Offsets in sensor units to mean 0 and standard deviation 1; the end of stroke stays. */
export function normalise(offsets: ArrayLike<number>, { mean, std }: OffsetStatistics): Float32Array {
  const points = new Float32Array(offsets.length);
  for (let k = 0; k < points.length; k += 3) {
    points[k] = (offsets[k] - mean[0]) / std[0];
    points[k + 1] = (offsets[k + 1] - mean[1]) / std[1];
    points[k + 2] = offsets[k + 2];
  }
  return points;
}
