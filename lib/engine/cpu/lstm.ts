/**
 * The recurrent layers over whole sequences. With sequences enough, each rank runs its own through all time steps and
 * waits for nobody; with fewer, ranks share out the units as well and meet at every step.
 */
import { type Factor, multiply, prepare, preparedSize } from "./factor.ts";
import { operation } from "./operation.ts";
import { type Rank, shareOf } from "./rank.ts";

/** Units are shared out in multiples of this, as `multiply` demands. */
const panel = 8;
const bytes = 4;

/** What a rank does of a layer with `B` sequences and `H` units. */
interface Part {
  /** Its sequences [row, row + rows) and units [from, to). */
  row: number;
  rows: number;
  from: number;
  to: number;
  /** The number of sequences of the rank that has most. */
  most: number;
  /** Whether other ranks work on the same sequences. */
  shared: boolean;
}

/** Fewer rows than this at a time are multiplied slowly. */
const fewRows = 4;

/** Shares out the sequences as far as each group of ranks has rows enough, the units within a group. For one step alone
 * all share out the units: then the weights have to come from memory, to each rank only its own. */
function partOf(rank: Rank, T: number, B: number, H: number): Part {
  let groups = T === 1 ? 1 : rank.ranks;
  while (groups > 1 && (rank.ranks % groups > 0 || B < groups * fewRows)) groups--;
  const members = rank.ranks / groups;
  const [row, end] = shareOf(Math.floor(rank.index / members), groups, B);
  const [from, to] = shareOf(rank.index % members, members, H, panel);
  return { row, rows: end - row, from, to, most: Math.ceil(B / groups), shared: members > 1 };
}

/** Floats of scratch memory for the factors of a layer, forward or backward; with a window, of A characters and K
 * components. */
export function factorSize(H: number, A = 0, K = 0): number {
  const gates = 4 * preparedSize(H, H) + 4 * preparedSize(A, H) + preparedSize(H, 3 * K);
  const turned = preparedSize(4 * H, H) + preparedSize(4 * H, A) + preparedSize(3 * K, H);
  return Math.max(gates, turned);
}

/** Weights `[K, 4H]` as factors whose products are gates: one, or one a gate where units are shared out. */
function gateFactors(
  rank: Rank,
  part: Part,
  K: number,
  H: number,
  weights: number,
  scratch: number,
): Factor[] {
  const rows = part.most, stride = 4 * H, transposed = false;
  if (!part.shared) {
    return [prepare(rank, part.most, { K, N: 4 * H, at: weights, stride, transposed }, scratch)];
  }
  return [0, 1, 2, 3].map((gate) => {
    const at = weights + gate * H * bytes;
    return prepare(
      rank,
      rows,
      { K, N: H, at, stride, transposed },
      scratch + gate * preparedSize(K, H) * bytes,
    );
  });
}
/** gates `[rows, 4H]`, the part's units += x `[rows, K]` W */
function addToGates(rank: Rank, part: Part, x: number, W: Factor[], gates: number, H: number): void {
  const units: [number, number] = part.shared ? [part.from, part.to] : [0, 4 * H];
  W.forEach((factor, gate) => {
    const out = gates + gate * H * bytes;
    multiply(rank, part.rows, [x, factor.K], factor, [out, 4 * H], true, units);
  });
}

/** dPeepholes `[3, H]` += the ranks' sums, always in the same order. A barrier must precede. */
function addPeepholes(rank: Rank, sums: number, dPeepholes: number, H: number): void {
  const [from, to] = rank.share(3 * H, 16);
  for (let other = 0; other < rank.ranks; other++) {
    rank.kernels.axpy(to - from, 1, sums + (other * 3 * H + from) * bytes, dPeepholes + from * bytes);
  }
}

/** Floats of scratch memory for a backward pass: dRecurrent `[B, H]` | dCell `[B, H]` | dKappa `[B, K]` | every rank's
 * peephole sums `[3, H]`. */
export function backwardScratch(ranks: number, B: number, H: number, K = 0): number {
  return 2 * B * H + B * K + ranks * 3 * H;
}
function scratchParts(scratch: number, B: number, H: number, K: number) {
  const dCell = scratch + B * H * bytes, dKappa = dCell + B * H * bytes;
  return { dRecurrent: scratch, dCell, dKappa, peepholeSums: dKappa + B * K * bytes };
}
function clear(rank: Rank, scratch: number, size: number): void {
  const [from, to] = rank.share(size, 16);
  rank.kernels.fill(to - from, scratch + from * bytes, 0);
}

const layerFields = ["gates", "recurrent", "peepholes", "hidden", "cell", "factors", "T", "B", "H"] as const;
const windowFields = [
  ...["windowInput", "windowWeights", "windowBias", "characters", "textLengths"] as const,
  ...["window", "windowParameters", "A", "U", "K"] as const,
] as const;
const backwardFields = ["dHidden", "dPeepholes", "clip", "scratch"] as const;

/** The work of the recurrent products; with few sequences that of one step, since ranks would meet after each. */
const products = ({ T, B, H }: { T: number; B: number; H: number }) => (B < fewRows ? 1 : T) * B * H * 4 * H;

export const lstmOperations = {
  lstmForward: operation(layerFields, products, (rank, layer) => {
    const { gates, recurrent, peepholes, hidden, cell, factors, T, B, H } = layer;
    const part = partOf(rank, T, B, H);
    const { row, rows, from, to, shared } = part;
    const W = gateFactors(rank, part, H, H, recurrent, factors);
    rank.barrier();
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, W, gate, H);
      rank.kernels.lstmStep(
        ...[rows, H, from, to, gate, peepholes] as const,
        ...[cell + at, cell + at + step, hidden + at + step] as const,
      );
      if (shared) rank.barrier();
    }
  }),

  lstmBackward: operation([...layerFields, ...backwardFields], products, (rank, layer) => {
    const { gates, recurrent, peepholes, hidden: _, cell, factors, T, B, H } = layer;
    const { dHidden, dPeepholes, clip, scratch } = layer;
    const part = partOf(rank, T, B, H);
    const { row, rows, from, to, shared } = part;
    const turned = { K: 4 * H, N: H, at: recurrent, stride: 4 * H, transposed: true };
    const W = prepare(rank, part.most, turned, factors);
    clear(rank, scratch, backwardScratch(rank.ranks, B, H));
    rank.barrier();
    const { dRecurrent, dCell, peepholeSums } = scratchParts(scratch, B, H, 0);
    const own = row * H * bytes, sums = peepholeSums + rank.index * 3 * H * bytes;
    const step = B * H * bytes;
    for (let t = T - 1; t >= 0; t--) {
      const at = t * step + own;
      if (t + 1 < T) {
        const dGates = gates + 4 * (at + step);
        multiply(rank, rows, [dGates, 4 * H], W, [dRecurrent + own, H], false, [from, to]);
      }
      rank.kernels.lstmStepBackward(
        ...[rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step] as const,
        ...[dHidden + at, dRecurrent + own, dCell + own, sums, clip] as const,
      );
      if (shared) rank.barrier();
    }
    rank.barrier();
    addPeepholes(rank, peepholeSums, dPeepholes, H);
  }),

  windowLstmForward: operation([...layerFields, ...windowFields], products, (rank, layer) => {
    const { gates, recurrent, peepholes, hidden, cell, factors, T, B, H } = layer;
    const { windowInput, windowWeights, windowBias, characters, textLengths } = layer;
    const { window, windowParameters, A, U, K } = layer;
    const part = partOf(rank, T, B, H);
    const { row, rows, from, to, shared } = part;
    const [windowRow, windowEnd] = rank.share(B);
    const windowRows = windowEnd - windowRow;
    const W = gateFactors(rank, part, H, H, recurrent, factors);
    const inputAt = factors + 4 * preparedSize(H, H) * bytes,
      weightsAt = inputAt + 4 * preparedSize(A, H) * bytes;
    const inputW = gateFactors(rank, part, A, H, windowInput, inputAt);
    const stride = 3 * K;
    const weights = { K: H, N: stride, at: windowWeights, stride, transposed: false };
    const parametersW = prepare(rank, part.most, weights, weightsAt);
    rank.barrier();
    const step = B * H * bytes;
    for (let t = 0; t < T; t++) {
      const at = t * step + row * H * bytes;
      const gate = gates + 4 * at;
      addToGates(rank, part, hidden + at, W, gate, H);
      addToGates(rank, part, window + (t * B + row) * A * bytes, inputW, gate, H); // Eq. 52
      rank.kernels.lstmStep(
        ...[rows, H, from, to, gate, peepholes] as const,
        ...[cell + at, cell + at + step, hidden + at + step] as const,
      );
      if (shared) rank.barrier();
      if (windowRows > 0) {
        const before = windowParameters + (t * B + windowRow) * 3 * K * bytes,
          now = before + B * 3 * K * bytes;
        const h = hidden + ((t + 1) * B + windowRow) * H * bytes;
        const w = window + ((t + 1) * B + windowRow) * A * bytes;
        rank.kernels.broadcastRow(windowRows, 3 * K, windowBias, now);
        multiply(rank, windowRows, [h, H], parametersW, [now, stride], true, [0, stride]); // Eq. 48
        const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
        rank.kernels.windowSteps(windowRows, K, A, U, now, before, texts, lengths, w);
      }
      if (shared) rank.barrier();
    }
  }),

  windowLstmBackward: operation(
    [...layerFields, ...windowFields, ...backwardFields, "dWindow", "dWindowParameters"],
    products,
    (rank, layer) => {
      const { gates, recurrent, peepholes, hidden, cell, factors, T, B, H } = layer;
      const { windowInput, windowWeights, windowBias, characters, textLengths } = layer;
      const { windowParameters, A, U, K } = layer;
      const { dHidden, dPeepholes, clip, scratch, dWindow, dWindowParameters } = layer;
      const part = partOf(rank, T, B, H);
      const { row, rows, from, to, shared } = part;
      const [windowRow, windowEnd] = rank.share(B);
      const windowRows = windowEnd - windowRow;
      const texts = characters + windowRow * U * bytes, lengths = textLengths + windowRow * bytes;
      const gateStride = 4 * H, stride = 3 * K, transposed = true;
      const inputAt = factors + preparedSize(4 * H, H) * bytes;
      const weightsAt = inputAt + preparedSize(4 * H, A) * bytes;
      const turned = { K: gateStride, N: H, at: recurrent, stride: gateStride, transposed };
      const W = prepare(rank, part.most, turned, factors);
      const inputW = prepare(rank, part.most, { ...turned, N: A, at: windowInput }, inputAt);
      const weights = { K: stride, N: H, at: windowWeights, stride, transposed };
      const parametersW = prepare(rank, part.most, weights, weightsAt);
      clear(rank, scratch, backwardScratch(rank.ranks, B, H, K));
      // κ̂_t once more (Eq. 48), for Eq. 60: κ_t − κ_{t−1} would have lost most of its digits.
      const [first, end] = rank.share(T * B, 8);
      const h = hidden + (B + first) * H * bytes, hats = dWindowParameters + first * 3 * K * bytes;
      rank.gemm(end - first, 3 * K, H, h, H, false, windowWeights, 3 * K, false, hats, 3 * K, false);
      rank.barrier();
      const { dRecurrent, dCell, dKappa, peepholeSums } = scratchParts(scratch, B, H, K);
      const own = row * H * bytes, sums = peepholeSums + rank.index * 3 * H * bytes;
      const step = B * H * bytes;
      for (let t = T - 1; t >= 0; t--) {
        if (windowRows > 0) {
          const dw = dWindow + (t * B + windowRow) * A * bytes;
          const dp = dWindowParameters + (t * B + windowRow) * 3 * K * bytes;
          if (t + 1 < T) {
            const dGates = gates + ((t + 1) * B + windowRow) * 4 * H * bytes;
            multiply(rank, windowRows, [dGates, gateStride], inputW, [dw, A], true, [0, A]);
          }
          const parameters = windowParameters + ((t + 1) * B + windowRow) * 3 * K * bytes;
          const kappa = dKappa + windowRow * K * bytes;
          rank.kernels.windowStepsBackward(
            ...[windowRows, K, A, U, parameters, windowBias, texts, lengths, dw, kappa, dp] as const,
          );
        }
        if (shared) rank.barrier();
        const at = t * step + own;
        const dh: [number, number] = [dRecurrent + own, H];
        if (t + 1 < T) {
          multiply(rank, rows, [gates + 4 * (at + step), gateStride], W, dh, false, [from, to]);
        }
        const dp = dWindowParameters + (t * B + row) * stride * bytes;
        multiply(rank, rows, [dp, stride], parametersW, dh, t + 1 < T, [from, to]);
        rank.kernels.lstmStepBackward(
          ...[rows, H, from, to, gates + 4 * at, peepholes, cell + at, cell + at + step] as const,
          ...[dHidden + at, dRecurrent + own, dCell + own, sums, clip] as const,
        );
        if (shared) rank.barrier();
      }
      rank.barrier();
      addPeepholes(rank, peepholeSums, dPeepholes, H);
    },
  ),
};
