/** Strokes from files in which pens and tablets record them. */
import { SaxesParser } from "saxes";
import type { Reading } from "./cleaning.ts";

/** What the pen did from one touch of the surface to the next lift. */
export type Stroke = Reading[];

/** The most readings that a line of handwriting may have: the longest of IAM-OnDB has 1,940. */
export const mostReadings = 20_000;

/** The strokes of IAM-OnDB's XML for one line. Throws if it is not well-formed or a point has no x and y. */
export function parseWhiteboard(xml: string): Stroke[] {
  const strokes: Stroke[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "Stroke") strokes.push([]);
    if (name !== "Point") return;
    const [x, y, time] = ["x", "y", "time"].map((key) => Number.parseFloat(attributes[key]));
    if (!Number.isFinite(x + y)) throw new Error(`A point without x and y: ${JSON.stringify(attributes)}`);
    if (!strokes.length) throw new Error("A point outside of any stroke.");
    strokes.at(-1)!.push(Number.isFinite(time) ? { x, y, time } : { x, y });
  });
  parser.write(xml).close();
  return strokes.filter((stroke) => stroke.length);
}
