/** Handwriting on sheets of paper, in millimetres, y growing downwards: for screens, printers and plotters. */
import { checkOptions } from "../check_options.ts";
import {
  type Bounds,
  boundsOf,
  deskew,
  mapStrokes,
  type Position,
  shortLine,
  type Stroke,
  strokePath,
  usualAdvance,
} from "./strokes.ts";
import { decimal, element } from "./svg.ts";

/** Width and height, in millimetres. */
export const paperSizes = {
  a4: { width: 210, height: 297 },
  a5: { width: 148, height: 210 },
  letter: { width: 215.9, height: 279.4 },
} as const;

/** A row of a page as it was written. */
export interface SheetRow {
  /** In on-line units (`strokesOf`); none in a blank row. */
  strokes: Stroke[];
  /** How many characters it is indented by. Default 0. */
  indent?: number;
}

export interface SheetOptions {
  /** In millimetres. Default: one sheet, as large as the writing. */
  paper?: { width: number; height: number };
  /** How many characters are to fit between the margins: it says how large the writing is. Default 40. */
  characters?: number;
  /** In millimetres. Default 20 on paper, 4 around a picture. */
  margin?: number;
  /** From line to line, in millimetres. Default: three times what most of the writing is high. */
  spacing?: number;
  /** Level each line. Default true. */
  level?: boolean;
}

export interface Sheet {
  width: number;
  height: number;
  /** The strokes of each line, in the order of writing. */
  lines: Stroke[][];
}

/** Between the margins of a picture without paper: those of A4. */
const usualWidth = 170;
/** A dot's length: of a stroke without any, some plotters' software makes nothing. */
const dot = 0.1;

/** Between margins of their usual width, in millimetres. */
function textArea({ paper, margin = paper ? 20 : 4 }: SheetOptions) {
  return {
    margin,
    textWidth: paper ? paper.width - 2 * margin : usualWidth,
    textHeight: paper ? paper.height - 2 * margin : Infinity,
  };
}

const sheetOptions = ["paper", "characters", "margin", "spacing", "level"] as const;

/** Throws a RangeError if no row, however small, fits between the margins: to be asked before minutes of writing. */
export function demandRoom(options: SheetOptions): void {
  checkOptions("demandRoom", options, sheetOptions);
  const { margin, textWidth, textHeight } = textArea(options), { spacing = 0 } = options;
  if (textWidth > 0 && textHeight > 0 && textHeight >= spacing) return;
  const lines = spacing > 0 ? ` and ${spacing} mm from line to line` : "";
  throw new RangeError(`Margins of ${margin} mm${lines} leave no room for a line: take smaller ones.`);
}

/**
 * Lays rows out on sheets, all at one scale: `characters` of usual width fill the line, or fewer where the widest row
 * needs it. Rows stand at equal distances by their median height, indented from a common left edge.
 *
 * @throws RangeError if nothing fits between the margins.
 */
export function layOutSheets(rows: SheetRow[], options: SheetOptions = {}): Sheet[] {
  checkOptions("layOutSheets", options, sheetOptions);
  demandRoom(options);
  const { paper, characters = 40, level = true } = options,
    { margin, textWidth, textHeight } = textArea(options);
  const levelled = rows.map(({ strokes }) => level ? deskew(strokes, shortLine) : strokes);
  const bounds = levelled.map(boundsOf), middles = levelled.map((strokes) => heights(strokes, 0.5));
  const indents = rows.map(({ indent = 0 }) => indent * usualAdvance);
  const widest = Math.max(...bounds.map(({ width }, k) => indents[k] + width));
  const scale = textWidth / Math.max(characters * usualAdvance, widest);
  const spacing = options.spacing ?? 3 * scale * spread(levelled);
  const perSheet = paper ? Math.floor(textHeight / spacing) : rows.length;
  if (!(perSheet > 0)) {
    throw new RangeError(
      `Margins of ${margin} mm and ${spacing.toFixed(1)} mm from line to line leave no room for one: ` +
        "take smaller ones, more characters a line, or larger paper.",
    );
  }
  const sheets: Sheet[] = [];
  for (let from = 0; from < rows.length; from += perSheet) {
    const lines = levelled.slice(from, from + perSheet).map((strokes, n) => {
      const k = from + n, left = bounds[k].left - indents[k];
      return mapStrokes(strokes, ({ x, y }) => ({
        x: margin + (x - left) * scale,
        y: margin + (n + 0.5) * spacing + (y - middles[k]) * scale,
      }));
    });
    sheets.push(paper ? { ...paper, lines: within(paper, lines) } : crop(lines, margin));
  }
  return sheets.map((sheet) => ({ ...sheet, lines: sheet.lines.map((line) => line.map(visible)) }));
}

/** The y below which lies that share of the positions. */
function heights(strokes: Stroke[], share: number): number {
  const sorted = strokes.flat().map(({ y }) => y).sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

/** How high most of the writing is: from the tenth to the ninetieth percentile of a line, the median of all lines. */
function spread(lines: Stroke[][]): number {
  const all = lines.filter((line) => line.length > 0)
    .map((line) => heights(line, 0.9) - heights(line, 0.1)).sort((a, b) => a - b);
  return Math.max(all[all.length >> 1] ?? 0, usualAdvance / 4);
}

/** A pen cannot leave its paper: whatever was drawn beyond lies on the edge. */
function within({ width, height }: { width: number; height: number }, lines: Stroke[][]): Stroke[][] {
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return lines.map((line) => mapStrokes(line, ({ x, y }) => ({ x: clamp(x, width), y: clamp(y, height) })));
}

/** A sheet as large as what is on it. */
function crop(lines: Stroke[][], margin: number): Sheet {
  const { left, top, width, height }: Bounds = boundsOf(lines.flat());
  const move = ({ x, y }: Position) => ({ x: x - left + margin, y: y - top + margin });
  return {
    width: width + 2 * margin,
    height: height + 2 * margin,
    lines: lines.map((line) => mapStrokes(line, move)),
  };
}

function visible(stroke: Stroke): Stroke {
  const [first] = stroke;
  return stroke.length > 1 ? stroke : [first, { x: first.x + dot, y: first.y }];
}

/**
 * A sheet as a picture in millimetres: single strokes of the pen in the order of writing, one path a line.
 *
 * @param options.pen width of the pen's line in millimetres. Default 0.4.
 * @param options.background white, for screens. Default: none, since a plotter would draw it.
 */
export function sheetToSvg(
  { width, height, lines }: Sheet,
  options: { pen?: number; background?: boolean } = {},
): string {
  checkOptions("sheetToSvg", options, ["pen", "background"]);
  const { pen = 0.4, background = false } = options;
  const size = { width: `${decimal(width)}mm`, height: `${decimal(height)}mm` };
  return element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", ...size, viewBox: `0 0 ${decimal(width)} ${decimal(height)}` },
    ...(background ? [element("rect", { width: "100%", height: "100%", fill: "white" })] : []),
    element(
      "g",
      {
        fill: "none",
        stroke: "black",
        "stroke-width": pen,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
      },
      ...lines.filter((line) => line.length > 0).map((line) => element("path", { d: strokePath(line) })),
    ),
  );
}
