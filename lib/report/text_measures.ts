/** What generated text keeps in balance and what it makes up (Section 3.2), real against generated. */

/** Pairs that Wikipedia's text opens and closes. */
const pairs: Record<string, [open: RegExp, close: string]> = {
  "links [[…]]": [/\[\[/g, "]]"],
  "templates {{…}}": [/\{\{/g, "}}"],
  "parentheses (…)": [/\(/g, ")"],
  "tags <a>…</a>": [/<([a-z]+)(?: [^<>/]*)?>/g, "</$1>"],
};

/** Marks that open and close alike, within a line. */
const marks: Record<string, RegExp> = {
  "quotes &quot;…&quot;": /&quot;/g,
  "emphasis ''…''": /'{2,}/g,
};

/** How often something was opened, and the share that was closed; `null` where nothing was opened. */
export interface Balance {
  opened: number;
  closed: number | null;
}

/**
 * Of everything that is opened, the share that is closed, by kind: brackets and tags within the next `reach`
 * characters, quotes and emphasis before the line ends.
 */
export function balance(text: string, reach = 400): Record<string, Balance> {
  const result: Record<string, Balance> = {};
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
  const lines = text.split("\n").slice(0, -1); // the last one may go on outside of what we see
  for (const [kind, mark] of Object.entries(marks)) {
    let opened = 0, closed = 0;
    for (const line of lines) {
      const count = line.match(mark)?.length ?? 0;
      opened += Math.ceil(count / 2);
      closed += Math.floor(count / 2);
    }
    result[kind] = { opened, closed: opened ? closed / opened : null };
  }
  return result;
}

/**
 * How far apart lie what was opened and what closed it, in characters, by kind: nested as they are, each with its own. Tags
 * close those of their name.
 */
export function closedDistances(text: string): Record<string, number[]> {
  const result: Record<string, number[]> = {};
  for (const [kind, [open, close]] of Object.entries(pairs)) {
    const distances: number[] = result[kind] = [], opened: { name: string; from: number }[] = [];
    const closing = close.includes("$1") ? "</([a-z]+)>" : close.replace(/[\])}]/g, "\\$&");
    for (const match of text.matchAll(new RegExp(`${open.source}|${closing}`, "g"))) {
      const isTag = match[1] !== undefined || match[2] !== undefined;
      const closes = isTag ? match[2] !== undefined : match[0] === close;
      if (!closes) {
        opened.push({ name: match[1] ?? "", from: match.index + match[0].length });
        continue;
      }
      const own = opened.findLastIndex(({ name }) => name === (match[2] ?? ""));
      if (own < 0) continue;
      distances.push(match.index - opened[own].from);
      // What was opened inside of it and is open still will not be closed any more.
      opened.length = own;
    }
  }
  return result;
}

/** Of all places where `what` stands, the share where `then` follows at once: whether "<" becomes "<unk>". `null` where
 * there is no such place. */
export function followed(text: string, what: string, then: string): number | null {
  const after: string[] = [];
  for (let at = text.indexOf(what); at >= 0; at = text.indexOf(what, at + 1)) {
    const from = at + what.length;
    if (from + then.length <= text.length) after.push(text.slice(from, from + then.length));
  }
  return after.length ? after.filter((found) => found === then).length / after.length : null;
}

/** Words next to each other within a line, as "first second". */
export function wordPairs(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const words = line.split(" ").filter(Boolean);
    return words.slice(1).map((word, k) => `${words[k]} ${word}`);
  });
}

/** The share of pairs of words that are not among the known ones. */
export function newPairs(text: string, known: ReadonlySet<string>): number {
  const pairs = wordPairs(text);
  return pairs.length ? pairs.filter((pair) => !known.has(pair)).length / pairs.length : 0;
}

/** The share of words (runs of letters, in lower case) that `vocabulary` does not have. */
export function inventedWords(text: string, vocabulary: string): number {
  const wordsOf = (text: string) => text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const known = new Set(wordsOf(vocabulary));
  const words = wordsOf(text);
  return words.length ? words.filter((word) => !known.has(word)).length / words.length : 0;
}
