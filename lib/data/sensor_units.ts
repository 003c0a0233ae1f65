/** Handwriting in any unit and sampling as IAM-OnDB's whiteboard would have recorded it. */
import {
  type Cleaning,
  longestPause,
  mostReadings,
  normalise,
  offsets,
  type OffsetStatistics,
  period,
  type Reading,
  type Stroke,
} from "./cleaning.ts";

/** Median over the training set's lines of what `inkHeight` measures, in sensor units: a line is about 500 high. */
export const usualHeight = 81;
/** The training set's mean step within strokes, in sensor units. */
const usualStep = 20;
/** About so many readings a character has on the whiteboard (Section 5). */
const usualReadings = 25;

/**
 * The height of the ink: the standard deviation of y about the straight line that the writing follows, each piece of a
 * stroke weighing as much as it is long. One tall letter, a slanting line or another sampling hardly change it.
 */
export function inkHeight(strokes: Stroke[]): number {
  const pieces = strokes.flatMap((stroke) =>
    stroke.slice(1).map((to, k) => {
      const from = stroke[k];
      return {
        x: (from.x + to.x) / 2,
        y: (from.y + to.y) / 2,
        weight: Math.hypot(to.x - from.x, to.y - from.y),
      };
    })
  );
  const total = pieces.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (value: (piece: typeof pieces[number]) => number) =>
    pieces.reduce((sum, piece) => sum + piece.weight * value(piece), 0) / total;
  const x0 = mean(({ x }) => x), y0 = mean(({ y }) => y);
  const spread = mean(({ x }) => (x - x0) ** 2);
  const slope = spread > 0 ? mean(({ x, y }) => (x - x0) * (y - y0)) / spread : 0;
  // A single upright stroke follows no line of writing.
  const level = Math.abs(slope) < 1 ? slope : 0;
  return Math.sqrt(mean(({ x, y }) => (y - y0 - level * (x - x0)) ** 2));
}

/**
 * The strokes in whole sensor units, scaled to the usual height, with a reading each 15 ms where times are known (in
 * seconds, milli- or microseconds, as their intervals show), else each 20 units of the way.
 * Throws if the ink has no height, or gives more points than a line can have.
 */
export function toSensorUnits(strokes: Stroke[]): Stroke[] {
  const scale = usualHeight / inkHeight(strokes);
  if (!Number.isFinite(scale)) throw new Error("the ink has no height");
  const scaled = strokes.map((stroke) => stroke.map((reading) => scaledBy(reading, scale)));
  const second = unitOfTime(strokes);
  const sampled = scaled.map((stroke) => second ? byTime(stroke, second) : byLength(stroke));
  const count = sampled.reduce((sum, stroke) => sum + stroke.length, 0);
  if (count > mostReadings) throw new Error(`more than ${mostReadings.toLocaleString("en")} points`);
  return sampled.map((stroke) => stroke.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) })));
}

/**
 * Strokes of any unit and sampling as a line's points: Δx, Δy (normalised), end of stroke. A hand that takes much longer for
 * its `text` than people do at a whiteboard, as with a mouse, is hurried to their pace.
 * Throws if the ink has no height, or has fewer than two points or more than a line can have.
 */
export function pointsOf(
  strokes: Stroke[],
  { text = "", cleaning, statistics }: { text?: string; cleaning: Cleaning; statistics: OffsetStatistics },
): Float32Array {
  const points = offsets(hurried(toSensorUnits(strokes), text.length), cleaning);
  if (!points.length) throw new Error("fewer than two points");
  return normalise(points, statistics);
}

/** Every so many-th reading, and each stroke's last. */
function hurried(strokes: Stroke[], characters: number): Stroke[] {
  if (characters === 0) return strokes;
  const count = strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  const every = Math.max(1, Math.round(count / (usualReadings * characters)));
  return strokes.map((stroke) => stroke.filter((_, k) => k % every === 0 || k === stroke.length - 1));
}

const scaledBy = ({ x, y, time }: Reading, scale: number): Reading => ({ x: scale * x, y: scale * y, time });

/** How many of the file's units of time a second has; `null` where times are missing, stand still or run backwards. */
function unitOfTime(strokes: Stroke[]): number | null {
  const times = strokes.flat().map(({ time }) => time);
  if (times.some((time) => time === undefined)) return null;
  const steps = strokes.flatMap((stroke) => stroke.slice(1).map(({ time }, k) => time! - stroke[k].time!));
  if (steps.some((step) => step < 0)) return null;
  const moving = steps.filter((step) => step > 0).sort((a, b) => a - b);
  if (moving.length < steps.length / 2) return null;
  const usual = moving[moving.length >> 1];
  return usual < 1 ? 1 : usual < 1000 ? 1000 : 1e6;
}

/** Readings at even intervals of 15 ms; the first and the last stay. */
function byTime(stroke: Stroke, second: number): Stroke {
  let clock = 0;
  const at = stroke.map(({ time }, k) => {
    const pause = k ? (time! - stroke[k - 1].time!) / second : 0;
    return clock += pause > longestPause ? period : pause;
  });
  return along(stroke, at, period);
}

/** Readings at even distances on the way; the first and the last stay. */
function byLength(stroke: Stroke): Stroke {
  let way = 0;
  const at = stroke.map(({ x, y }, k) => way += k ? Math.hypot(x - stroke[k - 1].x, y - stroke[k - 1].y) : 0);
  return along(stroke, at, usualStep);
}

/** A stroke whose readings are at the places `at`, sampled anew about every `interval` on straight lines between. */
function along(stroke: Stroke, at: number[], interval: number): Stroke {
  const end = at[at.length - 1];
  const steps = Math.min(mostReadings, Math.max(stroke.length > 1 ? 1 : 0, Math.round(end / interval)));
  let k = 0;
  return Array.from({ length: steps + 1 }, (_, n) => {
    const place = steps ? n / steps * end : 0;
    while (k + 2 < stroke.length && at[k + 1] < place) k++;
    const from = stroke[k], to = stroke[k + 1] ?? from, gap = (at[k + 1] ?? at[k]) - at[k];
    const share = gap > 0 ? (place - at[k]) / gap : n === steps ? 1 : 0;
    return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
  });
}
