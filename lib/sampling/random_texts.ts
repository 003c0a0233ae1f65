/** Texts to write that nobody wrote. */
import { checkOptions } from "../check_options.ts";
import type { Line } from "../data/handwriting.ts";
import { Random } from "../random.ts";

/** The texts' length in characters. */
const shortest = 20, longest = 35;

/**
 * Texts that nobody wrote: words drawn at random from real transcriptions, joined by spaces.
 *
 * @throws Error if the lines have no words, or none short enough.
 */
export function randomTexts(
  lines: Pick<Line, "text">[],
  options: { count: number; seed: number },
): string[] {
  checkOptions("randomTexts", options, ["count", "seed"]);
  const { count, seed } = options;
  const words = lines.flatMap(({ text }) => text.split(/\s+/)).filter((word) =>
    /\p{L}/u.test(word) && word.length <= longest
  );
  if (words.length === 0) throw new Error("The lines have no words to make texts of.");
  return Array.from({ length: count }, (_, k) => {
    const random = new Random(seed, "random text", k);
    const length = shortest + random.integer(longest - shortest + 1);
    let text = words[random.integer(words.length)];
    for (;;) {
      const longer = `${text} ${words[random.integer(words.length)]}`;
      if (longer.length > length) return text;
      text = longer;
    }
  });
}
