/** Finds the mathematics in Markdown, in time proportional to the text's length, whatever is in it. */

export interface Formula {
  /** TeX, without the dollars around it. */
  source: string;
  /** Whether it stands in a line of its own. */
  displayMode: boolean;
}

interface Span {
  /** Where the text goes on. */
  end: number;
  /** Nothing for code and for an escaped dollar, which stay as they are. */
  formula?: Formula;
}

// What may begin something: a fence (whose line has no other backtick), a code span, an escaped backslash or dollar,
// display mathematics, a bare environment, inline mathematics.
const opener =
  /^[ \t]*(?<fence>`{3,}(?=[^`\n]*$)|~{3,})|(?<ticks>`+)|(?<escape>\\[\\$])|(?<display>\$\$)|\\begin\{(?<kind>[a-z]+\*?)\}|(?<inline>\$)/gm;
const fences = /^[ \t]*(?<fence>`{3,}|~{3,})[ \t]*$/gm;
// Where inline mathematics ends, well or not: it has no empty line in it. An escape is passed over.
const inlineEnds = /\\[^]|\$|\n\s*\n/g;

/** The text with each formula replaced by what `replace` makes of it. Dollars in code are dollars. */
export function replaceFormulas(text: string, replace: (formula: Formula) => string): string {
  const nextTicks = finder(text, /`+/g);
  const nextEnd = finder(text, /\\end\{[a-z]+\*?\}/g);

  const spanOf = ({ 0: { length }, index, groups = {} }: RegExpExecArray): Span | undefined => {
    const { fence, ticks, escape, display, kind } = groups;
    const start = index + length;
    if (escape) return { end: start };
    if (fence) return { end: endOfFence(text, fence, start) };
    if (ticks) {
      const at = nextTicks(ticks, start);
      return at < 0 ? undefined : { end: at + length };
    }
    if (display) {
      const at = text.indexOf("$$", start + 1);
      return at < 0
        ? undefined
        : { end: at + 2, formula: { source: text.slice(start, at), displayMode: true } };
    }
    if (kind) {
      const closer = `\\end{${kind}}`;
      const at = nextEnd(closer, start);
      if (at < 0) return;
      const end = at + closer.length;
      return { end, formula: { source: text.slice(index, end), displayMode: true } };
    }
    const at = endOfInline(text, start);
    return at < 0
      ? undefined
      : { end: at + 1, formula: { source: text.slice(start, at), displayMode: false } };
  };

  let written = "", done = 0;
  opener.lastIndex = 0;
  for (let match; (match = opener.exec(text));) {
    const span = spanOf(match);
    // Of two dollars that begin no display mathematics the second may begin a formula; a run of ticks is one thing.
    opener.lastIndex = span?.end ?? match.index + (match.groups!.ticks?.length ?? 1);
    if (!span?.formula) continue;
    written += text.slice(done, match.index) + replace(span.formula);
    done = span.end;
  }
  return written + text.slice(done);
}

/** Finds where the next match of a pattern that reads so stands, or -1; asked from places that only grow. */
function finder(text: string, pattern: RegExp): (words: string, from: number) => number {
  const places = new Map<string, { all: number[]; next: number }>();
  for (const { 0: words, index } of text.matchAll(pattern)) {
    if (!places.has(words)) places.set(words, { all: [], next: 0 });
    places.get(words)!.all.push(index);
  }
  return (words, from) => {
    const ahead = places.get(words);
    if (!ahead) return -1;
    while (ahead.all[ahead.next] < from) ahead.next++;
    return ahead.all[ahead.next] ?? -1;
  };
}

/** A fence is closed by one as long or longer, or by the end of the text. */
function endOfFence(text: string, fence: string, start: number): number {
  fences.lastIndex = start;
  for (let match; (match = fences.exec(text));) {
    if (match.groups!.fence.startsWith(fence)) return fences.lastIndex;
  }
  return text.length;
}

/** Where the closing dollar stands, or -1. One before a digit closes nothing: it is a price ("$5 and $6"). */
function endOfInline(text: string, start: number): number {
  inlineEnds.lastIndex = start;
  for (let match; (match = inlineEnds.exec(text));) {
    if (match[0].startsWith("\\")) continue;
    const closes = match[0] === "$" && match.index > start && !/\d/.test(text[match.index + 1] ?? "");
    return closes ? match.index : -1;
  }
  return -1;
}
