/** How often IAM-OnDB's training lines have each character: `data/excerpts` carries the counts, so that they are known where the
 * data base is not. */
import { join } from "node:path";
import { excerptDirectory } from "./find.ts";
import type { Line } from "./handwriting.ts";

/** The file with the counts, which `data/excerpts/make.ts` writes. */
export const characterCounts = join(excerptDirectory, "iam-ondb", "characters.json");

/** Characters and how often they come, the most frequent first (but for digits, which stand first in any object). */
export function countCharacters(lines: Pick<Line, "text">[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of lines) {
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

/** Those of the whole training set. */
export const readCharacterCounts = (): Record<string, number> =>
  JSON.parse(Deno.readTextFileSync(characterCounts));
