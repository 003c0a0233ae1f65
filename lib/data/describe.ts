/** What was read, in sentences: printed before a training, so that nobody trains on what they did not mean to. */
import { describeSkipped } from "./account.ts";
import type { Handwriting, Line } from "./handwriting.ts";
import type { Text } from "./text.ts";

const count = (value: number) => value.toLocaleString("en");

export const handwritingNames: Record<Handwriting["source"], string> = {
  "iam-ondb": "IAM-OnDB",
  excerpt: "the excerpt of IAM-OnDB",
  own: "handwriting of one's own",
};

function linesInWords(lines: Line[]): string {
  const points = lines.reduce((sum, line) => sum + line.points.length / 3, 0);
  const characters = lines.reduce((sum, line) => sum + [...line.text].length, 0);
  return `${count(lines.length)} lines (${count(points)} points, ${count(characters)} characters)`;
}

export function describeHandwriting({ source, training, validation, skipped, notes }: Handwriting): string[] {
  return [
    `Data: ${handwritingNames[source]}, ${linesInWords(training)} to train on and ${
      linesInWords(validation)
    } to validate on.`,
    ...(skipped.length ? [`Left out: ${describeSkipped(skipped)}.`] : []),
    ...notes,
  ];
}

export function describeText({ source, level, symbols, training, validation, test, note }: Text): string[] {
  const units = { character: "characters", word: "words and ends of sentences", byte: "bytes" }[level];
  const testing = test.length ? ` and ${count(test.length)} to test on` : "";
  return [
    `Data: ${source} (${note}), ${count(training.length)} ${units} to train on, ${
      count(validation.length)
    } to validate on${testing}; ${count(symbols.length)} different ones.`,
  ];
}
