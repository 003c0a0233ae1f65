/** How far two texts, or two lists of anything, are apart. */

/** The fewest characters to put in, take out or change that turn one text into the other (Levenshtein 1966). */
export function editDistance(a: ArrayLike<unknown>, b: ArrayLike<unknown>): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + +(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}
