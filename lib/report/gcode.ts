/** Sheets of handwriting as G-code, for plotters that are driven as milling machines are (RS-274, as GRBL and Marlin read it). */
import { checkOptions } from "../check_options.ts";
import type { Sheet } from "./sheets.ts";

export interface GcodeOptions {
  /** What lifts the pen: G-code, one command or several. Default `G0 Z5`. */
  penUp?: string[];
  /** What puts the pen down. Default `G1 Z0 F600`. */
  penDown?: string[];
  /** The pen's speed while it writes, in millimetres a minute. Default 1500. */
  feed?: number;
}

/**
 * One sheet: in millimetres, absolute, from the paper's lower left corner with y upwards. Strokes in the order of
 * writing: the pen moves to a stroke's beginning lifted (G0) and along it at `feed` (G1); in the end it is lifted and goes
 * back to the corner.
 */
export function sheetToGcode({ width, height, lines }: Sheet, options: GcodeOptions = {}): string {
  checkOptions("sheetToGcode", options, ["penUp", "penDown", "feed"]);
  const { penUp = ["G0 Z5"], penDown = ["G1 Z0 F600"], feed = 1500 } = options;
  const at = ({ x, y }: { x: number; y: number }) => `X${x.toFixed(2)} Y${(height - y).toFixed(2)}`;
  const strokes = lines.flat().map(([first, second, ...rest]) => [
    `G0 ${at(first)}`,
    ...penDown,
    // The pen's own commands may have another speed.
    `G1 ${at(second)} F${feed}`,
    ...rest.map((position) => `G1 ${at(position)}`),
    ...penUp,
  ]);
  return [
    `; ${width.toFixed(1)} x ${height.toFixed(1)} mm, from the lower left corner`,
    ...["G21 ; millimetres", "G90 ; absolute", ...penUp],
    ...strokes.flat(),
    ...["G0 X0 Y0", "M2", ""],
  ].join("\n");
}
