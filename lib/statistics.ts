/** Figures of samples: quantiles, and the straight line through pairs. */

/** The value below which lies that share of the values, linear between neighbours; NaN of nothing. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b), at = share * (sorted.length - 1), k = Math.floor(at);
  return sorted.length === 0 ? NaN : sorted[k] + (at - k) * ((sorted[k + 1] ?? sorted[k]) - sorted[k]);
}

/** The slope of y over x by least squares, and Pearson's correlation of both. NaN where all are alike. */
export function straightLine(pairs: [x: number, y: number][]): { slope: number; correlation: number } {
  const mean = [0, 1].map((k) => pairs.reduce((sum, pair) => sum + pair[k], 0) / pairs.length);
  let xx = 0, xy = 0, yy = 0;
  for (const pair of pairs) {
    const x = pair[0] - mean[0], y = pair[1] - mean[1];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return { slope: xy / xx, correlation: xy / Math.sqrt(xx * yy) };
}
