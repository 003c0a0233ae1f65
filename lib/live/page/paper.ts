/// <reference lib="dom" />
/** The paper: ink, where the pen may go next, and other lines that it might have gone. */
import type { Mixture } from "../../equations/mod.ts";
import { boundsOf, type OffsetScale, type Position, type Stroke } from "../../report/strokes.ts";
import { type Surface, surfaceOf } from "./dom.ts";

export interface Scene {
  /** The pen's strokes so far. */
  strokes: Stroke[];
  /** How many of its positions are the reader's own. */
  own: number;
  /** About how wide the line will be, in sensor units. */
  expectedWidth: number;
  /** Whether no more is to come. */
  isFinished: boolean;
  /** What undoes the normalisation of offsets. */
  scale: OffsetScale;
  /** Pr(x_{t+1} | y_t) at the pen. */
  next?: Mixture;
  /** Strokes that go on from the pen. */
  futures?: Stroke[][];
  /** What colours each position: −1 to 1. */
  activity?: ArrayLike<number>;
}

const margin = 24;
/** A line's height above and below the pen's start, in sensor units. */
const halfHeight = 330;
/** Pixels for a sensor unit, below which a hand cannot be read while it writes: the paper moves under the pen instead. */
const leastZoom = 0.11;
/** Where on the paper the pen then stays, from its left. */
const penPlace = 0.7;
/** Components that weigh less are not drawn. */
const negligible = 0.02;

/** From sensor units to pixels. */
interface View {
  zoom: number;
  left: number;
  middle: number;
}

/** The view that holds the whole line, as it is or will be; on narrow paper what is around the pen. It moves up or down only
 * for ink that would leave it. */
function viewOf({ width, height }: Surface, { strokes, expectedWidth, isFinished }: Scene): View {
  const { left, top, width: across, height: down } = boundsOf(strokes);
  const line = isFinished ? across : Math.max(expectedWidth, across);
  const fits = Math.min((width - 2 * margin) / line, height / Math.max(2 * halfHeight, down + 60));
  const zoom = isFinished ? fits : Math.max(fits, Math.min(leastZoom, height / (2 * halfHeight)));
  const half = height / 2 / zoom - 20;
  const middle = Math.max(top + down - half, Math.min(0, top + half));
  const pen = strokes.at(-1)?.at(-1)?.x ?? 0;
  const isWhole = isFinished || line * zoom <= width - margin;
  return { zoom, left: isWhole ? left : Math.max(left, pen - penPlace * width / zoom), middle };
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const surface = surfaceOf(canvas), { context, height } = surface, view = viewOf(surface, scene);
  const place = ({ x, y }: Position): [number, number] => [
    margin + (x - view.left) * view.zoom,
    height / 2 + (y - view.middle) * view.zoom,
  ];
  context.lineCap = context.lineJoin = "round";
  const pen = Math.max(1.2, 12 * view.zoom);
  for (const strokes of scene.futures ?? []) {
    context.globalAlpha = 0.28;
    context.strokeStyle = surface.color("--future");
    context.lineWidth = pen * 0.7;
    drawStrokes(context, strokes, place);
  }
  context.globalAlpha = 1;
  const at = scene.strokes.at(-1)?.at(-1) ?? { x: 0, y: 0 };
  if (scene.next) drawMixture(surface, scene.next, scene.scale, at, place, view.zoom);
  context.lineWidth = pen;
  if (scene.activity) drawActivity(surface, scene.strokes, scene.activity, place);
  else drawInk(surface, scene, place);
}

type Place = (position: Position) => [number, number];

function drawStrokes(context: CanvasRenderingContext2D, strokes: Stroke[], place: Place): void {
  context.beginPath();
  for (const stroke of strokes) {
    context.moveTo(...place(stroke[0]));
    for (const position of stroke) context.lineTo(...place(position));
  }
  context.stroke();
}

/** The reader's own ink first. */
function drawInk({ context, color }: Surface, { strokes, own }: Scene, place: Place): void {
  let count = 0;
  const before = strokes.findIndex((stroke) => (count += stroke.length) > own);
  const cut = before < 0 ? strokes.length : before;
  context.strokeStyle = color("--own");
  drawStrokes(context, strokes.slice(0, cut), place);
  context.strokeStyle = color("--ink");
  drawStrokes(context, strokes.slice(cut), place);
}

/** Ink in the colour of a cell's activity as each point was drawn. */
function drawActivity(
  { context, color }: Surface,
  strokes: Stroke[],
  activity: ArrayLike<number>,
  place: Place,
): void {
  const [plus, minus] = [color("--plus"), color("--minus")];
  let t = 0;
  for (const stroke of strokes) {
    stroke.forEach((position, k) => {
      const value = activity[t++] ?? 0;
      context.globalAlpha = 0.12 + 0.88 * Math.min(1, Math.abs(value));
      context.strokeStyle = value < 0 ? minus : plus;
      context.beginPath();
      context.moveTo(...place(stroke[Math.max(0, k - 1)]));
      context.lineTo(...place(position));
      context.stroke();
    });
  }
  context.globalAlpha = 1;
}

/** Ellipses of two standard deviations around the places to which each component would move the pen (Eqs. 20–22). */
function drawMixture(
  { context, color }: Surface,
  mixture: Mixture,
  { mean, std }: OffsetScale,
  at: Position,
  place: Place,
  zoom: number,
): void {
  context.fillStyle = color("--next");
  mixture.weights.forEach((weight, j) => {
    if (weight < negligible) return;
    const center = {
      x: at.x + mixture.mean1[j] * std[0] + mean[0],
      y: at.y + mixture.mean2[j] * std[1] + mean[1],
    };
    const { major, minor, angle } = axesOf(
      mixture.std1[j] * std[0] * zoom,
      mixture.std2[j] * std[1] * zoom,
      mixture.correlation[j],
    );
    context.globalAlpha = 0.15 + 0.6 * weight;
    context.beginPath();
    context.ellipse(...place(center), 2 * major + 3, 2 * minor + 3, angle, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
  context.fillStyle = color("--ink");
  context.beginPath();
  context.arc(...place(at), 1.8, 0, 2 * Math.PI);
  context.fill();
}

/** The half axes of a Gaussian's ellipse at one standard deviation: the square roots of its covariance's eigenvalues. */
export function axesOf(std1: number, std2: number, correlation: number) {
  const a = std1 ** 2, b = std2 ** 2, c = correlation * std1 * std2;
  const spread = Math.hypot(a - b, 2 * c);
  return {
    major: Math.sqrt((a + b + spread) / 2),
    minor: Math.sqrt(Math.max(0, (a + b - spread) / 2)),
    angle: Math.atan2(2 * c, a - b) / 2,
  };
}
