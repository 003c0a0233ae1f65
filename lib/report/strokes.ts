/** Pen offsets to strokes on paper, and strokes to pictures. Coordinates are on-line units, y growing downwards. */
import { decimal, element, svgDocument } from "./svg.ts";

export interface Position {
  x: number;
  y: number;
}
/** The pen's positions from touching the board to leaving it. */
export type Stroke = Position[];

/** On-line units that a character takes, as the median of IAM-OnDB's training lines. */
export const usualAdvance = 185;
/** The `steadiness` (`slopeOf`) of lines. */
export const shortLine = 2 * usualAdvance;

/** What undoes the normalisation of offsets: mean and standard deviation of (Δx, Δy) over the training set. */
export interface OffsetScale {
  mean: ArrayLike<number>;
  std: ArrayLike<number>;
}
const unscaled: OffsetScale = { mean: [0, 0], std: [1, 1] };

/**
 * Offsets to absolute strokes. The pen starts at (0, 0); the first point's offset moves it to the first position.
 *
 * @param points 3·T numbers: Δx, Δy, end of stroke (Eq. 15).
 * @param scale undoes their normalisation; left out, the offsets are taken as they are.
 * @throws RangeError if the number of values is not a multiple of 3.
 */
export function strokesOf(points: ArrayLike<number>, scale: OffsetScale = unscaled): Stroke[] {
  const positions = penPositions(points, scale);
  const strokes: Stroke[] = [];
  let stroke: Stroke = [];
  for (let t = 0; t < positions.length; t++) {
    stroke.push(positions[t]);
    if (points[3 * t + 2] >= 0.5 || t === positions.length - 1) {
      strokes.push(stroke);
      stroke = [];
    }
  }
  return strokes;
}

/** The pen's position after each of T points; arguments as in `strokesOf`. */
export function penPositions(points: ArrayLike<number>, scale: OffsetScale = unscaled): Position[] {
  if (points.length % 3 !== 0) {
    throw new RangeError(`Points are triples (Δx, Δy, end of stroke); found ${points.length} numbers.`);
  }
  let x = 0, y = 0;
  return Array.from({ length: points.length / 3 }, (_, t) => {
    x += points[3 * t] * scale.std[0] + scale.mean[0];
    y += points[3 * t + 1] * scale.std[1] + scale.mean[1];
    return { x, y };
  });
}

/**
 * From which point to before which a word of a line was written: between the widest gaps from one stroke to the next.
 *
 * @param line a line whose words lie apart, 3·T numbers with their text.
 * @param scale what undoes the points' normalisation, as in `strokesOf`: without it normalised points drift to the left.
 * @returns indices of points, for `points.subarray(3 * from, 3 * to)`.
 * @throws RangeError if the text has no such word, or the line too few strokes for its words.
 */
export function wordSpan(
  line: { points: ArrayLike<number>; text: string },
  word: string,
  scale: OffsetScale,
): [number, number] {
  const words = line.text.split(" "), at = words.indexOf(word);
  const strokes = strokesOf(line.points, scale);
  if (at < 0 || strokes.length < words.length) {
    throw new RangeError(
      `Expected the word “${word}” in a line with a stroke for each word; found “${line.text}” in ${strokes.length} strokes.`,
    );
  }
  let right = -Infinity, points = 0;
  const gaps = strokes.map((stroke) => {
    const { left, width } = boundsOf([stroke]);
    const gap = { width: left - right, point: points };
    right = Math.max(right, left + width);
    points += stroke.length;
    return gap;
  });
  // The first gap, before all ink, is the widest: it begins the first word.
  const begins = gaps.toSorted((a, b) => b.width - a.width).slice(0, words.length).map(({ point }) => point)
    .sort((a, b) => a - b);
  return [begins[at], begins[at + 1] ?? points];
}

export interface Bounds {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The smallest upright rectangle around all positions; all zero where there are none. */
export function boundsOf(strokes: Stroke[]): Bounds {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (const stroke of strokes) {
    for (const { x, y } of stroke) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return left > right
    ? { left: 0, top: 0, width: 0, height: 0 }
    : { left, top, width: right - left, height: bottom - top };
}

/** Every position through `map`. */
export function mapStrokes(strokes: Stroke[], map: (position: Position) => Position): Stroke[] {
  return strokes.map((stroke) => stroke.map(map));
}

/**
 * Turns the writing so that its least-squares line lies level. Fewer than two positions stay as they are.
 *
 * @param steadiness as in `slopeOf`. Default 0.
 */
export function deskew(strokes: Stroke[], steadiness = 0): Stroke[] {
  const { meanX, meanY, slope } = slopeOf(strokes, steadiness);
  if (Number.isNaN(slope)) return strokes;
  const angle = -Math.atan(slope);
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return mapStrokes(strokes, ({ x, y }) => ({
    x: meanX + (x - meanX) * cos - (y - meanY) * sin,
    y: meanY + (x - meanX) * sin + (y - meanY) * cos,
  }));
}

/**
 * The middle and the slope of the writing's least-squares line; NaN where all positions have the same x.
 *
 * @param steadiness a length that is short for a line: writing of that width hardly has a slope, since that of a letter
 *   is no slope of a line.
 */
export function slopeOf(
  strokes: Stroke[],
  steadiness: number,
): { meanX: number; meanY: number; slope: number } {
  const all = strokes.flat();
  const meanX = all.reduce((sum, p) => sum + p.x, 0) / all.length;
  const meanY = all.reduce((sum, p) => sum + p.y, 0) / all.length;
  const covariance = all.reduce((sum, p) => sum + (p.x - meanX) * (p.y - meanY), 0);
  const variance = all.reduce((sum, p) => sum + (p.x - meanX) ** 2, 0);
  // Ridge regression: a line of the width w has a variance of w²/12 for each of its positions.
  const slope = variance > 0 ? covariance / (variance + all.length * steadiness ** 2 / 12) : NaN;
  return { meanX, meanY, slope };
}

/** One `d` attribute for all strokes; a stroke of one position becomes a dot (with round line caps). */
export function strokePath(strokes: Stroke[]): string {
  return strokes.map((stroke) => {
    const [first, ...rest] = stroke.map(({ x, y }) => `${decimal(x)} ${decimal(y)}`);
    return `M${first}L${rest.length > 0 ? rest.join(" ") : first}`;
  }).join("");
}

/**
 * Samples one below the other at one common scale, left edges aligned.
 *
 * @param samples each sample's strokes (`strokesOf`); a sample with no strokes takes no room.
 * @param width the widest's, with its margins, in pixels
 */
export function strokesToSvg(samples: Stroke[][], width = 800): string {
  const { lines, height } = stackLines(samples, { width });
  return svgDocument(
    width,
    height,
    ...lines.map((line) =>
      element("path", {
        d: strokePath(line),
        fill: "none",
        stroke: "black",
        "stroke-width": 1.76,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
      })
    ),
  );
}

/**
 * Scales lines so that the widest fills the width between margins, and stacks them without overlap.
 *
 * @returns the lines in pixels, equal aspect ratio, and the height they take with margins.
 */
export function stackLines(
  samples: Stroke[][],
  { width, left = 16, margin = 16, gap = 18 }: {
    width: number;
    left?: number;
    margin?: number;
    gap?: number;
  },
): { lines: Stroke[][]; height: number; scale: number } {
  const bounds = samples.map(boundsOf);
  const widest = Math.max(...bounds.map((b) => b.width), 1e-9);
  const tallest = Math.max(...bounds.map((b) => b.height), 1e-9);
  // A lone dot or a steep scribble must not be blown up to the full width.
  const scale = Math.min((width - left - margin) / widest, width / tallest);
  let y = margin;
  const lines = samples.map((sample, k) => {
    const top = y;
    if (sample.length > 0) y += bounds[k].height * scale + gap;
    return mapStrokes(sample, (p) => ({
      x: left + (p.x - bounds[k].left) * scale,
      y: top + (p.y - bounds[k].top) * scale,
    }));
  });
  return { lines, height: Math.max(y - gap, margin) + margin, scale };
}

/** Strokes as JSON: an array of samples, each `{text, strokes: [[[x, y], …], …]}`, coordinates to 0.01. */
export function strokesToJson(samples: { text?: string; strokes: Stroke[] }[]): string {
  const round = (value: number) => Math.round(value * 100) / 100;
  return JSON.stringify(samples.map(({ text, strokes }) => ({
    ...(text === undefined ? {} : { text }),
    strokes: strokes.map((stroke) => stroke.map(({ x, y }) => [round(x), round(y)])),
  })));
}
