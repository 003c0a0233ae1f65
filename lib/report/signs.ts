/** Digits and signs, which the network has seldom or never seen, drawn between the words that it writes: IAM-OnDB's training lines
 * have 39 eights (of 31,765 e), 7 plus signs, 5 slashes, 1 ampersand and no @. */
import { inkHeight, pathStrokes, usualHeight } from "../data/mod.ts";
import type { Random } from "../random.ts";
import { boundsOf, mapStrokes, shortLine, slopeOf, type Stroke } from "./strokes.ts";
import { quantile } from "../statistics.ts";
import { slant } from "./traits.ts";

/** Single strokes in the order of writing, as paths: the baseline at 0, small letters 10 high, y growing downwards. */
const paths: Record<string, string> = {
  "0": "M6.5-17C1-17.5 0-11 .5-6.5C1-2 3-0 5 0C9 0 10.5-5 10.5-10C10.5-14.5 9-17 6-17",
  "1": "M1-12.5L6-17L5.5 0",
  "2": "M.5-13.5C2-18 9.5-18 9-12.5C8.5-8.5 4-4 0 0C3-.7 7 .2 10-.5",
  "3": "M.5-15.5C3.5-18.5 9-17 8.5-13C8-10.3 5.5-9.5 3.5-9.3C7-9.5 10-7.5 9.5-4.5C9 .5 3 1 0-2",
  "4": "M3.5-17C2.5-13.5 1.5-10 0-6.5C3.5-6.2 7-6.5 10.5-7M8-11.5L7 1",
  "5": "M2-16.5C2-14 1.5-12 1-9.5C4-11.5 10-10.5 9.5-5C9 .5 3 1 0-1.5M2-16.5C4.5-16 7-16.5 10-16.8",
  "6": "M8.5-17C3-14 0-8.5 .5-4C1 .5 5 .5 7.5-1.5C10.5-4 9.5-9.2 5.5-8.8C3-8.5 1-6.5 .7-4",
  "7": "M0-16.3C3-16 7-16.2 10-16.7L4 .5",
  "8": "M9-14.5C7.5-18.5 1-18 1.5-13.5C2-9.5 9.7-9 9.5-4C9.3 .5 .5 1 .5-4C.5-8.5 9.5-10 9.2-14.8",
  "9": "M9.5-13.5C8-18 .5-18 0-12C0-7 8-7.2 9.6-13.8C9.5-8 9-4 7.5 .5",
  "&": "M11 0L3-12C1-15.5 3-17 5-17C7.5-17 8.5-14 6-11.5L3-8.5C-1-4.5 1 0 4.5 0C7.5 0 10-3 11-7",
  "@": "M11-9C9.5-11 4.5-11 4-6.5C3.7-2.5 8.5-2 10-6L11-10C10-5 10-3 12.5-3C17-3.5 17.5-14 10-15.5" +
    "C1-17-2-9-.5-3.5C1 2.5 8 3.5 13 1",
  "+": "M0-6H10M5-11V-1",
  "=": "M0-8H9.5M0-4H9.5",
  "/": "M0 2L7-17",
  "\\": "M0-17L7 2",
  "%": "M4-16C0-17-1-10.5 2.5-10C6-10 6.5-16 3-16.5M11-17L1 0M10-7C6.5-7.5 6-.5 9 0C12.5 .5 13.5-7 9.5-7.2",
  "*": "M4-16V-8M.5-14L7.5-10M7.5-14L.5-10",
  "#": "M4-15L2 0M10-15L8 0M.5-10H12M0-5H11.5",
  "£": "M10-14C8-18 3-17 3.5-12C4-7 5-3 1 0C4-1.5 7 1 10.5-1M.5-8H8",
  "$": "M9-13C7-16 1-15.5 1-11.5C1-7.5 9-9 9-4.5C9-.5 2 0 0-3M5-18V2.5",
  "€": "M11-14C7-18 2.5-14 2.5-8C2.5-1.5 7 1.5 11-2.5M0-9.5H8.5M0-6H8",
  "¥": "M1-17L5.5-9L10-17M5.5-9V0M1.5-8H9.5M1.5-4.5H9.5",
  "[": "M4-18H0V2H4",
  "]": "M0-18H4V2H0",
  "{": "M5-18C1-18 3-9 0-8C3-7 1 2 5 2",
  "}": "M0-18C4-18 2-9 5-8C2-7 4 2 0 2",
  "<": "M8-11L0-6.5L8-2",
  ">": "M0-11L8-6.5L0-2",
  "_": "M0 1H10",
  "|": "M0-18V3",
  "~": "M0-6C2-9 4-8.5 5.5-6.5C7-4.5 9-4.5 10.5-7.5",
  "^": "M0-12L4-17L8-12",
  "°": "M3-17.5C-1-17.5-1-12 2.5-12C6-12 6-17.5 3-17.5",
  "→": "M0-6H13M9-9.5L13-6L9-2.5",
  "✓": "M0-6L4 0L12-15",
  "♥": "M6-3C2-7-1-10 1-13.5C3-16 5.5-14.5 6-12C6.5-14.5 9-16 11-13.5C13-10 10-7 6-3",
};

/** All digits and signs that are drawn. */
export const signs: readonly string[] = Object.keys(paths);

/** The network knows these, but not without a letter beside them: next to a sign, as in 10:45, they are drawn too. */
const marks: Record<string, string> = {
  ".": "M0-.5L1 0",
  ",": "M1.5-1L0 3.5",
  ":": "M1.5-8.5L2-7.8M.5-.8L1.2 0",
  ";": "M2-8.5L2.5-7.8M1.5-1L0 3.5",
  "'": "M1-17.5L.3-13.5",
  '"': "M1-17.5L.3-13.5M5-17.5L4.3-13.5",
  "-": "M0-6.2L6.5-6.5",
  "?": "M0-14C1-18.5 8.5-18 8-13.5C7.5-9.5 4-9.5 4-5M3.5-.5L4.5 0",
  "!": "M1.5-17L1-5M.5-.5L1.5 0",
  "(": "M4-19C-1-14-1-3 3.5 2",
  ")": "M0-19C5-14 5-3 .5 2",
};

const oneOf = (some: Record<string, string>) =>
  `[${Object.keys(some).map((one) => `\\u{${one.codePointAt(0)!.toString(16)}}`).join("")}]`;
const group = `${oneOf(marks)}*(?:${oneOf(paths)}${oneOf(marks)}*)+`;
/** Marks alone between blanks: the dash of "- 5" is part of the number. */
const alone = `(?<![^ ])${oneOf(marks)}+(?![^ ])`;
const allDrawn = new RegExp(`^(?:${oneOf(marks)}|${oneOf(paths)}| )+$`, "u");
const run = new RegExp(` *(?:${alone} +)*${group}(?: +(?:${group}|${alone}))* *`, "gu");

/** A row with signs. */
export interface SignedRow {
  /** What stands before, between and behind the runs of signs; the first and the last may be empty. */
  pieces: string[];
  /** Signs that stand together, with the marks at them and the blanks around and between: one run fewer than pieces. */
  runs: string[];
}

/** A row that has marks and signs only, "?!", is a run as a whole. */
export function partSigns(text: string): SignedRow {
  if (allDrawn.test(text)) return { pieces: ["", ""], runs: [text] };
  return { pieces: text.split(run), runs: text.match(run) ?? [] };
}

/** What the network is to write of it: a space in place of each run between words. */
export const withoutSigns = ({ pieces }: SignedRow): string =>
  pieces.filter((piece) => piece !== "").join(" ");

/** IAM-OnDB's small letters in on-line units, where a line's ink has the usual height. */
const smallLetters = 150;
/** Three or four letters: so much writing on either side of a sign says where it stands. */
const reach = 4 * smallLetters;
/** As shares of the small letters' height: between a sign and what is next to it, and what a blank adds. */
const bearing = 0.3, blank = 1.2;

/**
 * Puts a row's signs into the gaps that the spaces in their place have left, which become as wide as it takes; as high and as
 * slanting as the hand, and no two quite alike.
 *
 * @param strokes how `withoutSigns` of the row was written.
 * @param hand lines of the same hand, whose medians size and slant are.
 */
export function placeSigns(
  strokes: Stroke[],
  { pieces, runs }: SignedRow,
  random: Random,
  hand: Stroke[][] = [strokes],
): Stroke[] {
  if (runs.length === 0) return strokes;
  const text = withoutSigns({ pieces, runs }), gaps = findGaps(strokes, text);
  const { left, width } = boundsOf(strokes);
  let spaces = 0; // Of `text`, up to the run.
  const places = runs.map((_, k) => {
    spaces += pieces[k] === "" ? 0 : pieces[k].split(" ").length;
    return pieces[k] === "" ? -Infinity : pieces[k + 1] === "" ? Infinity : gaps[spaces - 1];
  });
  // A full stop alone says nothing.
  const height = smallLetters * Math.max(median(hand.map(inkHeight)) / usualHeight || 1, 1 / 3);
  const lean = Math.tan((median(hand.map(slant)) || 0) * Math.PI / 180);
  const placed: Stroke[] = [];
  let right: number | undefined;
  pieces.forEach((_, k) => {
    // What lies behind a gap belongs there, a dot that was put there late among it.
    const part = strokes.filter((stroke) => {
      const { left, width } = boundsOf([stroke]), x = left + width / 2;
      return x >= (places[k - 1] ?? -Infinity) && x < (places[k] ?? Infinity);
    });
    if (part.length > 0) {
      const bounds = boundsOf(part), shift = right === undefined ? 0 : right - bounds.left;
      placed.push(...mapStrokes(part, ({ x, y }) => ({ x: x + shift, y })));
      right = bounds.left + bounds.width + shift;
    }
    if (k === runs.length) return;
    const baseline = baselineAt(strokes, Math.min(Math.max(places[k], left), left + width), height);
    let x = right === undefined ? left : right + bearing * height;
    for (const typed of runs[k]) {
      if (typed === " ") {
        x += blank * height;
        continue;
      }
      const sign = draft(paths[typed] ?? marks[typed], height / 10, lean, random), bounds = boundsOf(sign);
      placed.push(...mapStrokes(sign, (p) => ({ x: p.x - bounds.left + x, y: p.y + baseline })));
      x += bounds.width + bearing * height;
    }
    right = x;
  });
  return placed;
}

/** A gap counts as less wide by this share of its distance from where a steady hand would have it. */
const placeWeight = 0.5;

/** The x of the middle of each space's gap: those between strokes that are widest and nearest to where they are expected. */
function findGaps(strokes: Stroke[], text: string): number[] {
  const characters = [...text], { left, width } = boundsOf(strokes), advance = width / characters.length;
  const expected = characters.flatMap((char, k) => char === " " ? [left + (k + 0.5) * advance] : []);
  let right = -Infinity;
  const candidates = strokes.map((stroke) => boundsOf([stroke])).sort((a, b) => a.left - b.left).flatMap(
    (bounds) => {
      const gap = { x: (right + bounds.left) / 2, width: bounds.left - right };
      right = Math.max(right, bounds.left + bounds.width);
      return Number.isFinite(gap.x) ? [gap] : [];
    },
  );
  // best[n][k]: the best choice for the first n spaces from the first k candidates.
  const none = { score: 0, chosen: [] as number[] };
  let best = candidates.map(() => none).concat(none);
  for (const [n, x] of expected.entries()) {
    const next = [{ score: -Infinity, chosen: [] as number[] }];
    candidates.forEach((gap, k) => {
      const score = best[k].score + gap.width - placeWeight * Math.abs(gap.x - x);
      next.push(score > next[k].score ? { score, chosen: [...best[k].chosen, gap.x] } : next[k]);
    });
    if (next.at(-1)!.chosen.length <= n) return expected; // There are fewer gaps than spaces.
    best = next;
  }
  return best.at(-1)!.chosen;
}

/** Of those that are numbers: a full stop alone has no height. NaN if none is. */
const median = (values: number[]) => quantile(values.filter((value) => !Number.isNaN(value)), 0.5);

/** A stroke that turns upwards so far from the line of writing is no letter's foot, but a tail or a bar. As a share of the small
 * letters' height. */
const nearLine = 0.4;

/** The y on which the writing about the place x stands. All of a row tells where its line is: there it turns upwards most
 * densely; the letters about x, where their feet are. Few letters alone mislead, by an i's dot and a t's bar. */
function baselineAt(strokes: Stroke[], x: number, height: number): number {
  const { slope } = slopeOf(strokes, shortLine);
  const turns = strokes.flatMap((stroke) =>
    stroke.filter((p, k) => {
      const before = stroke[k - 1]?.y ?? p.y, after = stroke[k + 1]?.y ?? p.y;
      return p.y >= before && p.y > after || p.y > before && p.y >= after;
    })
  ).map((p) => ({ distance: Math.abs(p.x - x), y: p.y - (slope || 0) * (p.x - x) }));
  const line = densest(turns.map(({ y }) => y));
  const feet = turns.filter(({ distance, y }) => distance < reach && Math.abs(y - line) < nearLine * height);
  return quantile(feet.length > 0 ? feet.map(({ y }) => y) : [line], 0.5);
}

/** The middle of the shortest interval that holds half of the values; 0 without any. */
function densest(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b), half = Math.ceil(sorted.length / 2);
  const span = (from: number) => sorted[from + half - 1] - sorted[from];
  const begins = Array.from({ length: sorted.length - half + 1 }, (_, k) => k);
  const begin = begins.reduce((best, k) => span(k) < span(best) ? k : best, 0);
  return sorted[begin + (half - 1 >> 1)] ?? 0;
}

/** A sign about the origin of its baseline, with some chance in its size and direction. */
function draft(path: string, scale: number, lean: number, random: Random): Stroke[] {
  const size = scale * (1 + 0.06 * random.gaussian()), turn = 0.04 * random.gaussian();
  return mapStrokes(pathStrokes(path), ({ x, y }) => ({
    x: size * (x - (lean + turn) * y),
    y: size * (y + turn * x),
  }));
}
