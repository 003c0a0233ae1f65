/// <reference lib="dom" />
/** The network's inside, beside the paper: what it reads, its mixture's weights, its cells. */
import type { Mixture } from "../../equations/mod.ts";
import { surfaceOf } from "./dom.ts";

/** The text, each character lit by φ(t, u), the window's weight on it (Eq. 46). */
export function showLetters(row: HTMLElement, characters: string[], weights: ArrayLike<number>): void {
  while (row.children.length > characters.length) row.lastChild!.remove();
  while (row.children.length < characters.length) row.append(document.createElement("span"));
  characters.forEach((character, u) => {
    const letter = row.children[u] as HTMLElement;
    const shown = character === " " ? "\u00a0" : character;
    if (letter.textContent !== shown) letter.textContent = shown;
    letter.style.setProperty("--lit", Math.min(1, weights[u] ?? 0).toFixed(3));
  });
}

/** φ(t, u) over time: a column for each point, a row for each character, the first on top (Figure 13). */
export function paintReading(canvas: HTMLCanvasElement, columns: ArrayLike<number>[], rows: number): void {
  const { context, width, height, color } = surfaceOf(canvas);
  context.fillStyle = color("--accent");
  // As wide as a whole line of so many characters usually is.
  const across = width / Math.max(columns.length, 25 * rows), down = height / Math.max(1, rows);
  columns.forEach((weights, t) => {
    for (let u = 0; u < weights.length; u++) {
      if (weights[u] < 0.03) continue;
      context.globalAlpha = Math.min(1, weights[u]);
      context.fillRect(t * across, u * down, Math.max(1, across + 0.3), Math.max(1, down));
    }
  });
  context.globalAlpha = 1;
}

/** π^j as bars, and behind them e_t, the probability that the next point ends the stroke. */
export function paintWeights(canvas: HTMLCanvasElement, { weights, endOfStroke }: Mixture): void {
  const { context, width, height, color } = surfaceOf(canvas);
  const bars = weights.length + 2, across = width / bars;
  const bar = (k: number, value: number) =>
    context.fillRect(k * across + 1, height - value * height, Math.max(1, across - 2), value * height);
  context.fillStyle = color("--line");
  context.fillRect(0, height - 1, width, 1);
  context.fillStyle = color("--next");
  weights.forEach((weight, j) => bar(j, weight));
  context.fillStyle = color("--accent");
  bar(bars - 1, endOfStroke);
}

/** Where a layer's cells stand: rows of so many. */
export const cellsInRow = 25;

/** The activity h of a layer's cells, −1 to 1. */
export function paintCells(canvas: HTMLCanvasElement, activity: ArrayLike<number>, chosen?: number): void {
  const { context, width, height, color } = surfaceOf(canvas);
  const rows = Math.ceil(activity.length / cellsInRow);
  const across = width / cellsInRow, down = height / rows;
  const [plus, minus] = [color("--plus"), color("--minus")];
  for (let k = 0; k < activity.length; k++) {
    context.globalAlpha = Math.min(1, 0.04 + Math.sqrt(Math.abs(activity[k])));
    context.fillStyle = activity[k] < 0 ? minus : plus;
    const x = (k % cellsInRow) * across, y = Math.floor(k / cellsInRow) * down;
    context.fillRect(x + 0.5, y + 0.5, across - 1, down - 1);
  }
  context.globalAlpha = 1;
  if (chosen === undefined) return;
  context.strokeStyle = color("--ink");
  context.lineWidth = 1.5;
  context.strokeRect((chosen % cellsInRow) * across, Math.floor(chosen / cellsInRow) * down, across, down);
}
