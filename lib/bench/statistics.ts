/** Medians with their spread. */
export interface Summary {
  median: number;
  lowest: number;
  highest: number;
  /** As measured, in order. */
  values: number[];
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Throws if there are no values. */
export function summarise(values: number[]): Summary {
  if (values.length === 0) throw new RangeError("Nothing was measured.");
  return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values), values };
}

/** a / b, round by round: what varies from round to round, such as the machine's clock, cancels. */
export function ratio(a: Summary, b: Summary): Summary {
  return summarise(a.values.map((value, round) => value / b.values[round]));
}

export function map({ values }: Summary, change: (value: number) => number): Summary {
  return summarise(values.map(change));
}
