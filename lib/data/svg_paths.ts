/** The lines that a picture in SVG draws, as strokes. */
import svgpath from "svgpath";
import type { Stroke } from "./cleaning.ts";
import { walkXml } from "./xml.ts";

/** Straight pieces that stand for a curve. */
const pieces = 16;

/** What defines a form without drawing it. */
const undrawn = new Set(["defs", "clipPath", "mask", "pattern", "marker", "symbol"]);

/** Every path, polyline, polygon and line, in the order of the file, with its transformations. Points have no times. */
export function svgStrokes(svg: string): Stroke[] {
  const strokes: Stroke[] = [];
  const transforms: string[] = [];
  let hidden = 0;
  walkXml(svg, {
    open(name, attributes) {
      if (undrawn.has(name)) hidden++;
      transforms.push(attributes.transform ?? "");
      const path = hidden ? undefined : pathOf(name, attributes);
      if (path) strokes.push(...pathStrokes(path, transforms));
    },
    close(name) {
      if (undrawn.has(name)) hidden--;
      transforms.pop();
    },
  });
  return strokes;
}

function pathOf(name: string, a: Record<string, string>): string | undefined {
  if (name === "path") return a.d;
  if (name === "line") return `M ${a.x1 ?? 0} ${a.y1 ?? 0} L ${a.x2 ?? 0} ${a.y2 ?? 0}`;
  if (name === "polyline") return `M ${a.points}`;
  return name === "polygon" ? `M ${a.points} Z` : undefined;
}

/** The strokes of a path (SVG's `d`), one for each of its parts. `transforms`: the outermost first. Throws if it is damaged. */
export function pathStrokes(path: string, transforms: string[] = []): Stroke[] {
  const moved = transforms.reduceRight((path, transform) => path.transform(transform), svgpath(path));
  const { err: damage } = moved as { err?: string };
  if (damage) throw new Error(`a damaged path in the SVG: ${damage}`);
  const strokes: Stroke[] = [];
  let isClosed = false;
  moved.abs().unarc().unshort().iterate((segment, _, x, y) => {
    if (segment[0] === "M") strokes.push([{ x: segment[1], y: segment[2] }]);
    // What follows a closed part without a move begins where that began.
    else if (isClosed) strokes.push([{ x, y }]);
    isClosed = segment[0] === "Z";
    const stroke = strokes.at(-1)!;
    if (segment[0] === "H") stroke.push({ x: segment[1], y });
    else if (segment[0] === "V") stroke.push({ x, y: segment[1] });
    else if (segment[0] === "L") stroke.push({ x: segment[1], y: segment[2] });
    else if (segment[0] === "Z") stroke.push({ ...stroke[0] });
    else if (segment[0] !== "M") stroke.push(...curve([x, y, ...segment.slice(1) as number[]]));
  });
  return strokes.filter((stroke) => stroke.length > 1);
}

/** Points on a Bézier curve of the second or third order, whose corners are given as x, y, x, y, …; without the first. */
function curve(corners: number[]): Stroke {
  return Array.from({ length: pieces }, (_, k) => {
    const share = (k + 1) / pieces;
    let points = corners;
    // De Casteljau: the corners move towards each other until one is left.
    while (points.length > 2) {
      points = points.slice(0, -2).map((value, n) => value + share * (points[n + 2] - value));
    }
    return { x: points[0], y: points[1] };
  });
}
