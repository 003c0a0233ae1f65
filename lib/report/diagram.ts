/** Circles, arrows and mathematical labels: the words that Figures 1, 2 and 12 are drawn in. */
import { decimal, element, escapeXml, svgDocument } from "./svg.ts";
import type { Position } from "./strokes.ts";

/** A symbol with its indices, such as h¹ₜ₋₁: `{ letter: "h", above: "1", below: "t−1" }`. */
export interface Symbol {
  letter: string;
  above?: string;
  below?: string;
  bold?: boolean;
}

/** A circle on the page. */
export interface Node extends Position {
  radius: number;
}

/** `bend`: how far the arrow bows out to the left of its direction, in pixels; negative: to the right. */
export interface ArrowOptions {
  bend?: number;
  dashed?: boolean;
}

const ink = "#111";

// Widths of italic letters as shares of the font size, where they are far from the others'.
const letterWidths: Record<string, number> = { i: 0.32, f: 0.38, h: 0.63, w: 0.8 };

/** A circle with a symbol in it. */
export function circle(node: Node, symbol?: Symbol, strokeWidth = 1.6): string {
  return element("circle", {
    cx: node.x,
    cy: node.y,
    r: node.radius,
    fill: "white",
    stroke: ink,
    "stroke-width": strokeWidth,
  }) + (symbol ? mathematics(node, symbol, 0.8 * node.radius) : "");
}

/** A symbol centred at a position; indices stand one above the other. */
export function mathematics({ x, y }: Position, { letter, above, below, bold }: Symbol, size = 16): string {
  const small = 0.6 * size;
  const advance = (letterWidths[letter] ?? 0.58) * size;
  const indices = Math.max(above ? 0.6 : 0, below?.length === 1 ? 0.4 : 0.63 * (below?.length ?? 0)) * small;
  const left = x - (advance + indices) / 2;
  const text = (content: string, dx: number, dy: number, fontSize: number, extra = {}) =>
    element(
      "text",
      { x: left + dx, y: y + dy, "font-size": fontSize, fill: ink, ...extra },
      escapeXml(content),
    );
  const base = 0.32 * size;
  return `<g font-family="DejaVu Serif, serif" font-style="italic">` +
    text(letter, 0, base, size, bold ? { "font-weight": "bold", "font-style": "normal" } : {}) +
    (above ? text(above, advance + 0.05 * size, base - 0.5 * size, small, { "font-style": "normal" }) : "") +
    (below ? text(below, advance, base + 0.28 * size, small) : "") +
    "</g>";
}

/** An arrow from one circle's edge to another's. */
export function arrow(from: Node, to: Node, { bend = 0, dashed = false }: ArrowOptions = {}): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const control = {
    x: (from.x + to.x) / 2 + 2 * bend * (to.y - from.y) / length,
    y: (from.y + to.y) / 2 - 2 * bend * (to.x - from.x) / length,
  };
  const start = edge(from, control, 0), end = edge(to, control, 1);
  const point = ({ x, y }: Position) => `${decimal(x)} ${decimal(y)}`;
  return element("path", {
    d: bend === 0 ? `M${point(start)}L${point(end)}` : `M${point(start)}Q${point(control)} ${point(end)}`,
    fill: "none",
    stroke: ink,
    "stroke-width": 1.3,
    "stroke-dasharray": dashed ? "12 8" : undefined,
    "marker-end": "url(#head)",
  });
}

/** The point on a circle's edge that faces `towards`, a little outside it. */
function edge({ x, y, radius }: Node, towards: Position, gap: number): Position {
  const distance = Math.hypot(towards.x - x, towards.y - y);
  const share = (radius + gap) / distance;
  return { x: x + (towards.x - x) * share, y: y + (towards.y - y) * share };
}

/** Plain words. */
export function words(
  text: string,
  { x, y }: Position,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return element("text", { x, y: y + 4, "font-size": 12, "text-anchor": anchor, fill: ink }, escapeXml(text));
}

/** Pr(x_t | y_{t−1}) along a line between two circles. */
export function prediction(from: Position, to: Position, next: string, last: string): string {
  const angle = Math.atan2(to.y - from.y, to.x - from.x) * 180 / Math.PI;
  const x = from.x + 0.42 * (to.x - from.x), y = from.y + 0.42 * (to.y - from.y);
  const index = (text: string) => `<tspan font-size="8" dy="3">${escapeXml(text)}</tspan>`;
  return `<text transform="translate(${decimal(x)} ${decimal(y)}) rotate(${
    decimal(angle)
  }) translate(0 -9)" ` +
    `font-family="DejaVu Serif, serif" font-size="12" text-anchor="middle" fill="${ink}">Pr(` +
    `<tspan font-style="italic">x</tspan>${index(next)}<tspan dy="-3">|</tspan>` +
    `<tspan font-style="italic">y</tspan>${index(last)}<tspan dy="-3">)</tspan></text>`;
}

/** The page with the arrows' head defined. */
export function diagram(width: number, height: number, ...content: string[]): string {
  const head =
    `<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" ` +
    `markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.8L10 5L0 9.2L2.4 5Z" fill="${ink}"/></marker></defs>`;
  return svgDocument(width, height, head, ...content);
}
