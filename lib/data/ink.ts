/** Strokes from files in which pens, tablets and drawing programs keep them: JSON, InkML, SVG, IAM-OnDB's XML. */
import { decodeBytes, readAtMost } from "./bytes.ts";
import type { Reading, Stroke } from "./cleaning.ts";
import { svgStrokes } from "./svg_paths.ts";
import { walkXml } from "./xml.ts";

/** A line of handwriting. */
export interface Ink {
  /** What was written, if the file tells it. */
  text?: string;
  /** In the file's own units of length and time. */
  strokes: Stroke[];
}

/** In bytes; IAM-OnDB's lines have at most 0.1 million. */
const largestFile = 4e6;

/** The lines of handwriting in the file at `path`, as `parseInk` says. Throws, naming the file, if there are none. */
export async function readInk(path: string): Promise<Ink[]> {
  const bytes = await readAtMost(path, largestFile, "strokes");
  try {
    return parseInk(decodeBytes(bytes));
  } catch (error) {
    throw new Error(`${path} holds no strokes: ${(error as Error).message}.`, { cause: error });
  }
}

/**
 * The lines of handwriting in a file, of which the content says what it is:
 * - JSON: strokes, each a list of points, each `[x, y]`, `[x, y, time]` or `{ x, y, time }`; or `{ text, strokes }`; or
 *   a list of those, as `deno task write --out line.json` makes;
 * - InkML: every `trace`, with the text of an `annotation` of the type truth or transcription;
 * - SVG: every `path`, `polyline`, `polygon` and `line`, with their transformations, which has no times;
 * - IAM-OnDB's XML: every `Stroke`.
 * Throws, with what was expected, if it is none of these, is damaged or has no strokes.
 */
export function parseInk(content: string): Ink[] {
  const start = content.trimStart();
  const lines = /^[[{]/.test(start) ? parseJson(start) : start.startsWith("<") ? parseXml(start) : null;
  if (!lines) throw new Error("neither JSON nor XML: strokes as JSON, InkML or SVG were expected");
  if (!lines.length || lines.some(({ strokes }) => !strokes.length)) {
    throw new Error("there are no strokes in it");
  }
  return lines;
}

function parseJson(content: string): Ink[] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new Error(`damaged JSON (${(error as Error).message})`);
  }
  const isLine = (one: unknown) => one !== null && typeof one === "object" && "strokes" in one;
  if (isLine(value)) return [lineOf(value)];
  if (Array.isArray(value) && value.length && value.every(isLine)) return value.map(lineOf);
  return [{ strokes: strokesOf(value) }];
}

function lineOf(value: unknown): Ink {
  const { text, strokes } = value as { text?: unknown; strokes: unknown };
  return { strokes: strokesOf(strokes), ...(typeof text === "string" && { text }) };
}

function strokesOf(value: unknown): Stroke[] {
  const expected =
    "a list of strokes was expected, each a list of points [x, y], [x, y, time] or { x, y, time }";
  const list = (value: unknown): unknown[] => {
    if (Array.isArray(value)) return value;
    throw new Error(`${expected}; found ${JSON.stringify(value)?.slice(0, 60)}`);
  };
  const strokes = list(value).map((stroke) =>
    list(stroke).map((point) => {
      const { x, y, time, t } = Array.isArray(point)
        ? { x: point[0], y: point[1], time: point[2], t: undefined }
        : Object(point);
      const reading = readingOf(x, y, time ?? t);
      if (!reading) throw new Error(`${expected}; found ${JSON.stringify(point)?.slice(0, 60)}`);
      return reading;
    })
  );
  return strokes.filter((stroke) => stroke.length);
}

/** `null` unless x and y are numbers. */
function readingOf(x: unknown, y: unknown, time: unknown): Reading | null {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return null;
  return { x: x as number, y: y as number, ...(Number.isFinite(time) && { time: time as number }) };
}

function parseXml(content: string): Ink[] {
  const root = /<(?:\w+:)?([A-Za-z]\w*)/.exec(content.replace(/<!--[^]*?-->/g, ""))?.[1];
  if (root === "svg") return [{ strokes: svgStrokes(content) }];
  if (root === "ink") return [parseInkml(content)];
  if (root === "WhiteboardCaptureSession") return [{ strokes: parseWhiteboard(content) }];
  throw new Error(`XML of the kind <${root}>: InkML, SVG or IAM-OnDB's was expected`);
}

/** The strokes of IAM-OnDB's XML for one line. Throws if it is not well-formed or a point has no x and y. */
export function parseWhiteboard(xml: string): Stroke[] {
  const strokes: Stroke[] = [];
  walkXml(xml, {
    open(name, attributes) {
      if (name === "Stroke") strokes.push([]);
      if (name !== "Point") return;
      const [x, y, time] = ["x", "y", "time"].map((key) => Number.parseFloat(attributes[key]));
      const reading = readingOf(x, y, time);
      if (!reading) throw new Error(`A point without x and y: ${JSON.stringify(attributes)}`);
      if (!strokes.length) throw new Error("A point outside of any stroke.");
      strokes.at(-1)!.push(reading);
    },
  });
  return strokes.filter((stroke) => stroke.length);
}

/** InkML (W3C, 2011): traces of channels, X and Y and perhaps T; a trace format names others and their order. */
function parseInkml(xml: string): Ink {
  const strokes: Stroke[] = [];
  let channels: string[] = [], text: string | undefined, annotation = "";
  walkXml(xml, {
    open(name, attributes) {
      if (name === "traceFormat") channels = [];
      if (name === "channel") channels.push(attributes.name?.toUpperCase());
      if (name === "annotation") annotation = attributes.type?.toLowerCase() ?? "";
    },
    close(name, content) {
      if (name === "annotation" && /^(truth|transcription)$/.test(annotation)) text ??= content.trim();
      if (name === "trace") strokes.push(traceOf(content, channels.length ? channels : ["X", "Y", "T"]));
    },
  });
  return { strokes: strokes.filter((stroke) => stroke.length), ...(text !== undefined && { text }) };
}

/** Points with commas between. A value after ' is a difference from the last, after " a difference of differences, after
 * ! itself again; the mark holds for the channel's later values too. */
function traceOf(content: string, channels: string[]): Stroke {
  const order = channels.map(() => "!"), values: number[] = [], speeds: number[] = [];
  const places = ["X", "Y", "T"].map((name) => channels.indexOf(name));
  if (places[0] < 0 || places[1] < 0) {
    throw new Error(`a trace of the channels ${channels}: X and Y were expected`);
  }
  return content.split(",").filter((point) => point.trim()).map((point) => {
    const tokens = [...point.matchAll(/([!'"])?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/g)];
    tokens.slice(0, channels.length).forEach(([, mark, digits], k) => {
      const before = values[k] ?? 0, value = Number(digits);
      if (mark) order[k] = mark;
      if (order[k] === "'") speeds[k] = value;
      if (order[k] === '"') speeds[k] = (speeds[k] ?? 0) + value;
      values[k] = order[k] === "!" ? value : before + speeds[k];
    });
    const [x, y, time] = places.map((place) => place < tokens.length ? values[place] : undefined);
    const reading = readingOf(x, y, time);
    if (!reading) throw new Error(`a point without x and y: ${JSON.stringify(point.trim().slice(0, 60))}`);
    return reading;
  });
}
