/** How legible handwriting is: what a network that learned to read it misreads. */
import { checkOptions } from "../check_options.ts";
import { type Alphabet, type Line, penBatches } from "../data/mod.ts";
import { editDistance } from "../edit_distance.ts";
import type { Network } from "../network/network.ts";
import { toBeRead } from "../training/data.ts";

/** A line as the reader reads it. */
export interface Reading {
  id: string;
  /** What it should be, in the reader's alphabet. */
  text: string;
  read: string;
  /** Characters to put in, take out or change that turn one into the other. */
  errors: number;
  characters: number;
}

/**
 * Lines as `reader` reads them, in their order. `points` of a line are normalised as the reader's training set was.
 * Throws if the network is no reader.
 */
export async function readHandwriting(
  reader: Network,
  lines: Line[],
  alphabet: Alphabet,
  options: { lanes?: number; onProgress?: (done: number, all: number) => void } = {},
): Promise<Reading[]> {
  checkOptions("readHandwriting", options, ["lanes", "onProgress"]);
  const { lanes = 32, onProgress } = options;
  if (reader.config.domain.kind !== "reading") {
    throw new RangeError(`This network predicts ${reader.config.domain.kind} and cannot read handwriting.`);
  }
  const readings: Reading[] = [];
  const numbered = lines.map((line, k) => toBeRead({ ...line, id: `${k}` }));
  const grouping = { size: lanes, seed: 0, epoch: 0, maximumPoints: 24_000, alphabet };
  const decode = (ids: ArrayLike<number>) => Array.from(ids, (k) => alphabet.symbols[k]).join("");
  let done = 0;
  for (const batch of penBatches(numbered, grouping)) {
    const { errors, readings: read } = await reader.loss(batch);
    const longest = batch.characters!.length / batch.size;
    batch.ids.forEach((number, b) => {
      const text = batch.characters!.subarray(b * longest, b * longest + batch.textLengths![b]);
      const { id } = lines[Number(number)];
      const [characters, wrong] = [text.length, errors[b]];
      readings[Number(number)] = {
        id,
        text: decode(text),
        read: decode(read![b]),
        errors: wrong,
        characters,
      };
    });
    onProgress?.(done += batch.size, lines.length);
  }
  return readings;
}

/** The reading of a line that goes on from another: the pen's way to it, and on from it, may look like a space, but is none
 * of its own. */
export function ofItsOwn(reading: Reading): Reading {
  const read = reading.read.trim();
  return { ...reading, read, errors: editDistance(reading.text, read) };
}

/** All errors over all characters: the character error rate, from 0 on. */
export function characterErrorRate(readings: Reading[]): number {
  const sum = (key: "errors" | "characters") => readings.reduce((total, reading) => total + reading[key], 0);
  return sum("errors") / sum("characters");
}

/** Lines of which the reader misreads more than half: nobody else will read them either. */
export const lostLines = (readings: Reading[]): number =>
  readings.filter(({ errors, characters }) => errors > characters / 2).length;
