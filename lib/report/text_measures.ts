/** What generated text keeps in balance and what it makes up (Section 3.2), real against generated. */

/** Pairs that Wikipedia's text opens and closes. */
const pairs: Record<string, [open: RegExp, close: string]> = {
  "links [[…]]": [/\[\[/g, "]]"],
  "templates {{…}}": [/\{\{/g, "}}"],
  "parentheses (…)": [/\(/g, ")"],
  "tags <a>…</a>": [/<([a-z]+)(?: [^<>/]*)?>/g, "</$1>"],
};

/**
 * Of everything that is opened, the share that is closed within the next `reach` characters, by kind.
 * `null` where nothing was opened.
 */
export function balance(
  text: string,
  reach = 400,
): Record<string, { opened: number; closed: number | null }> {
  const result: Record<string, { opened: number; closed: number | null }> = {};
  for (const [kind, [open, close]] of Object.entries(pairs)) {
    let opened = 0, closed = 0;
    for (const match of text.matchAll(open)) {
      const from = match.index + match[0].length;
      if (from + reach > text.length) continue; // its end may lie outside of what we see
      opened++;
      if (text.slice(from, from + reach).includes(close.replace("$1", match[1] ?? ""))) closed++;
    }
    result[kind] = { opened, closed: opened ? closed / opened : null };
  }
  return result;
}

/** The share of words (runs of letters, in lower case) that `vocabulary` does not have. */
export function inventedWords(text: string, vocabulary: string): number {
  const wordsOf = (text: string) => text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const known = new Set(wordsOf(vocabulary));
  const words = wordsOf(text);
  return words.length ? words.filter((word) => !known.has(word)).length / words.length : 0;
}
