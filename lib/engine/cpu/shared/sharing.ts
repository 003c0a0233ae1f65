/** How the ranks share out rows, columns, sequences and memory: both sides of a command must agree on it. */

/** Fewer rows than this at a time are multiplied slowly. */
export const fewRows = 4;

/** Part `index` of 0..n in `parts`, cut at multiples of `unit`. */
export function shareOf(index: number, parts: number, n: number, unit = 1): [number, number] {
  const units = Math.ceil(n / unit);
  const cut = (index: number) => Math.min(n, Math.floor(units * index / parts) * unit);
  return [cut(index), cut(index + 1)];
}

/** How `ranks` share out B sequences: as many groups of sequences as have rows enough, and within a group of
 * so many `members` the units. */
export function groupsOf(ranks: number, B: number): { groups: number; members: number } {
  let groups = ranks;
  while (groups > 1 && (ranks % groups > 0 || B < groups * fewRows)) groups--;
  return { groups, members: ranks / groups };
}

/** Floats of scratch memory for a layer's backward pass: dRecurrent `[B, H]` | dCell `[B, H]` | dKappa
 * `[B, K]` | every rank's peephole sums `[3, H]`. */
export function scratchSize(ranks: number, B: number, H: number, K = 0): number {
  return 2 * B * H + B * K + ranks * 3 * H;
}

/** The addresses of its parts. */
export function scratchParts(scratch: number, B: number, H: number, K = 0) {
  const bytes = 4;
  const dCell = scratch + B * H * bytes, dKappa = dCell + B * H * bytes;
  return { dRecurrent: scratch, dCell, dKappa, peepholeSums: dKappa + B * K * bytes };
}
