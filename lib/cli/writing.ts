/** What `deno task write` makes of handwriting: pictures, sheets of paper, G-code or strokes, in one file or several. */
import { writeFile } from "../files.ts";
import {
  type GcodeOptions,
  layOutSheets,
  pngDensity,
  type Sheet,
  type SheetOptions,
  sheetToGcode,
  sheetToSvg,
  type Stroke,
  strokesToJson,
  svgToPng,
} from "../report/mod.ts";
import { print } from "./output.ts";

export const endings = [".svg", ".png", ".gcode", ".json"];

export interface WritingForm {
  /** The file's path. */
  out: string;
  /** What is made: one of `endings`. */
  ending: string;
  sheet: SheetOptions;
  /** In millimetres. */
  pen?: number;
  gcode: GcodeOptions;
}

export interface WrittenRow {
  /** Empty in a blank row. */
  text: string;
  indent: number;
  strokes: Stroke[];
}

/** Writes the files for each writing's rows, and says which. On paper a writing begins a new sheet. */
export async function saveWriting(writings: WrittenRow[][], form: WritingForm): Promise<string> {
  const { out, ending, sheet } = form;
  if (ending === ".json") {
    const lines = writings.flat().filter(({ text }) => text !== "");
    await writeFile(out, strokesToJson(lines.map(({ text, strokes }) => ({ text, strokes }))));
    return out;
  }
  const sheets = sheet.paper
    ? writings.flatMap((rows) => layOutSheets(rows, sheet))
    : layOutSheets(writings.flatMap(stacked), sheet);
  const paths = sheets.map((_, k) => sheets.length > 1 ? numbered(out, k + 1, sheets.length) : out);
  for (const [k, path] of paths.entries()) await writeFile(path, await render(sheets[k], form));
  return paths.length > 1 ? `${paths.length} sheets, ${paths[0]} to ${paths.at(-1)}` : out;
}

/** Writings of several rows have a blank one between them. */
const stacked = (rows: WrittenRow[], k: number): WrittenRow[] =>
  k > 0 && rows.length > 1 ? [{ text: "", indent: 0, strokes: [] }, ...rows] : rows;

/** `letter-02.svg`: with as many digits as the last number has, so that names are in order. */
function numbered(path: string, number: number, last: number): string {
  const digits = String(number).padStart(String(last).length, "0");
  return path.replace(/(?=\.[^.]*$)/, `-${digits}`);
}

async function render(sheet: Sheet, { ending, sheet: { paper }, pen, gcode }: WritingForm) {
  if (ending === ".gcode") return sheetToGcode(sheet, gcode);
  const svg = sheetToSvg(sheet, { pen, background: !paper });
  if (ending === ".svg") return svg;
  const density = pngDensity(svg);
  if (density < 2) {
    print(
      `So tall a picture has ${density.toFixed(2)} pixels a unit in place of 2; an .svg keeps every detail.`,
    );
  }
  return await svgToPng(svg);
}
