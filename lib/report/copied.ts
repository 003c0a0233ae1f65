/** What a text has word for word from another (Section 1: templates are copied, fuzzy predictions are not). */

/**
 * For each character of `text` the length of the longest string that ends there and stands in `source`, too. It takes a time that
 * grows with both lengths' sum: all strings in `text` are the paths of its suffix automaton (Blumer et al. 1985), and `source` is read
 * through it once.
 */
export function copiedLengths(text: string, source: string): Int32Array {
  const letters = new Map(Array.from(new Set(text.split("")), (letter, k) => [letter.charCodeAt(0), k]));
  const codeOf = new Int32Array(1 << 16).fill(-1);
  for (const [code, k] of letters) codeOf[code] = k;
  const size = letters.size, most = 2 * text.length + 2, none = -1;
  // A state stands for strings that end at the same places of the text: the longest has `longest` characters, and those that
  // end in more places are its `link`'s. `next` leads from a state by a letter to another.
  const next = new Int32Array(most * size).fill(none);
  const longest = new Int32Array(most), link = new Int32Array(most).fill(none);
  const prefixes = new Int32Array(text.length); // the state of each beginning of the text
  let states = 1, last = 0;
  for (let i = 0; i < text.length; i++) {
    const letter = codeOf[text.charCodeAt(i)], state = states++;
    longest[state] = longest[last] + 1;
    let p = last;
    for (; p !== none && next[p * size + letter] === none; p = link[p]) next[p * size + letter] = state;
    const q = p === none ? 0 : next[p * size + letter];
    if (p === none || longest[q] === longest[p] + 1) link[state] = q;
    else {
      const copy = states++;
      next.copyWithin(copy * size, q * size, (q + 1) * size);
      longest[copy] = longest[p] + 1;
      link[copy] = link[q];
      link[q] = link[state] = copy;
      for (; p !== none && next[p * size + letter] === q; p = link[p]) next[p * size + letter] = copy;
    }
    prefixes[i] = last = state;
  }
  // The longest of each state's strings that stands in the source.
  const found = new Int32Array(states);
  let state = 0, length = 0;
  for (let i = 0; i < source.length; i++) {
    const letter = codeOf[source.charCodeAt(i)];
    if (letter === none) {
      state = length = 0;
      continue;
    }
    while (state > 0 && next[state * size + letter] === none) length = longest[state = link[state]];
    const to = next[state * size + letter];
    if (to === none) continue;
    state = to;
    length++;
    if (length > found[state]) found[state] = length;
  }
  // What stands there has all its endings there, too.
  const byLength = Array.from(found.keys()).sort((a, b) => longest[b] - longest[a]);
  for (const state of byLength) {
    if (found[state] && state) found[link[state]] = longest[link[state]];
  }
  return prefixes.map((state) => {
    while (state > 0 && !found[state]) state = link[state];
    return found[state];
  });
}

/** The longest string of `text` that stands in `source`, the first of equals. */
export function longestCopy(text: string, source: string): string {
  const lengths = copiedLengths(text, source);
  let end = 0;
  lengths.forEach((length, k) => {
    if (length > lengths[end]) end = k;
  });
  return text.slice(end + 1 - (lengths[end] ?? 0), end + 1);
}
